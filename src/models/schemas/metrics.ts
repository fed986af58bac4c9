import { Schema } from 'mongoose';

/**
 * Collection `metric_standings`: a document for each question. What one instance has counted in the database for the metrics of
 * all.
 */
export type StandingDocument = {
  /** The question, as src/models/standing.ts names it. */
  _id: string;
  /** Until then somebody counts, or has said that they do; in the past once they have. */
  claimed_until: Date;
  /** JSON, with the time; absent until somebody has counted. */
  counted?: string;
};

export const standingSchema = new Schema<StandingDocument>(
  {
    _id: { type: String, required: true },
    claimed_until: { type: Date, required: true },
    counted: { type: String },
  },
  { strict: 'throw', versionKey: false, collection: 'metric_standings' },
);
