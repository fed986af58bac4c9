import { describe, expect, it } from '@jest/globals';
import { operationDocument, operationFrom } from '../../src/repositories/operationDocuments.ts';
import { sealingParts } from '../../src/repositories/sealedParts.ts';
import { attempt, melt, startedAt } from '../support/operations.ts';
import { anySealer } from '../support/sealers.ts';

const sealer = anySealer();
const reply = { httpStatus: 422, body: '{"input":{"secret":"live"}}', at: startedAt };
const refused = attempt({ reply });
const stored = () => ({
  ...operationDocument(melt({ state: 'swapping', attempts: [refused] }), sealingParts(sealer).seal),
  lease_owner: null,
  lease_until: null,
});

describe('The reply of a mint, as it is stored,', () => {
  it('is sealed, and comes back as it came', () => {
    const document = stored();
    expect(JSON.stringify(document.attempts)).not.toContain('live');
    expect(document.attempts[0]?.reply).toMatchObject({ http_status: 422, at: startedAt });
    expect(operationFrom(document, sealer).attempts).toEqual([refused]);
  });

  it('cannot be moved to another attempt', () => {
    const document = stored();
    const attempts = document.attempts.map((each) => ({ ...each, number: 2 }));
    expect(() => operationFrom({ ...document, attempts }, sealer)).toThrow('changed or moved');
  });

  it('is read where an earlier version has stored it open', () => {
    const document = stored();
    const open = { http_status: reply.httpStatus, body: reply.body, at: reply.at };
    const before = operationDocument(
      melt({ state: 'swapping', attempts: [attempt({ reply: null })] }),
      sealingParts(sealer).seal,
    );
    const attempts = before.attempts.map((each) => ({ ...each, reply: open }));
    expect(operationFrom({ ...document, attempts }, sealer).attempts).toEqual([refused]);
  });
});
