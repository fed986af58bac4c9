import { isFinished, type Operation } from '../../../src/models/operation.ts';
import { type Proof, sumAmounts } from '../../../src/models/proof.ts';
import type { OperationDocument } from '../../../src/models/schemas/operation.ts';
import type { TokenDocument } from '../../../src/models/schemas/token.ts';
import { operationFrom } from '../../../src/repositories/operationDocuments.ts';
import { tokenFrom } from '../../../src/repositories/tokenDocuments.ts';
import { budgetFaults } from '../budgetSums.ts';
import { sealerBehind } from '../sealers.ts';
import { type Client, mintedAmount, partiesOf } from './client.ts';
import { paidAmount } from './scenarios.ts';
import { routingFee, type Stand } from './stand.ts';
import { isOut, tokenPromises, unlocked } from './tokenPromises.ts';

/** What stood at the mint before the client came. */
export type Before = { outstanding: number; signatures: number };

export async function before({ world }: Stand): Promise<Before> {
  const { outstanding, signatures } = await world.sim.ledger();
  return { outstanding, signatures: signatures.length };
}

export type Verdict = { violations: string[]; satsLost: number; payments: number };

/**
 * The six invariants of docs/melt.md, for one wallet whose operations have all ended, by the mint's own ledger; where it deals
 * with another one, for both. A token that is out is still its giver's.
 */
export async function judge(stand: Stand, client: Client, earlier: Before, log: string): Promise<Verdict> {
  const { world } = stand;
  const violations: string[] = [];
  const demand = (isSo: boolean, otherwise: string) => {
    if (!isSo) violations.push(otherwise);
  };
  const ledger = await world.sim.ledger();
  const { operations, tokens } = await stored(stand, client);
  const spendable = tokens
    .filter((token) => token.status === 'unspent' || isOut(token))
    .flatMap(({ proofs }) => proofs.map(unlocked));
  const outputs = operations.flatMap(({ walletId, attempts }) =>
    attempts.flatMap((attempt) => attempt.outputs.map((output) => ({ walletId, ...output }))),
  );

  // 1: what the wallet holds is what the mint would honour, and what it should be after what was paid.
  const held = Number(sumAmounts(spendable));
  const backed = ledger.outstanding - earlier.outstanding;
  const satsLost = backed - held;
  demand(satsLost === 0, `1: the mint owes ${backed}, the wallet holds ${held}`);
  demand(ledger.balance.ok, '1: the mint’s own books are out of balance');
  const worth = await honoured(stand, spendable);
  demand(worth === held, `1: of ${held} the mint honours ${worth}`);
  const payments = ledger.payments.find(({ paymentHash }) => paymentHash === client.paymentHash)?.count ?? 0;
  const keptUp = operations.filter(({ state }) => state === 'kept_up').length;
  const fees = keptUp * (client.upkeepFee ?? 0);
  const due =
    client.funds - payments * (paidAmount + routingFee) + client.paidQuotes.size * mintedAmount - fees;
  demand(held === due, `1: the wallet should hold ${due} and holds ${held}`);

  // 2: one payment at most, and the operations say the same.
  demand(payments <= 1, `2: the payee got the money ${payments} times`);
  const paying = operations.filter(({ kind, state }) => kind === 'melt' && isPaid(state)).length;
  demand(paying === payments, `2: ${payments} payments, but ${paying} operations say paid`);

  demand(keptUp <= 1, `2: the same was swapped ${keptUp} times`);

  // 3: a proof is in one place.
  const everywhere = tokens.flatMap(({ proofs }) => proofs.map(({ Y }) => Y));
  demand(new Set(everywhere).size === everywhere.length, '3: a proof is in two tokens');

  // 4: an output serves one purpose, and none was signed that is not written down.
  const planned = outputs.map(({ B_ }) => B_);
  demand(new Set(planned).size === planned.length, '4: an output was planned for two purposes');
  const counters = outputs.map(({ walletId, keysetId, counter }) => `${walletId} ${keysetId} ${counter}`);
  demand(new Set(counters).size === counters.length, '4: a counter was used for two outputs');
  // Dust was bought by somebody who did not blind his outputs: a proof's own name is what was signed.
  const funding = new Set([...planned, ...everywhere]);
  const signed = ledger.signatures.slice(earlier.signatures).map(({ B_ }) => B_);
  demand(new Set(signed).size === signed.length, '4: the mint signed an output twice');
  demand(
    signed.every((B_) => funding.has(B_)),
    '4: the mint signed an output that nobody wrote down',
  );

  // 5: everything has ended and reserves nothing.
  for (const { id, state } of operations) {
    demand(isFinished(state) || state === 'sent', `5: ${id} is ${state}`);
    demand(state !== 'needs_attention', `5: ${id} needs a person`);
  }
  demand(
    !tokens.some((token) => token.reservedBy !== null && !isOut(token)),
    '5: a token is reserved by nobody’s operation',
  );
  const reserved = await reservedBalance(stand, client);
  demand(reserved === 0, `5: ${reserved} are reserved`);

  for (const fault of await budgetFaults(world.context.database)) violations.push(`5: ${fault}`);

  // 6: the servers' words hold no secret.
  const secrets = [
    ...tokens.flatMap(({ proofs }) => proofs.map(({ secret }) => secret)),
    ...outputs.flatMap(({ secret, blindingFactor }) => [secret, blindingFactor.toString(16)]),
    stand.env['CRUCIBLE_MNEMONIC'] ?? '',
    stand.env['CRUCIBLE_MASTER_KEY'] ?? '',
  ].filter((secret) => secret !== '');
  demand(!secrets.some((secret) => log.includes(secret)), '6: a secret stands in the log');

  violations.push(...promises(client, payments), ...tokenPromises(client, operations, tokens));
  return { violations, satsLost, payments };
}

