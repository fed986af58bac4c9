import { createRandomRawBlindedMessage, type Proof, Wallet } from '@cashu/cashu-ts';
import { type InvoiceWishes, SimulatorClient } from './client.ts';
import { type SimulatorOptions, startSimulator } from './simulator.ts';

/** A running simulator with what a test wants at hand. */
export async function startWorld(options: SimulatorOptions = {}) {
  const simulator = await startSimulator(options);
  const sim = new SimulatorClient(simulator.url);
  const wallet = await loadedWallet(simulator.url, { unit: options.unit ?? 'sat' });
  return {
    ...simulator,
    sim,
    wallet,
    /** Tokens worth so many units, through the normal mint quote. */
    fund: (amount: number) => fund(wallet, sim, amount),
    post: (path: string, body: unknown) => post(simulator.url + path, body),
    get: async (path: string): Promise<Answer> => answerOf(await fetch(simulator.url + path)),
  };
}

export type SimulatorWorld = Awaited<ReturnType<typeof startWorld>>;

/**
 * A wallet that is about to pay 54 with one proof of 64, which leaves 10 in two signatures: the body of its melt,
 * to be sent by hand so that no library repeats it.
 */
export async function aboutToMelt({ fund, sim, wallet }: SimulatorWorld, wishes: InvoiceWishes = {}) {
  const proofs = await fund(64);
  const { invoice, paymentHash } = await sim.invoice({ amount: 54, ...wishes });
  const { quote } = await wallet.createMeltQuoteBolt11(invoice);
  await sim.clearRequests();
  const outputs = [1, 1, 1, 1].map((amount) => output(wallet.getKeyset().id, amount));
  return { proofs, invoice, paymentHash, quote, body: { quote, inputs: plain(proofs), outputs } };
}

/** Proofs as they go over the wire. */
export function plain(proofs: readonly Proof[]) {
  return proofs.map(({ id, secret, C, amount }) => ({ id, secret, C, amount: amount.toNumber() }));
}

/** A blinded message that nobody will unblind. */
export function output(id: string, amount: number) {
  return { amount, id, B_: createRandomRawBlindedMessage().B_.toHex(true) };
}

export async function loadedWallet(
  url: string,
  wishes: { unit?: string; bip39seed?: Uint8Array } = {},
): Promise<Wallet> {
  const wallet = new Wallet(url, { unit: 'sat', ...wishes });
  await wallet.loadMint();
  return wallet;
}

async function fund(wallet: Wallet, sim: SimulatorClient, amount: number): Promise<Proof[]> {
  const quote = await wallet.createMintQuoteBolt11(amount);
  await sim.pay(quote.request);
  return wallet.mintProofsBolt11(amount, quote.quote);
}

export type Answer = { status: number; body: Record<string, unknown> };

/** A request by hand, for what no wallet would send. */
export async function post(url: string, body: unknown): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return answerOf(
    await fetch(url, { method: 'POST', body: text, headers: { 'Content-Type': 'application/json' } }),
  );
}

async function answerOf(response: Response): Promise<Answer> {
  const body: unknown = await response.json();
  return { status: response.status, body: typeof body === 'object' && body !== null ? { ...body } : {} };
}

export function worth(proofs: readonly Pick<Proof, 'amount'>[]): number {
  return proofs.reduce((sum, proof) => sum + proof.amount.toNumber(), 0);
}

/** Waits until something is so, for at most two seconds. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let waits = 0; waits < 200; waits += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it never became so');
}
