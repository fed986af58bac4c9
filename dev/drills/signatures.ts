import { randomUUID } from 'node:crypto';
import { npubEncode } from 'nostr-tools/nip19';
import { finalizeEvent, generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import type { Drill } from './drill.ts';
import { hasGrown, standsStill } from './moves.ts';
import { sumOf } from './scrapes.ts';
import type { Stack } from './stack.ts';

type Signed = { url: string; behindSeconds: number };

/** A client that signs its requests (NIP-98) with a key of its own, and asks for its balance. */
function createSigner() {
  const secretKey = generateSecretKey();
  const npub = npubEncode(getPublicKey(secretKey));
  const path = `/api/wallet/${npub}/balance`;

  function authorization({ url, behindSeconds }: Signed): string {
    const tags = [
      ['u', url],
      ['method', 'GET'],
      ['nonce', randomUUID()],
    ];
    const createdAt = Math.floor(Date.now() / 1_000) - behindSeconds;
    const event = finalizeEvent({ kind: 27_235, created_at: createdAt, content: '', tags }, secretKey);
    return `Nostr ${Buffer.from(JSON.stringify(event)).toString('base64')}`;
  }

  return {
    open: (stack: Stack) =>
      stack.call('POST', '/api/wallet/create', { key: stack.at().adminKey, body: { npub } }),
    ask: (stack: Stack, wrong: Partial<Signed> = {}) =>
      stack.call('GET', path, {
        key: '',
        headers: {
          authorization: authorization({ url: stack.at().apiUrl + path, behindSeconds: 0, ...wrong }),
        },
      }),
  };
}

function createSignatureDrill(
  told: Pick<Drill, 'name' | 'symptom' | 'runbook' | 'alert'>,
  because: 'clock' | 'other',
  wrong: Partial<Signed>,
): Drill {
  const signer = createSigner();
  const refused = ['crucible_bad_signatures_total', `because="${because}"`] as const;
  let isWrong = false;
  return {
    ...told,
    metric: 'crucible_bad_signatures_total',
    prepare: async (stack) => {
      await signer.open(stack);
    },
    live: (stack) => signer.ask(stack, isWrong ? wrong : {}),
    async provoke() {
      isWrong = true;
    },
    shows: (now, calm) => hasGrown(now, calm, ...refused),
    async cure() {
      isWrong = false;
    },
    isCured: standsStill((now) => sumOf(now, ...refused)),
  };
}

export const signatureDrills = (): Drill[] => [
  createSignatureDrill(
    {
      name: 'clock-skew',
      symptom: 'signed requests are refused with 401, because the clock of a client is ten minutes behind',
      runbook: 'clock-skew',
      alert: 'CrucibleClientClocks',
    },
    'clock',
    { behindSeconds: 600 },
  ),
  createSignatureDrill(
    {
      name: 'bad-signatures',
      symptom: 'signed requests are refused with 401, because a client signs another address than it asks',
      runbook: 'unauthenticated',
      alert: 'CrucibleBadSignatures',
    },
    'other',
    { url: 'https://behind-a-proxy.example/balance' },
  ),
];
