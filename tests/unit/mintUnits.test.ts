import { describe, expect, it } from '@jest/globals';
import { createMintDirectory, firstUnit } from '../../src/services/mint/mints.ts';
import type { Transport } from '../../src/services/mint/transport.ts';

const url = 'http://mint.test';
const limits = { mintTimeoutMs: 1_000, meltTimeoutMs: 1_000, paymentsPerMint: 2 };
const on = { supported: true };
const inUnits = (units: unknown[]) => ({ methods: units.map((unit) => ({ method: 'bolt11', unit })) });

/** What a mint that makes and pays invoices in these units is described as. */
function describedWith(makes: unknown, pays: unknown) {
  const body = JSON.stringify({ nuts: { 4: makes, 5: pays, 7: on, 8: on, 9: on } });
  const transport: Transport = async () => ({ kind: 'reply', httpStatus: 200, body });
  return createMintDirectory([url], transport, limits).describe(url);
}

describe('the units of a mint', () => {
  it.each<[string, unknown[], unknown[], string[]]>([
    ['one that it has', ['usd'], ['usd'], ['usd']],
    [
      'sat before all others, and msat before the rest',
      ['eur', 'msat', 'sat'],
      ['eur', 'msat', 'sat'],
      ['sat', 'msat', 'eur'],
    ],
    ['the others as it lists them', ['usd', 'eur', 'gbp'], ['gbp', 'usd', 'eur'], ['gbp', 'usd', 'eur']],
    ['only those in which it does both', ['sat', 'usd'], ['usd', 'msat'], ['usd']],
    ['each once', ['sat', 'sat'], ['sat', 'sat'], ['sat']],
    [
      'none with a name that cannot be told',
      ['u d', 'é', '', 7, 'x'.repeat(33), 'sat'],
      ['u d', 'é', '', 7, 'x'.repeat(33), 'sat'],
      ['sat'],
    ],
    [
      'those of its own, however it calls them',
      ['constructor', 'my-token.v2'],
      ['constructor', 'my-token.v2'],
      ['constructor', 'my-token.v2'],
    ],
  ])('are %s', async (_what, makes, pays, units) => {
    const described = await describedWith(inUnits(makes), inUnits(pays));
    expect(described.units).toEqual(units);
    expect(firstUnit(described)).toBe(units[0]);
  });

  it('are none where it only pays, so that it gets no new wallet, and those that there are go on', async () => {
    const described = await describedWith({ methods: [], disabled: true }, inUnits(['sat']));
    expect(described.units).toEqual([]);
    expect(() => firstUnit(described)).toThrow(/^The mint has no unit in which it both makes and pays/);
  });

  it('are those of Lightning alone', async () => {
    const onchain = {
      methods: [{ method: 'onchain', unit: 'sat' }, ...inUnits(['usd']).methods, 'bolt11', null],
    };
    expect((await describedWith(onchain, onchain)).units).toEqual(['usd']);
    const [without] = onchain.methods;
    await expect(describedWith(onchain, { methods: [without] })).rejects.toThrow(
      /does not pay Lightning invoices/,
    );
  });
});
