import { getPublicKey } from 'nostr-tools/pure';
import { type Reply, type TestWallet, until } from '../world.ts';
import type { TokenWish } from './scenarios.ts';
import type { Stand } from './stand.ts';

/** What a client came for, where it is about a token. */
export type TokenErrand = {
  wish: TokenWish;
  /** The token that it is about, where that was made before anything could crash. */
  made: { transactionId: string; text: string } | null;
  /** The other wallet: the giver of what is received, the taker of what is claimed. */
  other: TestWallet | null;
};

export type Call = (method: 'GET' | 'POST', path: string, body?: object) => Promise<Reply>;

/** Three proofs, so that a cell stays quick: two that are handed out, one that is kept. */
const tokenAmount = 48;

/** Whom locked tokens are for. */
export const recipientKey = new Uint8Array(32).fill(21);

/** Puts everything in its place for the errand, at a server that nobody kills. */
export async function prepareErrand(
  { world }: Stand,
  wish: TokenWish,
  wallet: { npub: string; at: string; funds: readonly number[]; credentials: Record<string, string> },
): Promise<TokenErrand> {
  switch (wish) {
    case 'send':
    case 'send locked':
      return { wish, made: null, other: null };
    case 'reclaim':
      return { wish, made: await make(wallet.at, wallet.credentials), other: null };
    case 'claim': {
      const [made, other] = [await make(wallet.at, wallet.credentials), await world.wallet()];
      demand(await world.call('POST', `${other.at}/receive`, { encodedToken: made.text }));
      const held = async () => (await other.balance())['totalBalance'] === tokenAmount;
      await until(held, 'the token taken');
      return { wish, made, other };
    }
    case 'receive': {
      const other = await world.wallet(...wallet.funds);
      return { wish, made: await make(other.at, {}), other };
    }
  }

  /** That server answers at once, and goes on. */
  async function make(at: string, credentials: Record<string, string>) {
    const asked = demand(await world.call('POST', `${at}/send`, { amount: tokenAmount }, credentials));
    const transactionId = String(asked.body['transactionId']);
    let text: unknown = null;
    await until(async () => {
      text = (await world.call('GET', `${at}/send/${transactionId}`)).body['encodedToken'];
      return typeof text === 'string';
    }, 'a token made');
    return { transactionId, text: String(text) };
  }
}

/** What is asked for, each time in the same words. */
export function askFor({ wish, made }: TokenErrand, at: string, call: Call): Promise<Reply> {
  switch (wish) {
    case 'send':
      return call('POST', `${at}/send`, { amount: tokenAmount });
    case 'send locked':
      return call('POST', `${at}/send`, {
        amount: tokenAmount,
        recipientPubkey: getPublicKey(recipientKey),
      });
    case 'reclaim':
      return call('POST', `${at}/send/${made?.transactionId}/reclaim`, {});
    case 'receive':
      return call('POST', `${at}/receive`, { encodedToken: made?.text });
    case 'claim':
      return call('GET', `${at}/send/${made?.transactionId}`);
  }
}

function demand(reply: Reply): Reply {
  if (reply.status >= 400) throw new Error(`no token: HTTP ${reply.status} ${JSON.stringify(reply.body)}`);
  return reply;
}
