import { type Attempt, attemptsFor, type MintingOperation, unsentAttempt } from '../../models/operation.ts';
import type { PlannedOutput } from '../../models/proof.ts';
import { denominations, split } from '../ecash/amounts.ts';
import { curve } from '../ecash/curve.ts';
import type { OutputFactory } from '../ecash/outputs.ts';
import type { Seeds } from '../ecash/seeds.ts';
import { wireOutput } from '../mint/gateway.ts';
import type { KeysetInfo } from '../mint/keysets.ts';
import { activeKeyset, answered, bestActive, type Mint } from '../mint/mints.ts';
import { keysetRetiredCodes, readSigned } from '../mint/replies.ts';
import type { Detection } from '../restore/detection.ts';

/** One for each keyset that the mint has had meanwhile. An older one makes room, so that no keyset is ever out of reach. */
const maxAttempts = 10;
/** What is fresh enough for a first attempt. */
const freshMs = 2_000;

/** The attempts of a minting: exact requests with fresh outputs, persisted by the transition that sends them. */
export type IssueAttempts = ReturnType<typeof createIssueAttempts>;

export function createIssueAttempts(parts: {
  mints: { at(mintUrl: string): Pick<Mint, 'keysets'> };
  outputs: OutputFactory;
  seeds: Pick<Seeds, 'quoteKey'>;
  detection: Pick<Detection, 'demandUnsigned'>;
  now: () => Date;
}) {
  const { mints, outputs, seeds, detection, now } = parts;

  /** With an attempt for the keyset that is active now. @throws DomainError MINT_UNAVAILABLE, MINT_ERROR */
  async function first(operation: MintingOperation): Promise<MintingOperation> {
    const keyset = activeKeyset(await listed(operation, freshMs), operation.unit, now().getTime());
    return { ...operation, attempts: [await plan(operation, keyset)] };
  }

  /**
   * After a refusal because of the keyset, with the attempt last that is to be sent: for an active keyset that has refused
   * nothing, a new one. A list may be older than the mint's refusals: where it names none, the same request is sent again,
   * or that of another keyset which it calls active, each in its turn.
   * @throws DomainError MINT_UNAVAILABLE, MINT_ERROR
   */
  async function renewed(operation: MintingOperation): Promise<MintingOperation> {
    const attempts = attemptsFor(operation, 'issue');
    const infos = await listed(operation, 0);
    const untried = infos.filter(({ id }) => attempts.every((one) => one.keysetId !== id || !isRefused(one)));
    const keyset = bestActive(untried, operation.unit, now().getTime());
    const known = attempts.find(({ keysetId }) =>
      keyset === undefined
        ? infos.some(({ id, active }) => id === keysetId && active)
        : keysetId === keyset.id,
    );
    if (known !== undefined)
      return {
        ...operation,
        attempts: [...attempts.filter((one) => one !== known).map(withoutRefusal), known],
      };
    if (keyset === undefined) return operation;
    const planned = await plan(operation, keyset);
    return { ...operation, attempts: [...withRoom(attempts).map(withoutRefusal), planned] };
  }

  async function listed({ mintUrl }: MintingOperation, maxAgeMs: number): Promise<KeysetInfo[]> {
    return answered(await mints.at(mintUrl).keysets.list(maxAgeMs), 'list its keysets');
  }

  async function plan(operation: MintingOperation, keyset: KeysetInfo): Promise<Attempt> {
    const { keysets } = mints.at(operation.mintUrl);
    const { keys } = answered(await keysets.keys(keyset.id), 'tell the keys of its keyset');
    const parts = split(operation.amount, denominations(keys));
    const plans = parts.map((amount) => ({ role: 'issue' as const, amount }));
    const planned = await outputs.plan(operation.walletId, keyset.id, plans);
    await detection.demandUnsigned(operation, planned);
    const body = {
      quote: operation.quoteId,
      outputs: planned.map(wireOutput),
      ...(await signature(operation, planned)),
    };
    return unsentAttempt({
      number: Math.max(0, ...attemptsFor(operation, 'issue').map(({ number }) => number)) + 1,
      purpose: 'issue',
      keysetId: keyset.id,
      outputs: planned,
      requestBody: JSON.stringify(body),
    });
  }

  /** NUT-20, where the quote is locked to us. */
  async function signature(
    operation: MintingOperation,
    planned: readonly PlannedOutput[],
  ): Promise<{ signature?: string }> {
    if (operation.quotePubkey === null) return {};
    const { privateKey } = await seeds.quoteKey(operation.walletId, operation.id);
    const message = [operation.quoteId, ...planned.map(({ B_ }) => B_)].join('');
    return { signature: curve.schnorrSignature(message, Buffer.from(privateKey, 'hex')) };
  }

  return { first, renewed };
}

/** Whether the mint has refused it because its keyset signs no more. */
export function isRefused({ refusalCode }: Attempt): boolean {
  return refusalCode !== null && keysetRetiredCodes.has(refusalCode);
}

/**
 * Those that are kept beside a new one. First those go whose every request the mint has refused, then the oldest: their
 * keysets sign no more, and should one have been signed all the same, a recovery finds it by the seed.
 */
function withRoom(attempts: readonly Attempt[]): Attempt[] {
  const surplus = attempts.length + 1 - maxAttempts;
  if (surplus <= 0) return [...attempts];
  const isDead = ({ posts, refusals }: Attempt) => refusals >= posts;
  const inOrder = [...attempts.filter(isDead), ...attempts.filter((one) => !isDead(one))];
  const dropped = new Set(inOrder.slice(0, surplus));
  return attempts.filter((one) => !dropped.has(one));
}

/** An attempt whose refusal has been acted upon: its words are up to half a megabyte, and nobody needs them any more. */
function withoutRefusal(attempt: Attempt): Attempt {
  const isSigned = attempt.reply !== null && readSigned(attempt.reply).kind === 'signed';
  return isSigned ? attempt : { ...attempt, reply: null };
}
