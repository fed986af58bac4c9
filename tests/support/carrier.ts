import { createHttpTransport } from '../../src/services/mint/transport.ts';

/** The ordinary way to the mint, for tests that put something in its way. */
export const httpTransport = createHttpTransport({ connectTimeoutMs: 3_000 }).carry;
