import { Schema } from 'mongoose';

/** Collection `metric_standings`: one document. What one instance has counted in the database for the metrics of all. */
export type StandingDocument = {
  _id: 'latest';
  /** When somebody began to count, or has said that they do. */
  claimed_at: Date;
  /** JSON; absent until somebody has counted. */
  counted?: string;
};

export const standingSchema = new Schema<StandingDocument>(
  {
    _id: { type: String, required: true },
    claimed_at: { type: Date, required: true },
    counted: { type: String },
  },
  { strict: 'throw', versionKey: false, collection: 'metric_standings' },
);
