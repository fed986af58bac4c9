import { newSigner, publicOrigin, type Signer, signed } from '../signing.ts';
import { type Instance, type Json, type Reply, startWorld, type World } from '../world.ts';
import type { Account } from './books.ts';
import type { Bill, Handed, Promised, Quote } from './model.ts';

/** Somebody with a wallet and a key that opens nothing else. */
export type Owner = {
  name: string;
  signer: Signer;
  npub: string;
  at: string;
  key: string;
  /** What others lock tokens to that are for this wallet. */
  tokenPubkey: string;
};

/** A world in which some owners live, and all that they were told. */
export type Town = {
  world: World;
  owners: readonly [Owner, Owner, ...Owner[]];
  handed: Handed[];
  bills: Bill[];
  quotes: Quote[];
  promises: Promised[];
  /** Transactions that have ended, as they were listed then: they stay as they are. */
  ended: Map<string, string>;
  /** Owners of whom something was asked since the books were compared last. */
  touched: Set<Owner>;
  /** What each wallet said when the books were compared last. */
  accounts: Map<Owner, Account>;
  /** Nothing else is asked at the same moment, and no fault waits for it. */
  isCalm: boolean;
  /** A wallet may be blocked while it is looked through. */
  hasRestored: boolean;
  /** When something was last made to fail. */
  troubledAtMs: number;
  /** How often each route gave each answer. */
  answers: Map<string, number>;
  ask(owner: Owner, method: 'GET' | 'POST', path: string, more?: Asking): Promise<Reply | null>;
  /** One more server, and one less: requests meanwhile may meet one that stops. */
  replaceServer(): Promise<void>;
  end(): Promise<void>;
};

type Asking = { body?: Json; headers?: Record<string, string> };

/** Waits that let a sequence of dozens of steps end in seconds. */
const env = {
  CRUCIBLE_PUBLIC_ORIGIN: publicOrigin,
  CRUCIBLE_MINT_TIMEOUT_MS: '3000',
  CRUCIBLE_MELT_TIMEOUT_MS: '6000',
};

/** Opens a world for so many owners. */
export async function openTown(ownerCount: number, inputFeePpk: number): Promise<Town> {
  const world = await startWorld({ simulator: { inputFeePpk, feeReserveMinSat: 4 }, env });
  const servers: Instance[] = [world, await world.instance()];
  const answers = new Map<string, number>();
  let asked = 0;
  let stopping = 0;

  async function ask(
    owner: Owner,
    method: 'GET' | 'POST',
    path: string,
    { body, headers = {} }: Asking = {},
  ): Promise<Reply | null> {
    asked += 1;
    const url = servers[asked % servers.length]?.url;
    const isAlone = stopping === 0;
    try {
      const authorization = { authorization: `Bearer ${owner.key}` };
      const reply = await world.call(method, path, body, { ...authorization, ...headers }, url);
      if (method === 'POST') count(answers, `${routeOf(path)} ${reply.status} ${codeOf(reply)}`);
      if (reply.status === 500) throw new Told(`${method} ${path}: 500 ${JSON.stringify(reply.body)}`);
      return reply;
    } catch (error) {
      // Whoever asks a server that stops may get no answer, and then knows nothing.
      if (error instanceof Told || !isCut(error) || (isAlone && stopping === 0)) throw error;
      count(answers, `${routeOf(path)} no answer`);
      return null;
    }
  }

  async function replaceServer(): Promise<void> {
    const next = await world.instance();
    const [first] = servers.splice(0, 1, next);
    stopping += 1;
    await first?.stop();
    // What was asked of it while it listened has its answer, or none, by now.
    setTimeout(() => {
      stopping -= 1;
    }, 1_000).unref();
  }

  const owners = await Promise.all(
    Array.from({ length: ownerCount }, (_, number) => settle(world, 'ABCDEF'.charAt(number))),
  );
  const [first, second, ...others] = owners;
  if (first === undefined || second === undefined) throw new Error('a town has two owners at least');
  return {
    world,
    owners: [first, second, ...others],
    handed: [],
    bills: [],
    quotes: [],
    promises: [],
    ended: new Map(),
    touched: new Set(),
    accounts: new Map(),
    isCalm: true,
    hasRestored: false,
    troubledAtMs: 0,
    answers,
    ask,
    replaceServer,
    end: () => world.end(),
  };
}

async function settle(world: World, name: string): Promise<Owner> {
  const signer = newSigner();
  const { npub } = signer;
  const at = `/api/wallet/${npub}`;
  await world.call('POST', '/api/wallet/create', { npub });
  const key = await world.keyFor(['wallet:read', 'wallet:write', 'wallet:melt'], npub);
  const target = `${at}/info`;
  const authorization = signed(signer, { method: 'GET', target });
  const { body } = await world.call('GET', target, undefined, { authorization });
  const { tokenPubkey } = Object(body['walletInfo']);
  return { name, signer, npub, at, key, tokenPubkey: String(tokenPubkey) };
}

/** Tells payees what was decided for them. One whose payment is not under way, yet or ever, cannot hear it. */
export async function tellPayees({ bills, world }: Pick<Town, 'bills' | 'world'>): Promise<void> {
  for (const bill of bills) {
    if (bill.decision === null) continue;
    const { paymentHash, decision } = bill;
    const isTold = await world.sim.settle(paymentHash, decision).then(
      () => true,
      () => false,
    );
    if (isTold) bill.decision = null;
  }
}

/** Something is not as it must be. */
export class Told extends Error {}

/** No answer came. What else may be thrown while asking is for whoever reads the failure. */
const isCut = (error: unknown): boolean =>
  error instanceof Error &&
  /fetch failed|ECONN|socket|terminated|other side closed|UND_ERR/i.test(describe(error));

const describe = (error: Error): string =>
  [error.message, error.name, error.cause instanceof Error ? describe(error.cause) : ''].join(' ');

const codeOf = ({ body }: Reply): string => {
  const said = body['code'] ?? body['paymentResult'] ?? body['status'];
  return said === undefined ? 'done' : String(said);
};

function routeOf(path: string): string {
  const [route = ''] = path.split('?');
  return (
    route
      .split('/')
      .slice(4)
      .join('/')
      .replace(/tx_\w+/, '…') || 'create'
  );
}

export function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
