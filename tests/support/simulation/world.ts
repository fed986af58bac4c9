import { createTokenRepository } from '../../../src/repositories/tokens.ts';
import { runTransaction } from '../../../src/repositories/transaction.ts';
import { walletIdOf } from '../../../src/services/walletService.ts';
import { createAnswers, isExpected, type MeltOrder } from './clients.ts';
import { enter, epochMs } from './globals.ts';
import { createInstance, mintUrl, openSealers, times } from './instance.ts';
import { checkEnd, checkStep, demand, meltFrom, operationsIn } from './invariants.ts';
import type { Invoice } from './invoices.ts';
import { logTo } from './log.ts';
import { createNetwork } from './network.ts';
import type { Profile } from './profile.ts';
import type { Random } from './random.ts';
import { type Actor, createScheduler, quiet } from './scheduler.ts';
import { createMemoryStore } from './store/memoryStore.ts';
import { createStoreLine } from './storeFaults.ts';
import { nameOf } from './toyCashu.ts';
import { curve } from './toyCurve.ts';
import { createToyMint } from './toyMint.ts';
import { createWitness } from './witness.ts';

const npub = 'npub1toy';
/** Enough for some payments of a world, and not for all. */
const pocketMoney = { keyId: 'key', satPerDay: 400n };
const processNames = ['alpha', 'beta'] as const;
/** So long everything may take to come to its end once faults have stopped. */
const settleWithinMs = 4 * 3_600_000;

export type Trace = (line: () => string) => void;

