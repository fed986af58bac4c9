import { createHash } from 'node:crypto';
import { npubEncode } from 'nostr-tools/nip19';
import { ownerScopes } from '../../models/apiKey.ts';
import { databaseUnavailable } from '../../models/errors.ts';
import type { NostrEvent } from '../../models/nostrEvent.ts';
import type { SignedRequestRepository } from '../../repositories/signedRequests.ts';
import { isOutcomeUnknown } from '../databaseFaults.ts';
import type { SignedRequestService } from './contracts.ts';
import { isSigned } from './eventSignature.ts';
import { UntimelySignature, unauthenticated } from './refusals.ts';

const httpAuthKind = 27_235;
const windowMs = 60_000;

const emptySha256 = createHash('sha256').digest('hex');

const signAnew = 'Sign the request anew.';
const usedBefore =
  'it was used before, and an event is good for one request. Like requests within a second need a tag that differs, such as ["nonce", "…"].';

/**
 * Requests signed by the owner of a wallet (NIP-98, github.com/nostr-protocol/nips/blob/master/98.md). `verify` comes before
 * anything else is done, and before anything is counted for the signer; `complete` once the body is there, as the last thing before the route: it uses the event up, so
 * that nobody but its signer can.
 */
export function createSignedRequestService(parts: {
  used: SignedRequestRepository;
  now: () => Date;
}): SignedRequestService {
  const { used, now } = parts;
  return {
    async verify(event, { method, url }) {
      if (event.kind !== httpAuthKind) throw refused(`its kind must be ${httpAuthKind}.`);
      if (tagOf(event, 'u') !== url)
        throw refused(
          'its tag u must be the public origin of this server with the path and query exactly as they were sent.',
        );
      // Nostr libraries pass on whatever case the program was written in, and HTTP knows no two methods that differ in it.
      if (tagOf(event, 'method')?.toUpperCase() !== method)
        throw refused('its tag method must be the method of the request.');
      refuseUntimely(event, now());
      const payloadSha256 = tagOf(event, 'payload');
      if (!isSigned(event)) throw refused('its id or its signature is wrong.');
      // Whoever replays it must not use up what the signer may do. `complete` alone decides between two at once.
      if (await used.isUsed(event.id)) throw refused(usedBefore);
      return {
        by: 'signature',
        keyId: null,
        scopes: ownerScopes,
        npub: npubEncode(event.pubkey),
        eventId: event.id,
        payloadSha256,
      };
    },

    async complete({ eventId, payloadSha256 }, bodySha256) {
      const found = bodySha256 ?? emptySha256;
      if (payloadSha256 === null && found !== emptySha256)
        throw refused('it has no tag payload, and the request has a body.');
      if (payloadSha256 !== null && payloadSha256 !== found)
        throw refused(
          'its tag payload must be the SHA-256 of the body exactly as it was sent, in lower-case hex.',
        );
      const isFirst = await used.claim(eventId).catch((error: unknown) => {
        // It may count as used or not; the route was not entered.
        throw isOutcomeUnknown(error) ? databaseUnavailable(error) : error;
      });
      if (!isFirst) throw refused(usedBefore);
    },
  };
}

/** The value of a tag that may occur once. @throws DomainError UNAUTHENTICATED where it is repeated or has another form */
function tagOf(event: NostrEvent, name: string): string | null {
  const [tag, ...others] = event.tags.filter(([first]) => first === name);
  if (tag === undefined) return null;
  const [, value, ...more] = tag;
  if (others.length > 0 || value === undefined || more.length > 0)
    throw refused(`its tag ${name} must occur once and have one value.`);
  return value;
}

function refuseUntimely({ created_at }: NostrEvent, now: Date): void {
  const aheadMs = created_at * 1_000 - now.getTime();
  if (Math.abs(aheadMs) <= windowMs) return;
  const seconds = Math.ceil(Math.abs(aheadMs) / 1_000);
  const direction = aheadMs < 0 ? 'behind' : 'ahead of';
  throw refused(
    `its created_at is ${seconds} s ${direction} the clock of this server, and ${windowMs / 1_000} s are allowed.`,
    'Set the clock, or sign the request anew.',
    new UntimelySignature(`signed ${seconds} s ${direction} this clock`),
  );
}

const refused = (reason: string, advice = signAnew, cause?: Error) =>
  unauthenticated(`the signed event (NIP-98) does not fit this request: ${reason}`, advice, cause);
