import { Schema } from 'mongoose';

/**
 * Collection `deployment`: what is true of the database as a whole. `profile` says for what kind of server it is;
 * `data_keys_alone`, that no record is sealed by a master key directly any more.
 */
export type DeploymentDocument = { _id: 'profile' | 'data_keys_alone'; profile?: string; since: Date };

export const deploymentSchema = new Schema<DeploymentDocument>(
  {
    _id: { type: String, required: true },
    profile: String,
    since: { type: Date, required: true },
  },
  { strict: 'throw', versionKey: false, collection: 'deployment' },
);
