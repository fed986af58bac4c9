import { blindMessage } from '@cashu/cashu-ts';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { member, unhurried } from '../support/money.ts';
import { type Backup, backUp, putBack, walletOn } from '../support/rolledBack.ts';
import { proofsIn, sendToken, tokensOf } from '../support/tokens.ts';
import { startWorld, type TestWallet, until, type World } from '../support/world.ts';

let world: World;
let wallet: TestWallet;
let backup: Backup;
beforeEach(async () => {
  world = await startWorld({ env: { ...unhurried, CRUCIBLE_ANSWER_WITHIN_MS: '20000' } });
  wallet = await world.wallet(64);
  backup = await backUp(world);
});
afterEach(() => world.end());

it('the recipient of a locked token learns nothing of what the wallet is given after its books were put back', async () => {
  const recipientPubkey = getPublicKey(generateSecretKey());
  const { text } = await sendToken(world, wallet, 64, { recipientPubkey });
  const [proof] = await proofsIn(world, text);
  if (proof?.dleq?.r === undefined) throw new Error('a token without DLEQ');
  const old = await putBack(world, world, backup);
  await walletOn(old, wallet).fund(32);
  // All that its recipient knows of how it was made.
  const nonce = String(member(JSON.parse(proof.secret), 1, 'nonce'));
  const { B_ } = blindMessage(Buffer.from(nonce, 'utf8'), BigInt(`0x${proof.dleq.r}`));
  const asked = await fetch(`${world.env.MINT_URL}/v1/restore`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ outputs: [{ amount: 32, id: proof.id, B_: B_.toHex(true) }] }),
  });
  expect(await asked.json()).toMatchObject({ signatures: [] });
});

it('a token that is out holds up no restore', async () => {
  const { id } = await sendToken(world, wallet, 40);
  const asked = await world.call('POST', `${wallet.at}/restore`, {});
  expect(asked.status).toBeLessThan(300);
  const present = async () => (await world.call('GET', `${wallet.at}/restore`)).body;
  await until(async () => (await present())['status'] === 'DONE', 'the restore', 60_000);
  expect(await present()).toMatchObject({ restoredAmount: 0 });
  expect((await tokensOf(world, wallet).reclaim(id)).status).toBe(200);
});
