import { Schema } from 'mongoose';

/** Collection `rate_limits`: limits that operators have set in place of the defaults, by their names. */
export type RateLimitDocument = { _id: string; per_minute: number; set_at: Date };

export const rateLimitSchema = new Schema<RateLimitDocument>(
  {
    _id: { type: String, required: true },
    per_minute: { type: Number, required: true },
    set_at: { type: Date, required: true },
  },
  { strict: 'throw', versionKey: false, collection: 'rate_limits' },
);

/** Collection `rate_counters`: requests of somebody's present minute, in the form of rate-limiter-flexible. */
export type RateCounterDocument = { key: string; points: number; expire: Date };

export const rateCounterSchema = new Schema<RateCounterDocument>(
  {
    key: { type: String, required: true },
    points: { type: Number, required: true },
    expire: { type: Date, required: true },
  },
  { strict: 'throw', versionKey: false, collection: 'rate_counters' },
);
rateCounterSchema.index({ key: 1 }, { name: 'one_counter_each', unique: true });
rateCounterSchema.index({ expire: 1 }, { name: 'forget', expireAfterSeconds: 0 });
