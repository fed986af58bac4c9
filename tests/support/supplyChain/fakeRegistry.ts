import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

export type Advisory = { name: string; severity: string; vulnerable: string };

/** How a registry answers `POST /-/npm/v1/security/advisories/bulk`: with what it knows, with a status alone, or never. */
export type Conduct =
  | { kind: 'knows'; advisories: readonly Advisory[] }
  | { kind: 'answers'; status: number }
  | { kind: 'hangs' };

export type FakeRegistry = {
  url: string;
  /** The packages and versions that it was asked about, one for each request. */
  asked: Record<string, string[]>[];
  close(): Promise<void>;
};

/** A registry on loopback that has advisories of its own invention. */
export async function fakeRegistry(conduct: Conduct): Promise<FakeRegistry> {
  const asked: Record<string, string[]>[] = [];
  const server = createServer(async (request, response) => {
    const { method, url } = request;
    if (method === 'POST' && url === '/-/npm/v1/security/advisories/bulk') {
      const names = await bodyOf(request);
      asked.push(names);
      if (conduct.kind === 'hangs') return;
      response.writeHead(conduct.kind === 'knows' ? 200 : conduct.status, {
        'content-type': 'application/json',
      });
      response.end(conduct.kind === 'knows' ? JSON.stringify(bulkReply(conduct.advisories, names)) : '');
      return;
    }
    // npm looks up which versions there are of what it was warned of.
    const name = decodeURIComponent(url ?? '').slice(1);
    const versions = { '1.0.0': { name, version: '1.0.0' }, '9.0.0': { name, version: '9.0.0' } };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ name, 'dist-tags': { latest: '9.0.0' }, versions }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, string[]>> {
  const bytes = await buffer(request);
  const names: Record<string, string[]> = JSON.parse(
    (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString(),
  );
  return names;
}

function bulkReply(advisories: readonly Advisory[], asked: Record<string, string[]>): object {
  const known = advisories.filter(({ name }) => Object.hasOwn(asked, name));
  return Object.fromEntries(
    known.map(({ name, severity, vulnerable }, index) => [
      name,
      [
        {
          id: index + 1,
          url: `https://advisories.invalid/${name}`,
          title: `${name} is made up`,
          severity,
          vulnerable_versions: vulnerable,
          cwe: [],
          cvss: { score: 0, vectorString: null },
        },
      ],
    ]),
  );
}
