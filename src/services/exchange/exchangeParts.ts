import type { ReceiveOperation, SendOperation } from '../../models/exchange.ts';
import type { UpkeepOperation } from '../../models/upkeep.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import type { ReportService } from '../contracts.ts';
import type { EcashArithmetic } from '../ecash/arithmetic.ts';
import type { OutputFactory } from '../ecash/outputs.ts';
import type { OutputKeysets } from '../melt/outputKeysets.ts';
import type { MintDirectory } from '../mint/mints.ts';
import type { Detection } from '../restore/detection.ts';
import { createExchangeIncidents } from './incidents.ts';
import { createExchangePlans } from './plans.ts';
import { createSwapping } from './swapping.ts';

/** One swap mechanism, for what is handed out and brought home, what comes in, and what is kept up. */
export function createExchangeParts(parts: {
  operations: OperationRepository;
  outputs: OutputFactory;
  arithmetic: EcashArithmetic;
  mints: MintDirectory;
  keysets: OutputKeysets;
  detection: Pick<Detection, 'demandUnsigned'>;
  reports: ReportService;
  now: () => Date;
}) {
  const { operations, outputs, reports } = parts;
  const plans = createExchangePlans(outputs, parts.detection);
  const incidents = createExchangeIncidents(reports);
  const badSignatures = incidents.badSignatures;
  const sending = createSwapping<SendOperation>({
    ...parts,
    badSignatures,
    kind: {
      move: operations.transition,
      reread: (key) => operations.ofKind('send', key),
      plan: (operation, job, keyset, fee) =>
        job.purpose === 'swap'
          ? plans.send(operation, job, keyset, fee)
          : plans.home(operation, job, keyset, fee),
    },
  });
  const receiving = createSwapping<ReceiveOperation>({
    ...parts,
    badSignatures,
    kind: {
      move: operations.transition,
      reread: (key) => operations.ofKind('receive', key),
      plan: plans.home,
    },
  });
  const keepingUp = createSwapping<UpkeepOperation>({
    ...parts,
    badSignatures,
    kind: {
      move: operations.transition,
      reread: (key) => operations.ofKind('upkeep', key),
      plan: plans.useful,
    },
  });
  return { sending, receiving, keepingUp, incidents };
}
