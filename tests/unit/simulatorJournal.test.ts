import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SimulatorClient } from '../../simulator/client.ts';
import { aboutToMelt, loadedWallet, startWorld, until, worth } from '../../simulator/testing.ts';

/** Real curve math, on machines that may be busy. */
jest.setTimeout(30_000);

let directory: string;
let journalPath: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'crucible-simulator-'));
  journalPath = join(directory, 'journal.jsonl');
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** simulator/main.ts as its own process. */
async function startProcess(environment: Record<string, string>) {
  const child = spawn(process.execPath, ['simulator/main.ts'], {
    env: { ...process.env, NODE_OPTIONS: '', SIM_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let complained = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complained += chunk.toString();
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const firstWords = new Promise<string>((resolve) => {
    child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString()));
  });
  const said = await Promise.race([firstWords, exited.then(() => '')]);
  return {
    child,
    exited,
    url: /"url":"([^"]+)"/.exec(said)?.[1] ?? '',
    complaint: () => complained,
  };
}

describe('a simulator with a journal', () => {
  it('comes back with keys, quotes, spent proofs, signatures and payments', async () => {
    const before = await startWorld({ journalPath, inputFeePpk: 100 });
    const { keep, send } = await before.wallet.send(100, await before.fund(500));
    const { invoice } = await before.sim.invoice({ amount: 50 });
    const quote = await before.wallet.createMeltQuoteBolt11(invoice);
    const { change } = await before.wallet.meltProofsBolt11(quote, send);
    await before.sim.rotate({ inputFeePpk: 200 });
    const ledger = await before.sim.ledger();
    await before.close();

    const after = await startWorld({ journalPath });
    expect(await after.sim.ledger()).toEqual(ledger);
    expect((await after.wallet.checkMeltQuoteBolt11(quote.quote)).state).toBe('PAID');
    const swapped = await after.wallet.send(10, [...keep, ...change]);
    expect((await after.sim.ledger()).outstanding).toBe(worth([...swapped.keep, ...swapped.send]));
    await after.close();
  });

  it('comes back with change that was signed too large, and without the quotes that it forgot', async () => {
    const before = await startWorld({ journalPath });
    const { body, quote } = await aboutToMelt(before);
    await before.sim.addFaults({ fault: { kind: 'change_amount', delta: 3 } });
    await before.post('/v1/melt/bolt11', body);
    await before.sim.addFaults({ fault: { kind: 'forget_quote', really: true } });
    await before.get(`/v1/melt/quote/bolt11/${quote}`);
    const ledger = await before.sim.ledger();
    await before.close();
    expect(ledger).toMatchObject({ overSigned: 3, forgottenQuotes: [quote], balance: { ok: true } });

    const after = await startWorld({ journalPath });
    expect(await after.sim.ledger()).toEqual(ledger);
    expect((await after.get(`/v1/melt/quote/bolt11/${quote}`)).body['code']).toBe(20000);
    await after.close();
  });

  it('loses nothing to SIGKILL, and goes on with the payment that was under way', async () => {
    const first = await startProcess({ SIM_JOURNAL: journalPath });
    const wallet = await loadedWallet(first.url);
    const sim = new SimulatorClient(first.url);
    const mintQuote = await wallet.createMintQuoteBolt11(60);
    await sim.pay(mintQuote.request);
    const proofs = await wallet.mintProofsBolt11(60, mintQuote.quote);
    const { invoice, paymentHash } = await sim.invoice({ amount: 50, behaviour: 'pending' });
    const quote = await wallet.createMeltQuoteBolt11(invoice);
    expect((await wallet.meltProofsBolt11(quote, proofs)).quote.state).toBe('PENDING');
    first.child.kill('SIGKILL');
    await first.exited;

    const second = await startWorld({ journalPath });
    const states = await second.wallet.checkProofsStates(proofs);
    expect(states.every(({ state }) => state === 'PENDING')).toBe(true);
    await second.sim.settle(paymentHash, 'paid');
    await until(async () => (await second.wallet.checkMeltQuoteBolt11(quote.quote)).state === 'PAID');
    const ledger = await second.sim.ledger();
    expect(ledger).toMatchObject({ outstanding: 10, balance: { ok: true } });
    expect(ledger.payments.every(({ count }) => count === 1)).toBe(true);
    await second.close();
  });

  it('killed after any line of its journal, finishes what was begun and has balanced books', async () => {
    const before = await startWorld({ journalPath });
    const { wallet, sim } = before;
    const { keep, send } = await wallet.send(20, await before.fund(60));
    const outside = await wallet.createMeltQuoteBolt11((await sim.invoice({ amount: 30 })).invoice);
    await wallet.meltProofsBolt11(outside, keep);
    const own = await wallet.createMintQuoteBolt11(20);
    await wallet.meltProofsBolt11(await wallet.createMeltQuoteBolt11(own.request), send);
    await before.close();

    const lines = readFileSync(journalPath, 'utf8').split('\n');
    for (let kept = 1; kept < lines.length; kept += 1) {
      const cutPath = join(directory, `cut-${kept}.jsonl`);
      writeFileSync(
        cutPath,
        lines
          .slice(0, kept)
          .map((line) => `${line}\n`)
          .join(''),
      );
      const after = await startWorld({ journalPath: cutPath });
      const ledger = await after.sim.ledger();
      expect([kept, ledger.balance.ok, ledger.pendingTotal]).toEqual([kept, true, 0]);
      expect(ledger.meltQuotes.every(({ state }) => state !== 'PENDING')).toBe(true);
      expect(ledger.payments.every(({ count }) => count <= 1)).toBe(true);
      await after.close();
    }
  });

  it('drops a torn last line with a message and writes on after it', async () => {
    const before = await startWorld({ journalPath });
    await before.fund(8);
    await before.close();
    appendFileSync(journalPath, '{"kind":"tokens_sw');
    const complaint = jest.spyOn(console, 'error').mockImplementation(() => {});
    const between = await startWorld({ journalPath });
    expect(complaint).toHaveBeenCalledWith(expect.stringContaining('torn last line'));
    complaint.mockRestore();
    expect(readFileSync(journalPath, 'utf8').endsWith('}\n')).toBe(true);
    await between.fund(4);
    await between.close();
    const after = await startWorld({ journalPath });
    expect((await after.sim.ledger()).outstanding).toBe(12);
    await after.close();
  });

  it('refuses another seed than the one that its journal was written with', async () => {
    await (await startWorld({ journalPath })).close();
    await expect(startWorld({ journalPath, seed: 'another' })).rejects.toThrow('another seed');
  });
});

describe('the simulator as a process', () => {
  it('ends on SIGTERM with exit code 0', async () => {
    const { child, exited, url } = await startProcess({});
    expect((await fetch(`${url}/v1/info`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  });

  it('says in one sentence that its port is in use, and exits with 1', async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => {
        const address = taken.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
    const { exited, complaint } = await startProcess({ SIM_PORT: String(port) });
    expect(await exited).toBe(1);
    expect(complaint().trim().split('\n')).toEqual([expect.stringContaining('port is in use')]);
    taken.close();
  });

  it('refuses a setting that it does not understand', async () => {
    const { exited, complaint } = await startProcess({ SIM_INPUT_FEE_PPK: 'much' });
    expect(await exited).toBe(1);
    expect(complaint()).toContain('SIM_INPUT_FEE_PPK must be a whole number');
  });
});
