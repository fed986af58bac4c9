import { createAuditRepository } from '../../src/repositories/audit.ts';
import { createAuditMacs } from '../../src/repositories/auditMacs.ts';
import { createMeltRepository } from '../../src/repositories/melts.ts';
import { createOperationRepository } from '../../src/repositories/operations.ts';
import { createTokenRepository } from '../../src/repositories/tokens.ts';
import { sealersIn } from './sealers.ts';
import type { World } from './world.ts';

/** The repositories of a world's server, for what cannot be asked for through its front door. */
export function repositoriesOf({ context: { database }, env }: World) {
  const sealers = sealersIn(database, env);
  const operations = createOperationRepository(database, sealers);
  const tokens = createTokenRepository(database, sealers);
  const audit = createAuditRepository(database, createAuditMacs(env.CRUCIBLE_MNEMONIC));
  const melts = createMeltRepository(database, tokens, operations, audit, () => new Date());

  /** A wallet's operations of one kind with everything that is sealed in them. */
  async function operationsOf(npub: string, kind: 'melt' | 'minting') {
    const found = await database.operations.find({ npub, kind }).select({ _id: 1 }).lean<{ _id: string }[]>();
    const opened = await Promise.all(found.map(({ _id }) => operations.byId(_id)));
    return opened.filter((operation) => operation !== null);
  }

  async function meltOf(npub: string) {
    const [melt, ...more] = await operationsOf(npub, 'melt');
    if (melt?.kind !== 'melt' || more.length > 0) throw new Error('the wallet has not exactly one melt');
    return melt;
  }

  return { operations, tokens, melts, operationsOf, meltOf };
}
