import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { giveDust } from '../support/dust.ts';
import { expectBalancedBooks } from '../support/money.ts';
import {
  attemptsBefore,
  type Backup,
  backUp,
  expectWhole,
  putBack,
  recovered,
  type Stopper,
  startStoppable,
  turnBack,
  walletOn,
} from '../support/rolledBack.ts';
import { hadUpkeep, makeDue, often, upkeepsOf } from '../support/upkeep.ts';
import { type TestWallet, until, type World } from '../support/world.ts';

const patienceMs = 120_000;

describe('a database put back to a moment at which an upkeep was under way that has long ended', () => {
  let world: World;
  let wallet: TestWallet;
  let backup: Backup;
  let id: string;
  let requests: Stopper;

  /** The upkeep of 250 of its 300 proofs is about to be sent off; it ends as `beforeItGoes` lets it, and more is paid of it. */
  async function liveOn(beforeItGoes: () => Promise<void>): Promise<void> {
    const upkeep = await requests.at('/v1/swap', () => makeDue(world));
    await upkeep();
    id = (await upkeepsOf(world, wallet))[0]?._id ?? '';
    backup = await backUp(world);
    await beforeItGoes();
    requests.go();
    await hadUpkeep(world, wallet, 'kept_up');
    const { invoice } = await world.sim.invoice({ amount: 200 });
    expect((await wallet.melt(invoice)).status).toBe(200);
  }

  beforeEach(async () => {
    const env = { ...often, CRUCIBLE_ORPHAN_AFTER_MS: '1000', CRUCIBLE_ANSWER_WITHIN_MS: '20000' };
    ({ world, requests } = await startStoppable({ env }));
    wallet = await world.wallet();
    await giveDust(world, wallet, 300);
  });
  afterEach(() => world.end());

  /** Its owner wants to pay; that the books are behind is noticed at the latest then. @returns the wallet, free again */
  async function restoreAndRecover(): Promise<{ restored: World; again: TestWallet }> {
    const restored = await putBack(world, world, backup);
    const again = walletOn(restored, wallet);
    const { invoice } = await restored.sim.invoice({ amount: 20 });
    await again.melt(invoice);
    await recovered(restored, wallet.npub);
    return { restored, again };
  }

  it(
    'by a swap that the books do not know: it is ended by what the mint says, and every sat is there',
    async () => {
      // What it then asks for is refused, and what is signed in its place is in no backup.
      await liveOn(() => world.sim.rotate());
      const { restored, again } = await restoreAndRecover();
      await until(
        async () =>
          (await upkeepsOf(restored, wallet)).some(
            (upkeep) => upkeep._id === id && upkeep.state === 'released',
          ),
        'the upkeep ended',
        patienceMs,
      );
      expect(
        await restored.context.database.audit.exists({ event: 'upkeep.ended_by_recovery' }),
      ).not.toBeNull();
      await expectWhole(restored, again, (await again.balance())['totalBalance']);
      await expectBalancedBooks(restored);
    },
    patienceMs,
  );

  it.each(['sent', 'unsent'] as const)(
    'by the swap that the books know, as yet %s: its ecash is there once',
    async (when) => {
      await liveOn(async () => undefined);
      if (when === 'unsent') turnBack(backup, id, { attempts: attemptsBefore(backup, id, 'swap', 'unsent') });
      const { restored, again } = await restoreAndRecover();
      await until(
        async () => (await restored.context.database.operations.countDocuments({ open: true })) === 0,
        'all ended',
        patienceMs,
      );
      const [upkeep] = (await upkeepsOf(restored, wallet)).filter(({ _id }) => _id === id);
      expect(upkeep).toMatchObject({ state: 'kept_up' });
      await expectWhole(restored, again, (await again.balance())['totalBalance']);
      await expectBalancedBooks(restored);
    },
    patienceMs,
  );
});
