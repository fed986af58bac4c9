import { Schema } from 'mongoose';

/** Collection `deployment`: one document, which says for what kind of server this database is. */
export type DeploymentDocument = { _id: 'profile'; profile: string; since: Date };

export const deploymentSchema = new Schema<DeploymentDocument>(
  {
    _id: { type: String, required: true },
    profile: { type: String, required: true },
    since: { type: Date, required: true },
  },
  { strict: 'throw', versionKey: false, collection: 'deployment' },
);
