import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { mongo } from 'mongoose';
import winston from 'winston';
import type { Overrides } from '../../../src/context.ts';
import { createLogger, type Logger } from '../../../src/logger.ts';
import { type Answer, overhear } from './answers.ts';
import { createHarvest, harvestEnvironment } from './harvest.ts';
import { createSearch, type SecretName } from './search.ts';

/** Where nothing secret may be read. */
export type Sink = 'log' | 'refusal' | 'answer' | 'report' | 'spool' | 'database' | 'metrics';

/** What leaked, and where; never the secret itself. */
export type Leak = { sink: Sink; where: string; secret: SecretName };

export type LeakScan = ReturnType<typeof createLeakScan>;

type Given = { uri: string; spool: string; env: Record<string, string> };

/**
 * Follows one world at its most verbose: what its servers log and answer, whatever they write. `look` then searches all of
 * it for every secret that was in play.
 *
 * A preimage proves a payment to whoever has paid it: it stands in the payer's own answers and in the books (SECURITY.md),
 * and nowhere else. A bearer token stands in the one answer that issues it; a token of ecash in those that hand it out, and there in
 * the one field that is made for it.
 */
export function createLeakScan({ uri, spool, env }: Given) {
  const secrets = createSearch();
  const preimages = createSearch();
  const tokens = createSearch();
  const lines: string[] = [];
  const answers: Answer[] = [];
  const heard = overhear({
    authorization: (header) => rememberToken(header),
    answer: (answer) => {
      answers.push(answer);
      rememberToken(answer.text);
    },
  });

  /** A secret that only the test knows. */
  const remember = (what: SecretName, secret: string | Uint8Array): void => void secrets.add(what, secret);

  const harvest = createHarvest(env, remember, (what, preimage) => void preimages.add(what, preimage));

  /** The id of a token is public, its last part is the secret. Of a signed request (NIP-98), the signature is. */
  function rememberToken(text: string): void {
    for (const [, secret = ''] of text.matchAll(/cr[kt]_[0-9a-f]{16}_([\w-]{43})/g))
      tokens.add('an API key or bearer token', secret);
    const [, event] = /^Nostr\s+([\w+/=-]{100,})/i.exec(text) ?? [];
    const [, signature] =
      /"sig"\s*:\s*"([0-9a-f]{128})"/.exec(Buffer.from(event ?? '', 'base64').toString('utf8')) ?? [];
    if (signature !== undefined) tokens.add('a signed request', signature);
  }

  /** The same server, with a log that tells everything, here. */
  function overrides(given: Overrides): Overrides {
    const logger = given.logger ?? silentButDebug();
    logger.add(new winston.transports.Stream({ stream: recordingStream(), level: 'debug' }));
    return { ...given, logger };
  }

  function recordingStream(): Writable {
    return new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    });
  }

  /** Searches everything that there is by now. Call it while the database is still there. */
  async function look(): Promise<Leak[]> {
    const client = await mongo.MongoClient.connect(uri);
    try {
      await harvestEnvironment(env, remember);
      await harvest.fromDatabase(client.db());
      const leaks = [
        ...lines.flatMap((line) => inText('log', 'a line', line)),
        ...answers.flatMap(({ path, status, text }) =>
          inText(sinkOf(path, status), `${status} ${route(path)}`, withoutToken(path, status, text)),
        ),
        ...(await inSpool()),
        ...(await inDatabase(client.db())),
      ];
      return [...new Map(leaks.map((leak) => [JSON.stringify(leak), leak])).values()];
    } finally {
      await client.close();
    }
  }

  function inText(sink: Sink, where: string, text: string): Leak[] {
    const isOwn = sink === 'answer';
    const found = new Set([
      ...secrets.inText(text),
      ...(isOwn ? [] : preimages.inText(text)),
      ...(isOwn ? [] : tokens.inText(text)),
    ]);
    return [...found].map((secret) => ({ sink, where, secret }));
  }

  async function inSpool(): Promise<Leak[]> {
    const leaks: Leak[] = [];
    for (const name of await readdir(spool).catch(() => []))
      leaks.push(...inText('spool', 'a file', await readFile(join(spool, name), 'utf8').catch(() => '')));
    return leaks;
  }

  /** The bytes that the database stores (BSON), in which text stands as it is. */
  async function inDatabase(db: mongo.Db): Promise<Leak[]> {
    const leaks: Leak[] = [];
    for (const { collectionName: name } of await db.collections()) {
      const isReport = name === 'error_reports';
      for await (const document of db.collection(name).find({}, { raw: true })) {
        if (!Buffer.isBuffer(document)) throw new Error('the driver gave no bytes');
        const found = [
          ...secrets.inBytes(document),
          ...tokens.inBytes(document),
          ...(isReport
            ? [...preimages.inBytes(document), ...secrets.inText(document.toString('latin1'))]
            : []),
        ];
        const sink = isReport ? 'report' : 'database';
        leaks.push(...found.map((secret) => ({ sink, where: name, secret }) as const));
      }
    }
    return leaks;
  }

  return {
    remember,
    overrides,
    listensAt: heard.listensAt,
    look,
    /** So that a scan which looked at nothing is noticed. */
    seen: () => ({
      secrets: secrets.size() + preimages.size() + tokens.size(),
      lines: lines.length,
      answers: answers.length,
      /** Documents that no key opens: made up by the test. */
      unread: harvest.unread(),
    }),
    /** The paths that were asked for. */
    routes: () => [...new Set(answers.map(({ path }) => path.split('?')[0] ?? ''))],
    stop: heard.stop,
  };
}

function silentButDebug(): Logger {
  const logger = createLogger('debug');
  logger.clear();
  return logger;
}

const route = (path: string): string => path.split('?')[0]?.replace(/npub1\w+/, ':npub') ?? '';

function sinkOf(path: string, status: number): Sink {
  if (path.startsWith('/metrics')) return 'metrics';
  return status >= 400 ? 'refusal' : 'answer';
}

/** What a send, or a look at it, hands out: its caller is to have it. */
function withoutToken(path: string, status: number, text: string): string {
  const handsOut = status === 200 && /\/send(\/tx_send_\w+)?$/.test(path.split('?')[0] ?? '');
  return handsOut ? text.replace(/"encodedToken":"[^"]*"/, '"encodedToken":""') : text;
}
