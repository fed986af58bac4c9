/** For `idempotencyKey`, where it is to be stored before anything is sent. */
export const newIdempotencyKey = (): string => crypto.randomUUID();
