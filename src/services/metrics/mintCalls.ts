import { troubleIn } from '../mint/backendTrouble.ts';
import type { Exchange, Transport } from '../mint/transport.ts';
import type { Meters } from './contracts.ts';

/** Every exchange with a mint: how long it took, how it came out, and whether a refusal tells of a known trouble. */
export function meteredTransport(
  transport: Transport,
  mintUrls: readonly string[],
  meters: Pick<Meters, 'mintCall' | 'backendTrouble'>,
): Transport {
  return async (request) => {
    const startedMs = performance.now();
    const exchange = await transport(request);
    const mintUrl = mintUrls.find((url) => request.url.startsWith(`${url}/v1/`)) ?? 'other';
    meters.mintCall({
      mintUrl,
      call: callOf(request.method, request.url.slice(`${mintUrl}/v1/`.length)),
      outcome: outcomeOf(exchange),
      seconds: (performance.now() - startedMs) / 1_000,
    });
    const trouble = exchange.kind === 'reply' ? troubleIn(exchange) : null;
    if (trouble !== null) meters.backendTrouble(mintUrl, trouble);
    return exchange;
  };
}

/** By NUT; a path may hold the id of a quote or a keyset, which must not become a label. */
function callOf(method: 'GET' | 'POST', path: string): string {
  const [first = '', second = ''] = path.split('/');
  const isQuote = second === 'quote';
  switch (first) {
    case 'info':
    case 'keys':
    case 'keysets':
    case 'swap':
    case 'checkstate':
    case 'restore':
      return first;
    case 'mint':
    case 'melt':
      if (!isQuote) return first;
      return method === 'GET' ? `${first}_quote_state` : `${first}_quote`;
    default:
      return 'other';
  }
}

function outcomeOf(exchange: Exchange): 'answered' | 'refused' | 'failed' | 'lost' {
  if (exchange.kind === 'lost') return 'lost';
  if (exchange.httpStatus < 300) return 'answered';
  return exchange.httpStatus < 500 && exchange.httpStatus !== 429 ? 'refused' : 'failed';
}
