import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningServer, type ServerLimits, startServer } from '../../src/server.ts';
import { dribbling, openLine, saying } from '../support/hostile.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

/** As in production, but for the patience of tests. */
const hurried = { headersTimeout: 500, requestTimeout: 900, connectionsCheckingInterval: 50 };

let world: World;
let wallet: TestWallet;
let credentials: string;
const servers: RunningServer[] = [];

beforeAll(async () => {
  world = await startWorld();
  wallet = await world.wallet(1000);
  credentials = `Host: crucible\r\nAuthorization: Bearer ${await world.keyFor(['admin'])}\r\n`;
});
afterAll(async () => {
  for (const server of servers) await server.close(0);
  await world.end();
});

async function serve(limits: Partial<ServerLimits>): Promise<string> {
  const server = await startServer(world.context, { host: '127.0.0.1', port: 0 }, limits);
  servers.push(server);
  return server.url;
}

const post = (what: string, headers: string, body = '') =>
  `POST ${wallet.at}/${what} HTTP/1.1\r\n${credentials}Content-Type: application/json\r\n${headers}\r\n${body}`;

const postWhole = (what: string, body: object) => {
  const text = JSON.stringify(body);
  return post(what, `Content-Length: ${text.length}\r\n`, text);
};

/** That others are served, soon. */
async function servesOthers(url: string): Promise<void> {
  const startedAt = performance.now();
  expect((await world.call('GET', `${wallet.at}/balance`, undefined, {}, url)).status).toBe(200);
  expect(performance.now() - startedAt).toBeLessThan(3_000);
}

const problem = (status: number) => ({ status, code: 'VALIDATION_ERROR', severity: 'LOW' });

describe('whoever sends a little at a time', () => {
  let url: string;
  beforeAll(async () => {
    url = await serve(hurried);
  });

  it.each([
    ['nothing at all', '', ''],
    ['headers without end', 'GET /livez HTTP/1.1\r\nHost: crucible\r\n', 'X-More: of it\r\n'],
    ['one header without end', 'GET /livez HTTP/1.1\r\nHost: crucible\r\nX-More: ', 'a'],
    ['an address without end', 'GET /', 'a'],
  ])('%s, is answered 408 and hung up on, and others are served meanwhile', async (_what, head, piece) => {
    const slow = Array.from({ length: 20 }, () => dribbling(url, head, piece, 50));
    await servesOthers(url);
    for (const { statuses, body, tookMs } of await Promise.all(slow)) {
      expect([statuses, body]).toMatchObject([[408], problem(408)]);
      expect(tookMs).toBeLessThan(5_000);
    }
  });

  it.each([
    ['of announced length', 'Content-Length: 60000\r\n', 'a'],
    ['in pieces', 'Transfer-Encoding: chunked\r\n', '1\r\na\r\n'],
  ])('in a body %s, too, and no payment begins', async (_what, headers, piece) => {
    const before = await world.context.database.operations.countDocuments();
    const slow = Array.from({ length: 20 }, () => dribbling(url, post('melt', headers), piece, 50));
    await servesOthers(url);
    for (const { statuses, body } of await Promise.all(slow))
      expect([statuses, body]).toMatchObject([[408], problem(408)]);
    expect(await world.context.database.operations.countDocuments()).toBe(before);
  });

  it.each([
    ['', ''],
    [' (with an Expect of their own)', 'Expect: the-worst\r\n'],
  ])(
    'after they were refused, is not listened to for long, and not answered again%s',
    async (_how, expecting) => {
      const patient = await serve({});
      const head = `POST ${wallet.at}/melt HTTP/1.1\r\nHost: crucible\r\n${expecting}Content-Length: 60000\r\n\r\n`;
      const { statuses, tookMs } = await dribbling(patient, head, 'a', 100);
      expect(statuses).toEqual([401]);
      expect(tookMs).toBeLessThan(6_000); // the limit for a whole request is 30 s
    },
  );

  it('does not even get to send what is announced as too large', async () => {
    const patient = await serve({});
    const head = post('melt', 'Content-Length: 10000000\r\n');
    const { statuses, body, tookMs } = await dribbling(patient, head, ' '.repeat(1_000), 100);
    expect([statuses, body['code']]).toEqual([[413], 'PAYLOAD_TOO_LARGE']);
    expect(tookMs).toBeLessThan(6_000);
  });

  it('or does not read what they asked for, is let go', async () => {
    const impatient = await serve({ silenceTimeout: 500 });
    const { socket, heard } = openLine(impatient);
    socket.pause();
    // More than the system keeps for a reader.
    socket.write('GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: crucible\r\n\r\n'.repeat(20));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    socket.resume();
    expect((await heard).statuses.length).toBeLessThan(20);
    await servesOthers(impatient);
  });
});