/** One simulated world: two servers, clients, a store, a mint and the weather between them, all from one seed. */
export function createWorld(given: {
  random: Random;
  profile: Profile;
  invoices: readonly Invoice[];
  trace: Trace;
}) {
  const { random, profile, invoices } = given;
  const scheduler = createScheduler(random);
  enter({ scheduler, random });
  const trace: Trace = (line) =>
    given.trace(() => `${(scheduler.nowMs() / 1000).toFixed(3).padStart(10)} ${line()}`);
  const store = createMemoryStore(() => new Date(Math.floor(epochMs + scheduler.nowMs())));
  const mint = createToyMint({
    random,
    withDleq: profile.withDleq,
    invoices: new Map(invoices.map((invoice) => [invoice.text, invoice])),
    after: (delayMs, run) => scheduler.after(delayMs, null, run),
  });
  let faulty = true;
  let funded = 0n;
  let failure: Error | null = null;
  let waiting = 0;
  const running = new Map<string, { actor: Actor; instance: ReturnType<typeof createInstance> }>();
  const answers = createAnswers(mint);
  const isStill = [profile.store.before, profile.store.after, profile.store.outage, profile.store.slow].every(
    (p) => p === 0,
  );
  const witness = createWitness(store, isStill && profile.stalls + profile.jumps + profile.skews === 0);
  const network = createNetwork({
    scheduler,
    random,
    mint,
    odds: () => (faulty ? profile.network : null),
    listener: witness,
    trace,
  });

  function start(name: string): void {
    const actor: Actor = { name, alive: true, stalledUntilMs: 0, skewMs: 0 };
    const carry = createStoreLine({
      scheduler,
      random,
      actor,
      odds: () => (faulty ? profile.store : null),
      applied: (by, call) => {
        witness.wrote(by);
        trace(() => `${by.name} wrote ${call.what} ${summary()}`);
      },
      trace,
    });
    scheduler.as(actor, () => {
      const instance = createInstance({
        database: store.connect(carry),
        transport: network.transportFor(actor),
        owner: `${name}-${scheduler.nowMs()}`,
        logger: logTo((message, error) => {
          if (!isExpected(error))
            failure ??= new Error(`${name} logged: ${message}: ${String(error)}`, { cause: error });
        }),
        report: ({ code, severity, summary: text }) => {
          if (severity === 'CRITICAL') failure ??= new Error(`${name} reported ${code}: ${text}`);
        },
      });
      running.set(name, { actor, instance });
      instance.worker.start();
    });
    trace(() => `${name} starts`);
  }

  function crash(name: string): void {
    const found = running.get(name);
    if (found === undefined) return;
    trace(() => `${name} crashes`);
    found.actor.alive = false;
    running.delete(name);
    scheduler.after(random.int(200, 15_000), null, () => start(name));
  }

  /** A client that asks again, wherever a server is left, for as long as nobody has answered it. */
  function order(of: MeltOrder): void {
    const [server] = random.chance(0.5) ? [...running.values()] : [...running.values()].reverse();
    if (server === undefined) {
      scheduler.after(1_000, null, () => order(of));
      return;
    }
    waiting += 1;
    let open = true;
    const close = () => {
      if (open) waiting -= 1;
      open = false;
    };
    const failed = (error: unknown) => {
      failure ??= error instanceof Error ? error : new Error(String(error));
    };
    trace(() => `a client asks ${server.actor.name} to pay ${of.invoice.slice(0, 24)}`);
    scheduler.as(server.actor, () => {
      const stillAllowed = async () => undefined;
      const request = {
        wallet: { npub, walletId: null },
        amount: undefined,
        maxFee: undefined,
        maxTotal: undefined,
        memo: null,
        externalId: null,
        requestId: 'request',
        stillAllowed,
        ...of,
      };
      server.instance.meltService
        .melt(request)
        .then(
          ({ operation }) => {
            trace(() => `client answered: ${operation.id} ${operation.state}`);
            answers.answered(operation);
          },
          (error: unknown) => {
            trace(() => `client refused: ${String(error)}`);
            answers.refused(error);
            if (faulty && random.chance(0.7)) scheduler.after(random.int(500, 8_000), null, () => order(of));
          },
        )
        .catch(failed)
        .finally(close);
    });
    scheduler.after(random.int(6_000, 30_000), null, () => {
      if (!open) return;
      close();
      if (random.chance(0.7)) order(of);
    });
  }

  const summary = () =>
    operationsIn(store)
      .map(({ _id, state, version }) => `[…${_id.slice(-4)} ${state} v${version}]`)
      .join(' ');

  /** Ecash that the wallet has had from the beginning, in a few tokens. */
  async function fund(): Promise<void> {
    mint.vault.rotate(random.pick([0, 0, 100, 400]));
    const [keyset] = mint.vault.keysets;
    if (keyset === undefined) throw new Error('the toy mint has no keyset');
    const database = store.connect(async (_call, apply) => apply());
    const walletId = walletIdOf({ npub, mintUrl, unit: 'sat' });
    const at = new Date(epochMs);
    await database.wallets.create([
      { _id: walletId, npub, mint_url: mintUrl, mint_id: null, unit: 'sat', created_at: at },
    ]);
    const tokens = createTokenRepository(database, openSealers);
    const secretsAt = curve.outputSecrets(new Uint8Array([7]), keyset.id);
    let counter = 0;
    for (let token = random.int(1, 4); token > 0; token -= 1) {
      const proofs = Array.from({ length: random.int(1, 4) }, () => {
        const amount = 2 ** random.int(0, 8);
        counter += 1;
        const { secret, blindingFactor } = secretsAt(counter);
        const Y = nameOf(secret);
        const B_ = String(curve.blindedPoint(Y, blindingFactor));
        const { C_ } = mint.vault.promise({ amount, id: keyset.id, B_ }, amount);
        const C = String(curve.unblindedPoint(C_, blindingFactor, ''));
        return { Y, keysetId: keyset.id, amount: BigInt(amount), secret, C };
      });
      funded += proofs.reduce((sum, { amount }) => sum + amount, 0n);
      const draft = { transactionType: 'received' as const, transactionId: `gift-${token}`, proofs, at };
      await runTransaction(database, walletId, async (tx) => {
        await tokens.credit(tx, { npub, walletId, mintUrl, unit: 'sat' }, draft);
      });
    }
    const counterId = `${walletId}:${keyset.id}`;
    const stored = { _id: counterId, wallet_id: walletId, keyset_id: keyset.id, next: counter + 1 };
    store.shelves.counters.docs.set(counterId, stored);
  }

  function planOrders(): void {
    for (let number = 0; number < profile.requests; number += 1) {
      const invoice = random.pick([invoices[random.int(0, 3)], invoices[random.int(0, invoices.length - 1)]]);
      if (invoice === undefined) continue;
      const key = random.chance(0.5) ? `key-${random.int(0, 1)}-${invoice.paymentHash.slice(0, 8)}` : null;
      const placed: MeltOrder = {
        invoice: invoice.text,
        respondAsync: random.chance(0.2),
        budget: random.chance(0.5) ? pocketMoney : null,
        idempotency: key === null ? undefined : { route: 'melt', key, bodyHash: invoice.paymentHash },
      };
      scheduler.after(random.int(0, profile.faultsForMs * 0.6), null, () => order(placed));
    }
  }

  function planWeather(): void {
    const often = (times_: number, happen: () => void) => {
      for (let time = 0; time < times_; time += 1)
        scheduler.after(random.int(0, profile.faultsForMs), null, happen);
    };
    const somebody = () => running.get(random.pick(processNames))?.actor;
    often(profile.crashes, () => crash(random.pick(processNames)));
    often(profile.stalls, () => {
      const actor = somebody();
      const forMs = random.int(500, 20_000);
      trace(() => `${actor?.name} stalls for ${forMs} ms`);
      if (actor !== undefined) actor.stalledUntilMs = scheduler.nowMs() + forMs;
    });
    often(profile.jumps, () => {
      const byMs = random.pick([1_000, 30_000, 600_000, 7_200_000]);
      trace(() => `time jumps by ${byMs} ms`);
      scheduler.jump(byMs);
    });
    often(profile.skews, () => {
      const actor = somebody();
      const toMs = random.int(-60_000, 60_000);
      trace(() => `the clock of ${actor?.name} is now ${toMs} ms off`);
      if (actor !== undefined) actor.skewMs = toMs;
    });
    often(profile.rotations, () => {
      trace(() => 'the mint rotates its keyset');
      mint.vault.rotate(random.pick([0, 100, 400, 1_000]));
    });
    often(profile.mintOutages, () => {
      trace(() => 'the mint is out of reach');
      network.cutUntil(scheduler.nowMs() + random.int(500, 10_000));
    });
  }

  let checkedAt = '';
  async function step(): Promise<boolean> {
    const went = await scheduler.step();
    if (failure !== null) throw failure;
    const { tokens, operations } = store.shelves;
    const at = `${tokens.revision}/${operations.revision}/${mint.vault.version()}`;
    if (at !== checkedAt) {
      checkedAt = at;
      checkStep(store, mint);
    }
    return went;
  }

  const isOver = () =>
    waiting === 0 &&
    !network.isBusy() &&
    !mint.melts.isBusy() &&
    operationsIn(store).every(({ open }) => open !== true);

  /** Faults first; then none, until everything has come to its end. @throws Violation and whatever else went wrong */
  async function run(): Promise<{ states: string[]; payments: number; virtualMs: number }> {
    await fund();
    mint.melts.setOdds(profile.lightning);
    for (const name of processNames) start(name);
    planOrders();
    planWeather();
    while (scheduler.nowMs() < profile.faultsForMs) await step();
    trace(() => 'faults stop');
    faulty = false;
    mint.melts.setOdds(null);
    network.cutUntil(0);
    for (const { actor } of running.values()) Object.assign(actor, { stalledUntilMs: 0, skewMs: 0 });
    const endMs = scheduler.nowMs() + settleWithinMs;
    const isSettled = () => running.size === processNames.length && isOver();
    // Looked at once more when nothing runs any more: code whose client has gone may be about to ask the mint for something.
    do {
      if (!isSettled()) await step();
      await quiet();
    } while (!isSettled() && scheduler.nowMs() < endMs);
    demand(
      isOver(),
      () => `not everything has ended ${settleWithinMs / 60_000} min after the last fault: ${summary()}`,
    );
    checkEnd(store, mint, funded);
    answers.checkAgainst(operationsIn(store).map(meltFrom));
    return {
      states: operationsIn(store).map(({ state }) => state),
      payments: mint.melts.payments.size,
      virtualMs: scheduler.nowMs(),
    };
  }

  return { run };
}

export { times };