const isPaid = (state: string): boolean => state === 'paid' || state === 'settled';

/** What a client was told holds, whatever happened afterwards. */
function promises(client: Client, payments: number): string[] {
  if (client.invoice === null) return [];
  return client.told.flatMap(({ status, body }, index) => {
    if (status === 200 && payments !== 1)
      return [`the client was told PAID, and was paid for ${payments} times`];
    const last = index === client.told.length - 1;
    if (last && body['code'] === 'PAYMENT_FAILED' && payments !== 0)
      return ['the client was told at last that the payment failed, and it was paid'];
    if (status === 500) return [`the client met a 500: ${JSON.stringify(body)}`];
    return [];
  });
}

/** The documents of all wallets that it is about, opened. */
export async function stored({ world }: Stand, client: Client) {
  const npub = { $in: partiesOf(client) };
  const sealer = await sealerBehind(world.context.database.connection, world.env);
  const { database } = world.context;
  const operations = await database.operations
    .find({ npub })
    .sort({ created_at: 1 })
    .lean<OperationDocument[]>();
  const tokens = await database.tokens.find({ npub }).lean<TokenDocument[]>();
  return {
    operations: operations.map((document): Operation => operationFrom(document, sealer)),
    tokens: tokens.map((document) => tokenFrom(document, sealer)),
  };
}

async function honoured({ world }: Stand, proofs: readonly Proof[]): Promise<number> {
  if (proofs.length === 0) return 0;
  const inputs = proofs.map(({ secret, amount, keysetId, C, witness }) => ({
    secret,
    amount: Number(amount),
    id: keysetId,
    C,
    ...(witness === undefined ? {} : { witness }),
  }));
  return world.sim.honoured(inputs).catch(() => -1);
}

async function reservedBalance({ world }: Stand, { at }: Client): Promise<number> {
  const { body } = await world.call('GET', `${at}/balance`);
  const details: unknown = body['details'];
  return typeof details === 'object' && details !== null
    ? Number(Reflect.get(details, 'reservedBalance'))
    : -1;
}
