import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CurveWork, curveWork } from '../support/curveWork.ts';
import { type Profiled, profiled } from '../support/profiled.ts';
import { startWorld, type TestWallet, type World } from '../support/world.ts';

/**
 * What a payment costs, in what can be counted: times depend on the machine, counts do not. A number here that grows makes each
 * payment slower; one that falls is to be written down, so that it stays so.
 */
describe('what a payment asks of others', () => {
  let world: World;
  let wallet: TestWallet;

  beforeAll(async () => {
    world = await startWorld({ workers: false });
    wallet = await world.wallet(1_023);
  });
  afterAll(() => world.end());

  async function payment(amount: number) {
    const { invoice } = await world.sim.invoice({ amount });
    await world.sim.clearRequests();
    const pay = async () =>
      expect(await wallet.melt(invoice)).toMatchObject({ status: 200, body: { paymentResult: 'PAID' } });
    let curve: CurveWork | null = null;
    const seen = await profiled(world.context.database.connection, async () => {
      curve = await curveWork(pay);
    });
    const requests = await world.sim.requests();
    const asked = requests.map(({ path }) => path).filter((path) => path !== keysetList);
    const [reads, writes] = [counted(seen.filter(isRead)), counted(seen.filter(isWrite))];
    return { mint: asked.sort(), reads, writes, curve };
  }

  it('without a swap: four requests to the mint; three writes beside the two transactions', async () => {
    await payment(100); // the first reads the mint's keys, too
    // With a fee reserve of 2 it is 128, which there is a proof of.
    expect(await payment(126)).toEqual({
      mint: ['/v1/checkstate', '/v1/melt/bolt11', '/v1/melt/quote/bolt11', '/v1/restore'],
      reads: {
        'cashu_tokens.aggregate': 2,
        'cashu_tokens.find': 2,
        'data_keys.find': 1,
        'operations.find': 2,
        'wallets.find': 1,
      },
      writes: {
        'counters.findAndModify': 1,
        // A: the operation, its tokens (what is not wanted of them stands in one of its own), audit.
        'operations.insert': 1,
        'cashu_tokens.findAndModify': 1,
        'cashu_tokens.insert': 2,
        'audit_events.insert': 2,
        'audit_unsealed.insert': 2,
        // The melt request goes out; its answer is stored; B, which moves it on first, and credits the change.
        'operations.update': 3,
        'cashu_tokens.update': 1,
      },
      // Two blanks for the reserve of 2: a secret, its Y and its B_ = Y + rG each. The change is one signature: the DLEQ proof is four
      // multiplications, C = C_ − rK one, and its Y tells where it is booked. Inputs are known by their Y, and not computed anew.
      curve: {
        derivations: 2,
        hashesToCurve: 3,
        blindings: 2,
        unblindings: 1,
        dleqChecks: 1,
        multiplications: 7,
      },
    });
  });
});

/** Listed anew every two seconds, for all payments of that time. */
const keysetList = '/v1/keysets';

const reading = ['find', 'aggregate', 'count', 'distinct'];
/** A key is looked at once more where its request had to wait, which a busy machine makes it. */
const isRead = ({ command, collection }: Profiled) => reading.includes(command) && collection !== 'api_keys';
const isWrite = ({ command }: Profiled) => !reading.includes(command);

function counted(some: readonly Profiled[]): Record<string, number> {
  const names = some.map(({ collection, command }) => `${collection}.${command}`);
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
}
