import { createHttpTransport, type Transport } from '../../src/services/mint/transport.ts';

const transports = new Map<string, Transport>();

/** The ordinary way to any mint of a test, for tests that put something in its way. */
export const httpTransport: Transport = (request) => {
  const { origin } = new URL(request.url);
  const known = transports.get(origin);
  if (known !== undefined) return known(request);
  const { carry } = createHttpTransport({
    connectTimeoutMs: 3_000,
    mintUrls: [origin],
    privateNetworks: ['127.0.0.1'],
  });
  transports.set(origin, carry);
  return carry(request);
};
