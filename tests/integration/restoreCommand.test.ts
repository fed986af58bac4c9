import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RecoveryDocument } from '../../src/models/schemas/account.ts';
import type { CounterDocument } from '../../src/models/schemas/operation.ts';
import { runCli } from '../support/cli.ts';
import { expectBalancedBooks, expectRealMoney, unhurried } from '../support/money.ts';
import { backUp, putBack, recovered, recoveryOf, walletOn } from '../support/rolledBack.ts';
import { startWorld, type TestWallet, type World } from '../support/world.ts';

describe('crucible restore', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ env: unhurried });
  });
  afterAll(() => world.end());

  const restore = (...words: string[]) => runCli(world.env, ['restore', ...words]);

  let restored: World;
  const recoveryIn = async ({ npub }: TestWallet) => (await recoveryOf(restored, npub))?.recovery;

  /** A recovery that has looked through everything there was, and now waits for a payment, till tomorrow. */
  async function leaveWatching({ npub }: TestWallet): Promise<void> {
    const { counters, wallets } = world.context.database;
    const keysets = (await counters.find().lean<CounterDocument[]>()).map(({ keyset_id }) => keyset_id);
    const through = {
      next: 10_000,
      last_signed: null,
      is_behind: false,
      done: true,
      counter: 0,
      is_moved: true,
    };
    const recovery: RecoveryDocument = {
      state: 'watching',
      reason: 'spent_proofs',
      since: new Date(Date.now() - 3_600_000),
      generation: 4,
      due_at: new Date(Date.now() + 24 * 3_600_000),
      lease_owner: null,
      lease_until: null,
      scans: Object.fromEntries(keysets.map((id) => [id, through])),
      again: [],
      stuck_since: {},
      rescan_due: false,
      restored: 0n,
      written_off: 0n,
    };
    await wallets.updateOne({ npub }, { $set: { recovery } });
  }

  it('makes wallets whole that nobody uses, and those whose recovery stands in the backup itself', async () => {
    const [idle, watched] = [await world.wallet(100), await world.wallet(200)];
    await leaveWatching(watched);
    const backup = await backUp(world);
    for (const { npub } of [idle, watched])
      await world.context.database.wallets.updateOne({ npub }, { $unset: { recovery: 1 } });
    for (const wallet of [idle, watched]) await wallet.fund(64);
    restored = await putBack(world, world, backup);
    const total = async (wallet: TestWallet) => (await walletOn(restored, wallet).balance())['totalBalance'];
    expect([await total(idle), await total(watched)]).toEqual([100, 200]);

    expect(await restore('--all', '--dry-run')).toMatchObject({
      code: 0,
      stdout: '2 wallets would be recovered; of these, 1 are being recovered now and would begin anew.\n',
    });
    expect(await recoveryIn(idle)).toBeUndefined();
    expect(await recoveryIn(watched)).toMatchObject({ state: 'watching', generation: 4 });

    expect(await restore('--all')).toMatchObject({
      code: 0,
      stdout: '2 wallets will be recovered, as soon as a server runs.\n',
    });
    for (const wallet of [idle, watched]) await recovered(restored, wallet.npub);
    expect([await total(idle), await total(watched)]).toEqual([164, 264]);
    await expectBalancedBooks(restored);
    for (const { npub } of [idle, watched]) await expectRealMoney(restored, npub);

    const one = await restore('--npub', idle.npub);
    expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 wallet will be recovered/) });
    expect(await recoveryIn(watched)).toBeUndefined();
  }, 180_000);

  it('says what is wrong: code 1 where there is no such wallet, code 2 for wrong usage', async () => {
    expect(await restore('--npub', 'npub1nobody')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/has no wallet in this database/),
    });
    for (const words of [[], ['--dry-run'], ['--all', '--npub', 'npub1nobody'], ['--everything']])
      expect(await restore(...words)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining('crucible restore --all | --npub'),
      });
  });
});
