import type { SendOperation } from '../../../src/models/exchange.ts';
import type { Operation } from '../../../src/models/operation.ts';
import type { Proof } from '../../../src/models/proof.ts';
import type { CashuToken } from '../../../src/models/token.ts';
import { lockOf, witnessFor } from '../../../src/services/ecash/locks.ts';
import type { Client } from './client.ts';
import { recipientKey } from './tokenErrand.ts';

/** Handed out, and nobody has it yet as far as its giver knows. */
export const isOut = ({ status, transactionType }: CashuToken): boolean =>
  status === 'pending' && transactionType === 'sent';

/** As its recipient would spend it. */
export function unlocked(proof: Proof): Proof {
  if (lockOf(proof.secret).kind !== 'p2pk') return proof;
  return { ...proof, witness: witnessFor(proof.secret, recipientKey) };
}

/** What a client was told of its token holds, whatever happened afterwards; and what is out, its operation holds. */
export function tokenPromises(
  client: Client,
  operations: readonly Operation[],
  tokens: readonly CashuToken[],
): string[] {
  if (client.errand === null) return [];
  const sends = operations.filter((operation): operation is SendOperation => operation.kind === 'send');
  return [...whatIsOut(sends, tokens), ...client.told.flatMap((reply) => untrue(reply, operations))];
}

function whatIsOut(sends: readonly SendOperation[], tokens: readonly CashuToken[]): string[] {
  const faults: string[] = [];
  const out = tokens.filter(isOut);
  const waiting = sends.filter(({ state }) => state === 'sent');
  if (waiting.length > 1) faults.push(`${waiting.length} tokens are out where one was asked for`);
  for (const { id, tokenId, token } of waiting) {
    const [its, ...others] = out.filter(({ reservedBy }) => reservedBy === id);
    const isOne = its !== undefined && its.id === tokenId && others.length === 0;
    if (!isOne) faults.push(`${id} is out, and its token is not`);
    const named = new Set(token?.proofs.map(({ Y }) => Y));
    if (its?.proofs.length !== named.size || !its.proofs.every(({ Y }) => named.has(Y)))
      faults.push(`${id} has handed out other proofs than its token holds`);
  }
  for (const { id, reservedBy } of out)
    if (!waiting.some((send) => send.id === reservedBy)) faults.push(`${id} is out, and nobody watches it`);
  return faults;
}

type Told = Client['told'][number];

function untrue({ status, body }: Told, operations: readonly Operation[]): string[] {
  const told = `the client was told ${status} ${String(body['code'] ?? '')}`;
  const about = operations.find(({ id }) => id === body['transactionId']);
  if (status === 500) return [`the client met a 500: ${JSON.stringify(body)}`];
  if (status < 400) return about === undefined ? [`${told} of nothing`] : untrueSuccess(told, body, about);
  const isRefusal = status === 503 || body['code'] === 'SEND_FAILED' || body['code'] === 'RECEIVE_FAILED';
  const hasHappened = about !== undefined && ['sent', 'claimed', 'received'].includes(about.state);
  return isRefusal && hasHappened ? [`${told}, and it is ${about.state}`] : [];
}

function untrueSuccess(told: string, body: Told['body'], about: Operation): string[] {
  const { encodedToken, reclaimedAmount, totalAmount } = body;
  if (typeof encodedToken === 'string' && about.kind === 'send' && about.token?.text !== encodedToken)
    return [`${told} of another token than was made`];
  if (totalAmount !== undefined && about.state !== 'received') return [`${told}, and it is ${about.state}`];
  const hasBack = typeof reclaimedAmount === 'number' && body['state'] === undefined;
  return hasBack && about.state !== 'reclaimed' && about.state !== 'partly_claimed'
    ? [`${told}, and it is ${about.state}`]
    : [];
}