describe('a payment on whose connection something else follows', () => {
  it.each<[string, string, Partial<ServerLimits>]>([
    ['bytes that are no HTTP', '}\r\n\r\n', {}],
    ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: crucible\r\n\r\n', {}],
    ['headers that are too large', `GET /livez HTTP/1.1\r\nX-Big: ${'a'.repeat(20_000)}\r\n\r\n`, {}],
    ['a request that never ends', 'GET /livez HTTP/1.1\r\nX-More: of', hurried],
    [
      'a body that is broken',
      `${'POST /api/wallet/create HTTP/1.1\r\nHost: crucible\r\n'}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      {},
    ],
  ])('%s: it is told what became of it, and never that nothing was done', async (_what, garbage, limits) => {
    const url = await serve(limits);
    await world.sim.addFaults({
      match: { path: '/v1/melt/bolt11' },
      fault: { kind: 'delay', delayMs: 800 },
      times: 1,
    });
    const { invoice } = await world.sim.invoice({ amount: 10 });
    const { socket, heard } = openLine(url);
    socket.write(postWhole('melt', { invoice }) + garbage);
    const { statuses, text } = await heard;
    expect(statuses[0]).toBe(200);
    expect(text).toContain('"paymentResult":"PAID"');
    expect(text).not.toMatch(/Nothing was done.*"paymentResult"/s);
    await servesOthers(url);
  });
});

describe('too many connections', () => {
  it('from one address are closed at once; others are served, and so is it when it lets go', async () => {
    const url = await serve({ connectionsPerAddress: 20 });
    const greedy = Array.from({ length: 60 }, () => openLine(url, { from: '127.0.0.3', limitMs: 30_000 }));
    const closed = () => greedy.filter(({ socket }) => socket.closed).length;
    await until(async () => closed() === 40, 'all but twenty are closed');
    await servesOthers(url);
    const open = greedy.filter(({ socket }) => !socket.closed);
    expect(open).toHaveLength(20);
    for (const { socket } of open.slice(0, 5)) socket.destroy();
    await until(async () => {
      const { socket, heard } = openLine(url, { from: '127.0.0.3' });
      socket.end('GET /livez HTTP/1.1\r\nHost: crucible\r\nConnection: close\r\n\r\n');
      return (await heard).statuses[0] === 200;
    }, 'served again');
    for (const { socket } of open) socket.destroy();
  });

  it('altogether are closed, too, and leave what is open as it was', async () => {
    const url = await serve({ maxConnections: 10 });
    const { socket, heard } = openLine(url);
    socket.write('GET /livez HTTP/1.1\r\nHost: crucible\r\n\r\n');
    const more = Array.from({ length: 30 }, (_, n) =>
      openLine(url, { from: `127.0.1.${n + 1}`, limitMs: 30_000 }),
    );
    await until(
      async () => more.filter(({ socket: one }) => one.closed).length === 21,
      'all but ten are closed',
    );
    socket.write('GET /livez HTTP/1.1\r\nHost: crucible\r\nConnection: close\r\n\r\n');
    expect((await heard).statuses).toEqual([200, 200]);
    for (const { socket: one } of more) one.destroy();
  });
});

describe('what is not HTTP, or HTTP that two servers could read in two ways', () => {
  const get = (line: string, headers = '') => `${line}\r\n${credentials}Connection: close\r\n${headers}\r\n`;
  const pieces = '2\r\n{}\r\n0\r\n\r\n';
  const smuggled = 'GET /livez HTTP/1.1\r\nHost: crucible\r\n\r\n';
  const cases: [string, number, () => string | Buffer][] = [
    ['a body of two lengths', 400, () => post('mint', 'Content-Length: 2\r\nContent-Length: 3\r\n', '{}')],
    ['a list of lengths', 400, () => post('mint', 'Content-Length: 2, 2\r\n', '{}')],
    ['a length below nothing', 400, () => post('mint', 'Content-Length: -2\r\n', '{}')],
    ['a length in hexadecimal digits', 400, () => post('mint', 'Content-Length: 0x2\r\n', '{}')],
    ['a length with a sign', 400, () => post('mint', 'Content-Length: +2\r\n', '{}')],
    ['a length without end', 400, () => post('mint', `Content-Length: ${'9'.repeat(30)}\r\n`, '{}')],
    [
      'length and pieces',
      400,
      () => post('mint', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`),
    ],
    [
      'pieces and length',
      400,
      () => post('mint', 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', `0\r\n\r\n${smuggled}`),
    ],
    [
      'pieces twice',
      400,
      () => post('mint', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', pieces),
    ],
    [
      'pieces that are not the last coding',
      400,
      () => post('mint', 'Transfer-Encoding: chunked, identity\r\n', pieces),
    ],
    ['pieces by a name like theirs', 400, () => post('mint', 'Transfer-Encoding: xchunked\r\n', pieces)],
    ['a space before the colon', 400, () => post('mint', 'Transfer-Encoding : chunked\r\n', pieces)],
    [
      'something else around the pieces',
      415,
      () => post('mint', 'Transfer-Encoding: gzip, chunked\r\nConnection: close\r\n', pieces),
    ],
    ['a piece of no size', 400, () => post('mint', 'Transfer-Encoding: chunked\r\n', `zz\r\n${pieces}`)],
    ['a piece below nothing', 400, () => post('mint', 'Transfer-Encoding: chunked\r\n', `-2\r\n${pieces}`)],
    [
      'a piece without end',
      400,
      () => post('mint', 'Transfer-Encoding: chunked\r\n', `${'f'.repeat(20)}\r\n${pieces}`),
    ],
    [
      'pieces between bare line feeds',
      400,
      () => post('mint', 'Transfer-Encoding: chunked\r\n', pieces.replaceAll('\r', '')),
    ],
    [
      'long talk beside a piece',
      400,
      () => post('mint', 'Transfer-Encoding: chunked\r\n', `2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`),
    ],
    [
      'trailers without end',
      431,
      () => post('mint', 'Transfer-Encoding: chunked\r\n', `2\r\n{}\r\n0\r\n${'X: y\r\n'.repeat(5_000)}\r\n`),
    ],
    [
      'more than 16 KiB in one header',
      431,
      () => get('GET /livez HTTP/1.1', `X-Big: ${'a'.repeat(17_000)}\r\n`),
    ],
    ['ten thousand headers', 431, () => get('GET /livez HTTP/1.1', 'a: b\r\n'.repeat(10_000))],
    ['an address of 17,000 characters', 431, () => get(`GET /${'a'.repeat(17_000)} HTTP/1.1`)],
    ['bare line feeds', 400, () => 'GET /livez HTTP/1.1\nHost: crucible\n\n'],
    ['a folded header', 400, () => get('GET /livez HTTP/1.1', 'X-Y: a\r\n b\r\n')],
    ['a NUL in a header', 400, () => get('GET /livez HTTP/1.1', 'X-Y: a\0b\r\n')],
    ['a line break in a header', 400, () => get('GET /livez HTTP/1.1', 'X-Y: a\rX-Z: b\r\n')],
    ['a byte above 127 in the address', 400, () => Buffer.from(get('GET /livez\xff HTTP/1.1'), 'latin1')],
    ['backslashes', 400, () => get(`GET ${wallet.at.replaceAll('/', '\\')}/balance HTTP/1.1`)],
    ['two hosts', 400, () => get('GET /livez HTTP/1.1', 'Host: evil.example\r\n')],
    [
      'a host that is none',
      400,
      () => 'GET /livez HTTP/1.1\r\nHost: a b/../<x>\r\nConnection: close\r\n\r\n',
    ],
    [
      'a host with a user',
      400,
      () => 'GET /livez HTTP/1.1\r\nHost: crucible@evil.example\r\nConnection: close\r\n\r\n',
    ],
    ['a version to come', 400, () => get('GET /livez HTTP/9.9')],
    ['the beginning of HTTP/2', 400, () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a handshake of TLS', 400, () => Buffer.from('16030100a5010000a1030300', 'hex')],
    ['a tunnel', 400, () => 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n'],
    ['the whole server as its address', 404, () => get('OPTIONS * HTTP/1.1')],
    ['a method that is dangerous', 405, () => get('TRACE /livez HTTP/1.1')],
  ];

  it.each(cases)('%s: %i, one problem, and the connection is over', async (_what, status, bytes) => {
    const { statuses, body, text } = await saying(world.url, bytes());
    expect({ statuses, body }).toMatchObject({ statuses: [status], body: { status, severity: 'LOW' } });
    expect(text).toMatch(/^content-type: application\/problem\+json/im);
    expect(text).toMatch(/^x-request-id: [\w-]+\r$/im);
  });

  it('five hundred times at once: the server lives, and has written nothing', async () => {
    const before = await world.context.database.operations.countDocuments();
    const said = Array.from({ length: 500 }, (_, n) =>
      saying(world.url, (cases[n % cases.length] ?? cases[0])?.[2]() ?? ''),
    );
    for (const { statuses } of await Promise.all(said)) expect(statuses).toHaveLength(1);
    expect(await world.context.database.operations.countDocuments()).toBe(before);
    await servesOthers(world.url);
  });
});
