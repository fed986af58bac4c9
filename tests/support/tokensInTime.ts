import { unhurried } from './money.ts';
import { type TellingMint, tellingMint } from './tellingMint.ts';
import { tokensOf } from './tokens.ts';
import type { TestWallet, World } from './world.ts';

/** A mint that errs as it is told to, and a world in which hours can pass while a token is out. */
export async function startTokensInTime(): Promise<{ mint: TellingMint; world: World }> {
  const mint = tellingMint();
  const env = { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '3000', CRUCIBLE_FENCE_DELAY_MS: '60000' };
  return { mint, world: await mint.start({}, env) };
}

/** The state of what a wallet has sent, as its owner is told it. */
export const sentState = async (world: World, wallet: TestWallet, id: string): Promise<string> =>
  String((await tokensOf(world, wallet).sent(id)).body['state']);
