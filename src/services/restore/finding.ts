import { randomBytes } from 'node:crypto';
import { largestSum, sumAmounts } from '../../models/proof.ts';
import type { OutputPlace, Wallet } from '../../models/wallet.ts';
import type { RecoveredEcashRepository } from '../../repositories/recoveredEcash.ts';
import type { ReportService } from '../contracts.ts';
import type { EcashArithmetic } from '../ecash/arithmetic.ts';
import type { Seeds } from '../ecash/seeds.ts';
import { answered, type MintDirectory } from '../mint/mints.ts';
import type { Ledger } from '../walletService.ts';
import { batchSize } from './scan.ts';
import { type Signed, verified } from './verified.ts';

/**
 * What the mint has signed of some outputs: the last one whose signature verifies, and what is to be looked at again. What was
 * credited of it stands in the wallet's recovery.
 */
export type Finding = { lastSigned: number | null; again: OutputPlace[] };

/** Finds ecash by the wallet's seed (NUT-13, NUT-09) and credits what is nobody's. */
export type Finder = {
  /** @throws DomainError where the mint does not answer; what was credited until then stands */
  at(wallet: Wallet, keysetId: string, indices: readonly number[]): Promise<Finding>;
  /** The same for outputs of any keysets. */
  atAll(wallet: Wallet, places: readonly OutputPlace[]): Promise<Finding>;
};

export function createFinder(parts: {
  ecash: RecoveredEcashRepository;
  ledger: Pick<Ledger, 'holdings'>;
  mints: MintDirectory;
  seeds: Pick<Seeds, 'walletSeed'>;
  arithmetic: EcashArithmetic;
  reports: Pick<ReportService, 'file'>;
  now: () => Date;
}): Finder {
  const { ecash, ledger, mints, seeds, arithmetic, reports, now } = parts;

  /**
   * The order counts. Outputs stand in an operation before the mint signs them, and in a token no later than the operation
   * has ended: so operations are read after the mint has said what it signed, and tokens after it has said what is unspent.
   */
  async function at(wallet: Wallet, keysetId: string, indices: readonly number[]): Promise<Finding> {
    const items = indices.map((counter) => ({ counter, role: 'blank' as const, amount: 0n }));
    const outputs = await arithmetic.derive({ seed: await seeds.walletSeed(wallet.id), keysetId, items });
    const mint = mints.at(wallet.mintUrl);
    const restored = answered(await mint.gateway.restore(outputs), 'tell which outputs it has signed');
    if (restored.length === 0) return nothing;
    // What does not verify is left where it is: the mint has it, and may show it better.
    const signed = await verified(keysetId, outputs, restored, mint, arithmetic);
    if (signed.length === 0) return nothing;
    const lastSigned = Math.max(...signed.map(({ output }) => output.counter));
    const owners = await ecash.inHand(wallet.id, new Set(signed.map(({ output }) => output.B_)));
    const free = signed.filter(({ output }) => !owners.has(output.B_));
    const owned = signed.filter(({ output }) => owners.get(output.B_) === 'open');
    const { unspent: open, pending } = await unbooked(wallet, free);
    const spent = open.length === 0 ? new Set<string>() : await ecash.spentOutputs(wallet.id);
    const ours = open.filter(({ output }) => !spent.has(output.B_));
    const unspent = (await isRoomFor(wallet, ours)) ? ours : [];
    const isCredited = unspent.length === 0 || (await credit(wallet, unspent));
    const again = [...owned, ...pending, ...(isCredited ? [] : unspent)].map(placeOf);
    return { lastSigned, again };
  }

  /** What no token has, by how it stands at the mint; what is spent there is over. */
  async function unbooked(wallet: Wallet, signed: readonly Signed[]) {
    const Ys = signed.map(({ proof }) => proof.Y);
    const states = answered(
      await mints.at(wallet.mintUrl).gateway.proofStates(Ys),
      'tell the states of proofs',
    );
    const booked = await ecash.booked(wallet, Ys);
    const inState = (state: string) =>
      signed.filter(({ proof: { Y } }) => states.get(Y) === state && !booked.has(Y));
    return { unspent: inState('UNSPENT'), pending: inState('PENDING') };
  }

  /** A wallet cannot have been paid more than its sums can say: a mint shows what it likes. Then it stays there, reported. */
  async function isRoomFor(wallet: Wallet, signed: readonly Signed[]): Promise<boolean> {
    if (signed.length === 0) return true;
    const sum = sumAmounts(signed.map(({ proof }) => proof));
    if ((await ledger.holdings(wallet.id)).unspent + sum <= largestSum) return true;
    await reports.file({
      dedupeKey: `RECOVERED_TOO_MUCH:${wallet.id}`,
      severity: 'HIGH',
      code: 'RECOVERED_TOO_MUCH',
      npub: wallet.npub,
      walletId: wallet.id,
      summary: `The mint shows ${sum} ${wallet.unit} by this wallet's seed, with which it would hold more than ${largestSum}. They were not credited, since nobody can have paid them in. Ask the mint; another recovery finds them again.`,
    });
    return false;
  }

  function credit(wallet: Wallet, signed: readonly Signed[]): Promise<boolean> {
    const transactionId = `tx_restore_${now().getTime()}_${randomBytes(8).toString('hex')}`;
    return ecash.credit(
      wallet,
      transactionId,
      signed.map(({ proof }) => proof),
    );
  }

  async function atAll(wallet: Wallet, places: readonly OutputPlace[]): Promise<Finding> {
    let total = nothing;
    for (const [keysetId, ofKeyset] of Map.groupBy(places, (place) => place.keysetId)) {
      for (let start = 0; start < ofKeyset.length; start += batchSize) {
        const counters = ofKeyset.slice(start, start + batchSize).map(({ counter }) => counter);
        const found = await at(wallet, keysetId, counters);
        total = {
          lastSigned: null,
          again: [...total.again, ...found.again],
        };
      }
    }
    return total;
  }

  return { at, atAll };
}

const nothing: Finding = { lastSigned: null, again: [] };

const placeOf = ({ output: { keysetId, counter } }: Signed): OutputPlace => ({ keysetId, counter });
