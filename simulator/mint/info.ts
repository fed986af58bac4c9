import { cachedPaths, cacheTtlSeconds } from '../http/responseCache.ts';
import { jsonNumber } from './amounts.ts';
import type { MintContext } from './context.ts';
import type { Json } from './present.ts';
import { mostPerQuote } from './units.ts';

/** GET /v1/info (NUT-06): who this mint is, and which NUTs it speaks. */
export function mintInfo({ settings, keyring }: MintContext): Json {
  const method = {
    method: 'bolt11',
    unit: settings.unit,
    min_amount: 1,
    max_amount: jsonNumber(mostPerQuote(settings)),
  };
  return {
    name: 'Crucible simulator',
    pubkey: keyring.identity('mint').publicKeyHex,
    version: 'CrucibleSimulator/1',
    description: 'A mint with its own ledger and a toy Lightning network. Its tokens are worth nothing.',
    time: Math.floor(settings.clock() / 1000),
    nuts: {
      '4': { methods: [{ ...method, options: { description: true } }], disabled: false },
      '5': { methods: [{ ...method, options: { amountless: true } }], disabled: false },
      '7': { supported: true },
      '8': { supported: true },
      '9': { supported: true },
      '10': { supported: true },
      '11': { supported: true },
      '12': { supported: true },
      '17': {
        supported: [
          {
            method: 'bolt11',
            unit: settings.unit,
            commands: ['bolt11_mint_quote', 'bolt11_melt_quote', 'proof_state'],
          },
        ],
      },
      '19': {
        ttl: cacheTtlSeconds,
        cached_endpoints: cachedPaths.map((path) => ({ method: 'POST', path })),
      },
      '20': { supported: true },
    },
  };
}
