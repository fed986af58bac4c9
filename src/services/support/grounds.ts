import { meltInputs, type Operation } from '../../models/operation.ts';
import type { RecoveryRepository } from '../../repositories/recoveries.ts';
import type { TokenRepository } from '../../repositories/tokens.ts';

/** What stands against a decision by what others know than the operation itself; of that, `whyNot` knows. */
export type Grounds = {
  /** Why its ecash is not to be taken back; null where it may be. */
  againstFence(operation: Operation): Promise<string | null>;
};

export function createGrounds(parts: {
  tokens: Pick<TokenRepository, 'holding'>;
  recoveries: Pick<RecoveryRepository, 'byId'>;
}): Grounds {
  const { tokens, recoveries } = parts;

  /** What was given up may have been found by a restore since: it is in a token then, and must not be taken back twice. */
  async function againstFence(operation: Operation): Promise<string | null> {
    if (operation.kind !== 'melt' || operation.state !== 'written_off') return null;
    const { walletId } = operation;
    if (((await recoveries.byId(walletId))?.recovery ?? null) !== null)
      return 'Its wallet is being restored; look at it again when that is over.';
    const inputs = meltInputs(operation).map(({ Y }) => Y);
    if (await isFound(operation, inputs))
      return 'A restore has brought its ecash back, and whatever the wallet has done with it since stands.';
    return null;
  }

  /** Whether a token has any of these that is none of its sources, whatever has become of that token: only a restore makes one. */
  async function isFound(
    { walletId, mintUrl, sourceTokenIds }: Extract<Operation, { kind: 'melt' }>,
    Ys: readonly string[],
  ): Promise<boolean> {
    const holding = await tokens.holding({ id: walletId, mintUrl }, Ys);
    return holding.some(({ id }) => !sourceTokenIds.includes(id));
  }

  return { againstFence };
}
