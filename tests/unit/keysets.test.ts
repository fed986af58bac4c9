import { deriveKeysetId } from '@cashu/cashu-ts';
import { describe, expect, it } from '@jest/globals';
import { createMintDirectory } from '../../src/services/mint/mints.ts';
import { hasSignatures } from '../../src/services/mint/replies.ts';
import type { Exchange, Transport } from '../../src/services/mint/transport.ts';
import { attempt } from '../support/operations.ts';

const url = 'http://mint.test';
const point = '02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5';

/** A mint of one keyset, whose fee it may tell anew each time. */
function mintOf(keys: Record<string, string>, versionByte: 0 | 1) {
  const id = deriveKeysetId(keys, { versionByte, unit: 'sat', input_fee_ppk: 100 });
  const told = { input_fee_ppk: 100 };
  const transport: Transport = async (request): Promise<Exchange> => {
    const info = { id, unit: 'sat', active: true, ...told };
    const keysets = request.url.endsWith('/keysets') ? [info] : [{ id, unit: 'sat', keys }];
    return { kind: 'reply', httpStatus: 200, body: JSON.stringify({ keysets }) };
  };
  const limits = { mintTimeoutMs: 1_000, meltTimeoutMs: 1_000, paymentsPerMint: 2 };
  const { keysets } = createMintDirectory([url], transport, limits).at(url);
  return { id, told, keysets };
}

describe('a keyset', () => {
  it.each([0, 1] as const)(
    'without a key for 1 is refused (version %d): most amounts cannot be made',
    async (version) => {
      const odd = mintOf({ '2': point, '1024': point }, version);
      expect(await odd.keysets.keys(odd.id)).toEqual({ kind: 'nonsense' });
      const good = mintOf({ '1': point, '2': point }, version);
      expect((await good.keysets.keys(good.id)).kind).toBe('answer');
    },
  );

  it('whose id follows from its fee is not believed to have another one from then on', async () => {
    const { id, told, keysets } = mintOf({ '1': point, '2': point }, 1);
    await keysets.keys(id);
    told.input_fee_ppk = 40_000;
    expect(await keysets.list(0)).toEqual({ kind: 'nonsense' });
    told.input_fee_ppk = 100;
    await new Promise((resolve) => setTimeout(resolve, 600)); // so long a failure is everybody's answer
    expect((await keysets.list(0)).kind).toBe('answer');
  });
});

describe('a reply to a request without outputs', () => {
  it('has no signatures, however many it was to have', () => {
    const reply = { httpStatus: 200, body: '{"signatures":[]}', at: new Date() };
    expect(hasSignatures(attempt({ reply }))).toBe(false);
  });
});
