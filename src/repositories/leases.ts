/** Leases run on the database's clock, so that servers whose clocks differ agree on them. */

/** When a lease that is taken now runs out; for an update by pipeline. */
export const leaseUntil = (leaseMs: number) => ({ $add: ['$$NOW', leaseMs] });

/** Holds where nobody has the lease that stands in this field. */
export const hasRunOut = (field: string) => ({ $lt: [{ $ifNull: [`$${field}`, new Date(0)] }, '$$NOW'] });
