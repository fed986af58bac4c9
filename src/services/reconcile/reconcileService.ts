import type { Discrepancy } from '../../models/discrepancy.ts';
import { sumAmounts } from '../../models/proof.ts';
import type { Wallet, WalletName } from '../../models/wallet.ts';
import type {
  CorrectionAction,
  ProofComparison,
  ReconcileService,
  ReportService,
  TokenDiscrepancy,
  WalletService,
} from '../contracts.ts';
import type { Finding } from '../melt/comparison.ts';
import { type Correcting, writeOffs } from '../melt/correcting.ts';
import { resurrectedReport, writeOffReport } from '../melt/preflightFindings.ts';
import type { MintDirectory } from '../mint/mints.ts';
import type { Detection } from '../restore/detection.ts';
import type { Inventory, Tally } from './inventory.ts';

/** Compares wallets with their mints when somebody asks for it, and puts right what pre-flight would put right. */
export function createReconcileService(parts: {
  wallets: Pick<WalletService, 'get'>;
  mints: Pick<MintDirectory, 'describeFor'>;
  inventory: Inventory;
  correcting: Correcting;
  detection: Pick<Detection, 'demandCurrent'>;
  reports: Pick<ReportService, 'file'>;
  now: () => Date;
}): ReconcileService {
  const { wallets, mints, inventory, correcting, detection, reports, now } = parts;

  const compare: ReconcileService['compare'] = async (name) => {
    const wallet = await trusted(name);
    const found: Finding[] = [];
    const tally = await inventory.take(wallet, async (some) => {
      found.push(...some);
    });
    return told(tally, found);
  };

  const reconcile: ReconcileService['reconcile'] = async ({ wallet: name, dryRun, requestId }) => {
    const wallet = await trusted(name);
    // A recovery compares every token itself, and tells the sums.
    if (!dryRun) await detection.demandCurrent(wallet, requestId);
    const found: Finding[] = [];
    const actions: CorrectionAction[] = [];
    const tally = await inventory.take(wallet, async (some) => {
      found.push(...some);
      actions.push(...(dryRun ? planned(some, false) : await putRight(wallet, some, requestId)));
    });
    return { ...told(tally, found), dryRun, actions };
  };

  /** Another mint at the same address would call everything unspent. */
  async function trusted(name: WalletName): Promise<Wallet> {
    const wallet = await wallets.get(name);
    await mints.describeFor(wallet);
    return wallet;
  }

  async function putRight(
    wallet: Wallet,
    found: readonly Finding[],
    requestId: string,
  ): Promise<CorrectionAction[]> {
    const of = (type: Discrepancy['type']) =>
      found.map(({ discrepancy }) => discrepancy).filter((one) => one.type === type);
    const [lost, resurrected] = [of('DB_UNSPENT_MINT_SPENT'), of('DB_SPENT_MINT_UNSPENT')];
    if (resurrected.length > 0) await reports.file({ ...resurrectedReport(wallet, resurrected), requestId });
    // Before the write-off: should this process die in between, people hear of it all the same.
    if (lost.length > 0) await reports.file({ ...writeOffReport(wallet, lost, 'reconciliation'), requestId });
    if (await correcting.correct(wallet, found)) return planned(found, true);
    // One token has changed meanwhile, or a payment has it: that holds up no other.
    const actions: CorrectionAction[] = [];
    for (const ofToken of Map.groupBy(found, ({ discrepancy }) => discrepancy.tokenId).values())
      actions.push(...planned(ofToken, await correcting.correct(wallet, ofToken)));
    return actions;
  }

  function told({ total, states, isWhole }: Tally, found: readonly Finding[]): ProofComparison {
    return {
      totalProofs: total,
      unspentCount: states.UNSPENT,
      pendingCount: states.PENDING,
      spentCount: states.SPENT,
      discrepancies: byToken(found),
      complete: isWhole,
      at: now(),
    };
  }

  return { compare, reconcile };
}

/** What is done, or would be, about what was found: a line for each token of which the mint calls proofs spent. */
function planned(found: readonly Finding[], done: boolean): CorrectionAction[] {
  return writeOffs(found).flatMap(({ tokenId, Ys }) => {
    const names = new Set(Ys);
    const spent = found.filter(({ discrepancy: { Y } }) => names.has(Y));
    return byToken(spent).map(({ type, amount, proofCount }) => ({
      action: 'mark_spent' as const,
      type,
      tokenId,
      amount,
      proofCount,
      done,
    }));
  });
}

/** A line for each token, or open operation, and each way in which it differs. */
function byToken(found: readonly Finding[]): TokenDiscrepancy[] {
  const nameOf = ({ type, tokenId, operationId }: Discrepancy) => `${type} ${tokenId} ${operationId}`;
  const groups = Map.groupBy(
    found.map(({ discrepancy }) => discrepancy),
    nameOf,
  );
  return [...groups.values()].flatMap((proofs) =>
    proofs.slice(0, 1).map(({ type, severity, tokenId, operationId }) => ({
      type,
      severity,
      tokenId,
      operationId,
      amount: sumAmounts(proofs),
      proofCount: proofs.length,
    })),
  );
}
