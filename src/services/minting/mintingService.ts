import { randomUUID } from 'node:crypto';
import { DomainError, validationError } from '../../models/errors.ts';
import { isFinished, type MintingOperation } from '../../models/operation.ts';
import { largestSum } from '../../models/proof.ts';
import { hasKnownWorth, msatOf } from '../../models/units.ts';
import type { Wallet } from '../../models/wallet.ts';
import type { MintingRepository } from '../../repositories/mintings.ts';
import type { OperationRepository } from '../../repositories/operations.ts';
import type { IdempotencyKey, MintingService, WalletService } from '../contracts.ts';
import type { Seeds } from '../ecash/seeds.ts';
import { amountMsatOf } from '../melt/invoice.ts';
import { idempotencyConflict } from '../melt/refusals.ts';
import { isMintTrouble } from '../mint/mintError.ts';
import { answered, type MintDirectory } from '../mint/mints.ts';
import type { Driver, Handler } from '../operations/driver.ts';
import { earlierOperation, recordFor } from '../operations/earlier.ts';
import { freshId, freshOperation } from '../operations/fresh.ts';
import type { Detection } from '../restore/detection.ts';
import type { Ledger } from '../walletService.ts';

/** Funding a wallet over Lightning: the mint's invoice for the client, the watching for the worker. */
export function createMintingService(parts: {
  wallets: WalletService;
  operations: OperationRepository;
  mintings: MintingRepository;
  ledger: Pick<Ledger, 'holdings'>;
  mints: MintDirectory;
  seeds: Seeds;
  detection: Pick<Detection, 'demandCurrent'>;
  openMintingsPerWallet: number;
  driver: Driver;
  handler: Handler<MintingOperation>;
  now: () => Date;
}): MintingService {
  const {
    wallets,
    operations,
    mintings,
    ledger,
    mints,
    seeds,
    detection,
    openMintingsPerWallet,
    driver,
    handler,
    now,
  } = parts;

  const request: MintingService['request'] = async (asked) => {
    const { amount, idempotency, requestId } = asked;
    const wallet = await wallets.get(asked.wallet);
    const earlier = await earlierOutcome(wallet, idempotency);
    if (earlier !== null) return { operation: earlier, replayed: true };
    await detection.demandCurrent(wallet, requestId);
    await demandPlace(wallet);
    await demandRoom(wallet, amount);
    const operation = await draft(wallet, asked);
    const opened = await mintings.open(
      operation,
      { owner: driver.owner, leaseMs: 0 },
      recordFor(operation, idempotency),
    );
    if (opened === 'idempotency_conflict') throw idempotencyConflict();
    return { operation, replayed: false };
  };

  const complete: MintingService['complete'] = async (name, quoteId) => {
    const wallet = await wallets.holding(name, { quoteId });
    const operation = await operations.byQuote(wallet.id, 'minting', quoteId);
    if (operation?.kind !== 'minting') {
      throw new DomainError(
        'QUOTE_NOT_FOUND',
        'LOW',
        'This wallet has no mint quote with that id. Nothing was done; check the quoteId.',
      );
    }
    if (isFinished(operation.state)) return operation;
    try {
      return await driver.drive(operation, handler, 'creator', { untilMs: now().getTime() });
    } catch (error) {
      throw isMintTrouble(error) ? heldUp(error) : error;
    }
  };

  async function earlierOutcome(
    wallet: Wallet,
    idempotency: IdempotencyKey | undefined,
  ): Promise<MintingOperation | null> {
    const operation = await earlierOperation(operations, wallet, idempotency);
    return operation?.kind === 'minting' ? operation : null;
  }

  /** What a wallet holds and awaits stays a number that JSON says exactly. */
  async function demandRoom({ id }: Wallet, amount: bigint): Promise<void> {
    const { unspent, pending } = await ledger.holdings(id);
    if (unspent + pending + amount <= largestSum) return;
    const message = `is too much: with what the wallet holds and awaits it must come to at most ${largestSum}`;
    throw validationError([{ field: 'amount', message }]);
  }

  /** Each open minting is watched for a month. Requests that come at once may pass together: what is bounded is only work. */
  async function demandPlace({ id }: Wallet): Promise<void> {
    const open = await mintings.openCount(id, openMintingsPerWallet);
    if (open >= openMintingsPerWallet) throw tooManyInvoices(openMintingsPerWallet);
  }

  /** Asks the mint for an invoice. Nothing is lost if we die before it is stored: nobody has seen it. */
  async function draft(
    wallet: Wallet,
    asked: Parameters<MintingService['request']>[0],
  ): Promise<MintingOperation> {
    const { amount, idempotency } = asked;
    const at = now();
    const id = freshId('minting', at);
    const { locksQuotes } = await mints.describeFor(wallet);
    const quotePubkey = locksQuotes ? (await seeds.quoteKey(wallet.id, id)).publicKey : null;
    const answer = await mints
      .at(wallet.mintUrl)
      .gateway.createMintQuote({ amount, unit: wallet.unit, pubkey: quotePubkey });
    if (answer.kind === 'refused' && answer.code === 11006) {
      throw validationError([{ field: 'amount', message: 'is outside the limits that the mint sets' }]);
    }
    const quote = answered(answer, 'make an invoice');
    // Whoever pays it pays what it says, and would be credited what was asked for. In a unit of unknown worth the price is the
    // mint's word, and its invoice tells it to whoever is to pay it.
    const msat = amountMsatOf(quote.invoice);
    const isOther = hasKnownWorth(wallet.unit) && msat !== msatOf(amount, wallet.unit);
    if (msat === null || msat === 0n || isOther) throw otherAmount();
    return {
      ...freshOperation({
        kind: 'minting',
        id,
        wallet,
        state: 'awaiting_payment',
        event: 'invoice made by the mint',
        request: asked,
        at,
      }),
      quoteId: quote.id,
      invoice: quote.invoice,
      amount,
      expiry: quote.expiry,
      tokenId: `tok_${randomUUID()}`,
      quotePubkey,
      paidSince: null,
      unverified: null,
      idempotencyId: idempotency === undefined ? null : `idem_${id}`,
    };
  }

  return { request, complete };
}

function tooManyInvoices(most: number): DomainError {
  return new DomainError(
    'CONCURRENT_OPERATION',
    'LOW',
    `The wallet has ${most} invoices open at once, which is the most that this server allows. Nothing was started and no money moved; try again when one of them has been paid. One that is not is given up 30 days after it has expired.`,
    { retryable: true },
  );
}

/** The mint's trouble, told to somebody who may have paid: what it says of a beginning would be untrue. */
function heldUp({ code, severity, members }: DomainError): DomainError {
  return new DomainError(
    code,
    severity,
    'The mint does not say with sense whether the invoice is paid, or does not issue its ecash. If it has been paid, do not pay it again: the wallet is credited as soon as the mint issues. Ask again shortly.',
    { retryable: true, members },
  );
}

function otherAmount(): DomainError {
  return new DomainError(
    'MINT_ERROR',
    'MEDIUM',
    'The mint’s invoice is not for the amount that was asked for. Nothing was started and no money moved; do not pay it. Try again later, and tell support if it goes on.',
    { retryable: true },
  );
}
