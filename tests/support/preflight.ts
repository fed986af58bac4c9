import type { PlannedOutput } from '../../src/models/proof.ts';
import type { AuditDocument } from '../../src/models/schemas/audit.ts';
import type { OperationDocument } from '../../src/models/schemas/operation.ts';
import { operationFrom } from '../../src/repositories/operationDocuments.ts';
import { sealerBehind } from './sealers.ts';
import type { World } from './world.ts';

/** What pre-flight has found out about a wallet's proofs, by the audit log: one list for each event. */
export async function discrepanciesOf(world: World, npub: string): Promise<unknown[][]> {
  const events = await world.context.database.audit
    .find({ npub, event: 'proofs.discrepancies' })
    .lean<AuditDocument[]>();
  return events.map(({ details }) => {
    const { discrepancies } = details;
    if (!Array.isArray(discrepancies)) throw new Error('an audit event without its discrepancies');
    return discrepancies;
  });
}

/** The outputs that an operation has planned, opened behind the server's back. */
export async function outputsOf(world: World, operationId: unknown): Promise<PlannedOutput[]> {
  const found = await world.context.database.operations
    .findById(String(operationId))
    .lean<OperationDocument>();
  if (found === null) throw new Error(`there is no operation ${String(operationId)}`);
  const sealer = await sealerBehind(world.context.database.connection, world.env);
  return operationFrom(found, sealer).attempts.flatMap(({ outputs }) => outputs);
}
