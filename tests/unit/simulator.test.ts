import { getEncodedToken, getPubKeyFromPrivKey } from '@cashu/cashu-ts';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { decode } from 'light-bolt11-decoder';
import { loadedWallet, startWorld, worth } from '../../simulator/testing.ts';

/** Real curve math, on machines that may be busy. */
jest.setTimeout(30_000);

type World = Awaited<ReturnType<typeof startWorld>>;

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function start(...options: Parameters<typeof startWorld>): Promise<World> {
  world = await startWorld(...options);
  return world;
}

/** The books must balance whatever was done, and the wallet must hold what is outstanding. */
async function expectHeld({ sim }: World, ...held: Parameters<typeof worth>[0][]): Promise<void> {
  const ledger = await sim.ledger();
  expect(ledger.balance.ok).toBe(true);
  expect(ledger.outstanding).toBe(held.reduce((sum, proofs) => sum + worth(proofs), 0));
  expect(ledger.outstanding).toBe(ledger.issuedTotal - ledger.spentTotal);
}

describe.each(['00', '01'] as const)('a simulator with keysets of version %s', (keysetVersion) => {
  describe.each([0, 100, 1000])('that charges %s ppk per input', (inputFeePpk) => {
    it('mints, sends, receives, and melts with change, and its ledger agrees after each step', async () => {
      const here = await start({ keysetVersion, inputFeePpk });
      const { wallet, sim } = here;

      const minted = await here.fund(1000);
      expect(minted[0]?.id.startsWith(keysetVersion)).toBe(true);
      await expectHeld(here, minted);

      const { keep, send } = await wallet.send(300, minted);
      expect(worth(send)).toBe(300);
      await expectHeld(here, keep, send);

      const token = getEncodedToken({ mint: here.url, proofs: send, unit: 'sat' });
      const received = await (await loadedWallet(here.url)).receive(token, { requireDleq: true });
      await expectHeld(here, keep, received);

      const { invoice, paymentHash } = await sim.invoice({ amount: 210, routingFeeSat: 1 });
      const quote = await wallet.createMeltQuoteBolt11(invoice);
      expect(quote.fee_reserve.toNumber()).toBe(3);
      const melted = await wallet.meltProofsBolt11(quote, keep);
      expect(melted.quote.state).toBe('PAID');
      await expectHeld(here, melted.change, received);

      const ledger = await sim.ledger();
      const inputFee = Math.ceil((keep.length * inputFeePpk) / 1000);
      expect(worth(melted.change)).toBe(worth(keep) - 210 - 1 - inputFee);
      expect(ledger.payments).toContainEqual(
        expect.objectContaining({ paymentHash, amountSat: 210, feeSat: 1, state: 'PAID', count: 1 }),
      );
      expect(ledger.meltQuotes).toEqual([
        expect.objectContaining({ amount: 210, feeReserve: 3, feePaid: 1, state: 'PAID', attempts: 1 }),
      ]);
    });
  });
});

describe('what the mint hands out', () => {
  it('proves every signature by DLEQ, which the wallet demands', async () => {
    const { wallet, sim } = await start();
    const quote = await wallet.createMintQuoteBolt11(63);
    await sim.pay(quote.request);
    const proofs = await wallet.mintProofsBolt11(63, quote.quote);
    expect(proofs).toHaveLength(6);
    for (const proof of proofs) expect(proof.dleq).toBeDefined();
  });

  it('writes invoices that an independent decoder reads', async () => {
    const { wallet, sim } = await start();
    const quote = await wallet.createMintQuoteBolt11(21);
    expect(quote.request).toMatch(/^lnbc210n1/);
    const { invoice, paymentHash } = await sim.invoice({
      amount: 210,
      description: 'coffee',
      expirySeconds: 90,
    });
    const sections = decode(invoice).sections;
    const sectionOf = (name: string) =>
      sections.flatMap((section) => (section.name === name && 'value' in section ? [section.value] : []))[0];
    expect(sectionOf('payment_hash')).toBe(paymentHash);
    expect(sectionOf('amount')).toBe('210000');
    expect(sectionOf('description')).toBe('coffee');
    expect(sectionOf('expiry')).toBe(90);
  });

  it('says who it is and what it can', async () => {
    const { wallet } = await start();
    const info = wallet.getMintInfo();
    expect(info.pubkey).toMatch(/^0[23][0-9a-f]{64}$/);
    for (const nut of [7, 8, 9, 12, 20] as const) expect(info.isSupported(nut).supported).toBe(true);
  });

  it('returns change in the order of the blanks, and an empty list when nothing is left', async () => {
    const { wallet, sim, fund } = await start({ feeReserveMinSat: 2 });
    const proofs = await fund(102);
    const { invoice } = await sim.invoice({ amount: 100, routingFeeSat: 2 });
    const quote = await wallet.createMeltQuoteBolt11(invoice);
    const melted = await wallet.meltProofsBolt11(quote, proofs);
    expect(melted.change).toEqual([]);
    expect(melted.quote).toHaveProperty('change', []);
  });
});

