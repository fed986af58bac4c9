import { describe, expect, it } from '@jest/globals';
import type { MintingOperation } from '../../src/models/operation.ts';
import { operationDocument, operationFrom } from '../../src/repositories/operationDocuments.ts';
import { sealingParts } from '../../src/repositories/sealedParts.ts';
import { asSeen } from '../../src/services/minting/mintingFacts.ts';
import { nearMs, oddAgain } from '../../src/services/operations/oddities.ts';
import { minting, startedAt } from '../support/operations.ts';
import { anySealer } from '../support/sealers.ts';

const minutes = (count: number) => new Date(startedAt.getTime() + count * 60_000);
const awaiting = minting();

describe('when a minting was paid', () => {
  it('is the first look that sees it, whatever the mint says later', () => {
    const unpaid = asSeen(awaiting, { quote: 'UNPAID', outputs: 'UNSIGNED' }, minutes(1));
    expect(unpaid.paidSince).toBeNull();
    const paid = asSeen(unpaid, { quote: 'PAID', outputs: 'UNSIGNED' }, minutes(2));
    expect(paid.paidSince).toEqual(minutes(2));
    for (const quote of ['PAID', 'UNPAID', 'ISSUED', 'MISSING', 'UNREACHABLE'] as const)
      expect(asSeen(paid, { quote, outputs: 'UNSIGNED' }, minutes(90))).toBe(paid);
  });
});

describe('since when signatures do not verify', () => {
  const noted = { since: minutes(0), lastAt: minutes(40) };

  it('begins with the first look, goes on with each that is near, and begins anew after a gap', () => {
    expect(oddAgain(null, minutes(40))).toEqual({
      since: minutes(40),
      lastAt: minutes(40),
    });
    const near = new Date(noted.lastAt.getTime() + nearMs);
    expect(oddAgain(noted, near)).toEqual({ since: minutes(0), lastAt: near });
    const far = new Date(near.getTime() + 1);
    expect(oddAgain(noted, far)).toEqual({ since: far, lastAt: far });
  });
});

describe('a minting as it is stored', () => {
  const sealer = anySealer();
  const timeline = [
    { at: minutes(0), state: 'awaiting_payment', event: 'invoice made by the mint' },
    { at: minutes(7), state: 'issuing', event: 'issue request goes to the mint' },
    { at: minutes(8), state: 'issuing', event: 'no reply to issue (network)' },
  ];
  const issuing = minting({ state: 'issuing', timeline });
  const stored = (operation: MintingOperation) => ({
    ...operationDocument(operation, sealingParts(sealer).seal),
    lease_owner: null,
    lease_until: null,
  });

  it('comes back as it was', () => {
    const whole = {
      ...issuing,
      paidSince: minutes(5),
      unverified: { since: minutes(6), lastAt: minutes(8) },
    };
    expect(operationFrom(stored(whole), sealer)).toEqual(whole);
  });

  it('by an earlier version, was paid when it was first asked for, or is not known to be paid', () => {
    const readAs = (state: MintingOperation['state']) => {
      const document = stored({ ...issuing, state });
      const { quoteId, invoice, amount, expiry, tokenId, quotePubkey, idempotencyId } = awaiting;
      const details = { quoteId, invoice, amount, expiry, tokenId, quotePubkey, idempotencyId };
      return operationFrom(Object.assign(document, { details }), sealer);
    };
    expect(readAs('issuing')).toMatchObject({ paidSince: minutes(7), unverified: null });
    expect(readAs('awaiting_payment')).toMatchObject({ paidSince: null, unverified: null });
  });
});
