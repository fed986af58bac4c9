import { lookup as resolveName } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { addressFilter } from '../../models/networkAddress.ts';

/** No connection came about: a name that does not resolve, a refusal, a failed TLS handshake, no answer in time. */
export class NotConnected extends Error {}

/** Told of a mint at an address that may not be called, each time, and of connections that came about. */
export type Sentry = {
  refused(origin: string, addresses: readonly string[]): void;
  connected(origin: string): void;
};

export type ConnectorOptions = {
  connectTimeoutMs: number;
  /** Private and reserved addresses, or networks (CIDR), in which mints may be all the same. */
  privateNetworks: readonly string[];
  sentry?: Sentry;
  /** How names are resolved; the system's way, unless a test knows better. */
  lookup?: LookupFunction;
};

/**
 * Connects to admitted addresses alone. What is connected to is what was checked: a name is resolved once for each
 * connection, so that it cannot mean something else a moment later (DNS rebinding).
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const { connectTimeoutMs, privateNetworks, sentry, lookup = resolveName } = options;
  const admits = addressFilter(privateNetworks);
  const connect = buildConnector({ timeout: connectTimeoutMs, lookup: admitting(admits, lookup) });

  return ({ hostname, ...rest }, done) => {
    const asked = { hostname: hostname.replace(/^\[|\]$/g, ''), ...rest };
    const origin = originOf(asked);
    const fail = (cause: Error): void => {
      if (cause instanceof AddressRefused) sentry?.refused(origin, cause.addresses);
      done(new NotConnected('no connection', { cause }), null);
    };
    // Nobody looks up what is an address already.
    if (isIP(asked.hostname) !== 0 && !admits(asked.hostname)) {
      fail(new AddressRefused([asked.hostname]));
      return;
    }
    connect(asked, (error, socket) => {
      if (error !== null) return fail(error);
      const { remoteAddress } = socket;
      // Twice, because everything hangs on it: here it is the system that says where it leads.
      if (remoteAddress === undefined || !admits(remoteAddress)) {
        socket.destroy();
        return fail(remoteAddress === undefined ? new Error('hung up') : new AddressRefused([remoteAddress]));
      }
      sentry?.connected(origin);
      done(null, socket);
    });
  };
}

class AddressRefused extends Error {
  readonly addresses: readonly string[];
  constructor(addresses: readonly string[]) {
    super('no address that may be called');
    this.addresses = addresses;
  }
}

/** Resolves as `lookup` does, and leaves out what is not admitted. */
function admitting(admits: (address: string) => boolean, lookup: LookupFunction): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, []);
      const all = typeof found === 'string' ? [] : found;
      const admitted = all.filter(({ address }) => admits(address));
      const [first] = admitted;
      if (first === undefined) return done(new AddressRefused(all.map(({ address }) => address)), []);
      if (options.all === true) done(null, admitted);
      else done(null, first.address, first.family);
    });
  };
}

function originOf({
  protocol,
  hostname,
  port,
}: {
  protocol: string;
  hostname: string;
  port: string;
}): string {
  const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
  return new URL(`${protocol}//${host}${port ? `:${port}` : ''}`).origin;
}