describe('what is locked to a key', () => {
  const secretKey = '11'.repeat(32);
  const publicKey = Buffer.from(getPubKeyFromPrivKey(Buffer.from(secretKey, 'hex'))).toString('hex');

  it('mints a locked quote with that key only', async () => {
    const { wallet, sim } = await start();
    const quote = await wallet.createLockedMintQuote(8, publicKey);
    await sim.pay(quote.request);
    await expect(wallet.mintProofsBolt11(8, quote, { privkey: '22'.repeat(32) })).rejects.toThrow();
    expect(worth(await wallet.mintProofsBolt11(8, quote, { privkey: secretKey }))).toBe(8);
  });

  it('spends locked proofs with that key only', async () => {
    const here = await start();
    const funds = await here.fund(64);
    const { keep, send } = await here.wallet.send(
      8,
      funds,
      {},
      {
        send: { type: 'p2pk', options: { pubkey: publicKey } },
      },
    );
    const inputs = send.map(({ id, secret, C, amount }) => ({ id, secret, C, amount: amount.toNumber() }));
    const unsigned = await here.post('/v1/swap', { inputs, outputs: [] });
    expect(unsigned).toMatchObject({ status: 400, body: { code: 10001 } });
    const token = getEncodedToken({ mint: here.url, proofs: send, unit: 'sat' });
    await expectHeld(here, keep, await here.wallet.receive(token, { privkey: secretKey }));
  });
});

describe('a wallet that lost its memory', () => {
  it('gets its signatures back and asks which of them are spent', async () => {
    const { url, sim, ...here } = await start({ inputFeePpk: 100 });
    const seed = new Uint8Array(64).fill(7);
    const wallet = await loadedWallet(url, { bip39seed: seed });
    const quote = await wallet.createMintQuoteBolt11(500);
    await sim.pay(quote.request);
    const minted = await wallet.mintProofsBolt11(500, quote.quote, {}, { type: 'deterministic', counter: 0 });
    const { keep, send } = await wallet.send(
      100,
      minted,
      {},
      {
        send: { type: 'random' },
        keep: { type: 'deterministic', counter: 0 },
      },
    );

    const restored = await (await loadedWallet(url, { bip39seed: seed })).restore(0, 60);
    const states = await here.wallet.checkProofsStates(restored.proofs);
    const unspent = restored.proofs.filter((_, index) => states[index]?.state === 'UNSPENT');
    expect(worth(unspent)).toBe(worth(keep));
    expect((await sim.ledger()).outstanding).toBe(worth(keep) + worth(send));
  });
});

describe('keyset rotation', () => {
  it('takes old proofs as inputs, signs with the new keyset only, and keeps both in the books', async () => {
    const here = await start({ inputFeePpk: 0 });
    const before = await here.fund(64);
    const stale = here.wallet;
    await here.sim.rotate({ inputFeePpk: 100, version: '00' });

    const refused = await stale.send(10, before).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 12002 });

    const fresh = await loadedWallet(here.url);
    const { keep, send } = await fresh.send(10, before);
    const [oldId, newId] = (await here.sim.ledger()).keysets.map((keyset) => keyset.id);
    expect(before[0]?.id).toBe(oldId);
    expect(new Set([...keep, ...send].map((proof) => proof.id))).toContain(newId);
    await expectHeld(here, keep, send);
  });
});
