import { createHmac } from 'node:crypto';
import { entropyToMnemonic, mnemonicToSeed } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import type { mongo } from 'mongoose';
import { decode } from 'nostr-tools/nip19';
import { InvariantBroken } from '../../../src/models/errors.ts';
import { isNpub } from '../../../src/models/npub.ts';
import type { Operation } from '../../../src/models/operation.ts';
import type { Proof } from '../../../src/models/proof.ts';
import type { WalletDocument } from '../../../src/models/schemas/account.ts';
import type { CounterDocument, OperationDocument } from '../../../src/models/schemas/operation.ts';
import type { TokenDocument } from '../../../src/models/schemas/token.ts';
import type { Wallet } from '../../../src/models/wallet.ts';
import { operationFrom } from '../../../src/repositories/operationDocuments.ts';
import { tokenFrom } from '../../../src/repositories/tokenDocuments.ts';
import { toWallet } from '../../../src/repositories/wallets.ts';
import { curve } from '../../../src/services/ecash/curve.ts';
import { createSeeds } from '../../../src/services/ecash/seeds.ts';
import { dataKeysIn, sealerBehind } from '../sealers.ts';
import { mnemonicParts } from './looks.ts';

export type Remember = (what: string, secret: string | Uint8Array) => void;

/** Of each counter, the last ones; each costs half a millisecond of arithmetic. */
const maxDerived = 100;

/** What a server was given to keep. */
export async function harvestEnvironment(env: Record<string, string>, remember: Remember): Promise<void> {
  const mnemonic = env['CRUCIBLE_MNEMONIC'] ?? '';
  for (const words of Object.values(mnemonicParts(mnemonic))) remember('words of the mnemonic', words);
  remember('the operator’s seed', await mnemonicToSeed(mnemonic));
  remember('the master key', env['CRUCIBLE_MASTER_KEY'] ?? '');
  for (const key of (env['CRUCIBLE_MASTER_KEY_PREVIOUS'] ?? '').split(','))
    if (key !== '') remember('another master key', key);
  const metricsToken = env['CRUCIBLE_METRICS_TOKEN'] ?? '';
  if (metricsToken !== '') remember('the token for metrics', metricsToken);
}

/**
 * Remembers every secret that follows from what the database holds and the server was given: data keys, seeds, and of each
 * output that was ever planned, also in vain, the secret and the blinding factor. May be called again and again.
 */
export function createHarvest(env: Record<string, string>, remember: Remember, rememberPreimage: Remember) {
  const mnemonic = env['CRUCIBLE_MNEMONIC'] ?? '';
  /** Tests take wallets away and put up operations of none. */
  const known = new Map<string, Wallet>();
  const seeds = createSeeds(mnemonic, { byId: async (walletId) => known.get(walletId) ?? null });
  const operatorSeed = mnemonicToSeed(mnemonic);
  /** `wallet keyset index` of outputs that are remembered already. */
  const outputs = new Set<string>();
  const unread = new Set<string>();

  async function fromDatabase(db: mongo.Db): Promise<void> {
    for (const key of await dataKeysIn(db, env)) remember('a data key', key);
    for await (const wallet of db.collection<WalletDocument>('wallets').find({ npub: { $type: 'string' } }))
      await ofWallet(toWallet(wallet));
    const sealer = await sealerBehind(db, env);
    for (const name of ['cashu_tokens', 'archived_tokens'])
      for await (const token of db.collection<TokenDocument>(name).find())
        for (const proof of readable(token._id, () => tokenFrom(token, sealer))?.proofs ?? []) ofProof(proof);
    const operations = db.collection<OperationDocument>('operations').find();
    for await (const document of operations) {
      const operation = readable(document._id, () => operationFrom(document, sealer));
      if (operation !== null) await ofOperation(operation);
    }
    for await (const counter of db.collection<CounterDocument>('counters').find()) await ofCounter(counter);
  }

  /** Tests put documents into the database that nothing opens: their secrets were never any. */
  function readable<T>(id: string, read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof InvariantBroken)) throw error;
      unread.add(id);
      return null;
    }
  }

  function ofProof({ secret, dleq }: Proof): void {
    remember('a proof’s secret', secret);
    if (dleq !== undefined) rememberScalar('a blinding factor', BigInt(`0x${dleq.r}`), remember);
  }

  async function ofOperation(operation: Operation): Promise<void> {
    for (const output of operation.attempts.flatMap(({ outputs: planned }) => planned)) {
      outputs.add(`${operation.walletId} ${output.keysetId} ${output.counter}`);
      remember('an output’s secret', output.secret);
      rememberScalar('a blinding factor', output.blindingFactor, remember);
    }
    if (operation.kind === 'minting') {
      if (!known.has(operation.walletId)) return;
      const { privateKey } = await seeds.quoteKey(operation.walletId, operation.id);
      return remember('the key of a mint quote', privateKey);
    }
    for (const proof of operation.inputs) ofProof(proof);
    if (operation.kind === 'send') {
      const { token } = operation;
      for (const proof of token?.proofs ?? []) ofProof(proof);
      return token === null ? undefined : remember('a token', token.text);
    }
    if (operation.kind === 'receive' || operation.kind === 'upkeep') return;
    const { held, change, payment } = operation;
    for (const proof of [...change, ...(held?.send ?? []), ...(held?.keep ?? [])]) ofProof(proof);
    if (payment?.preimage) rememberPreimage('a preimage', payment.preimage);
  }

  async function ofWallet(wallet: Wallet): Promise<void> {
    if (known.has(wallet.id) || !isNpub(wallet.npub)) return;
    known.set(wallet.id, wallet);
    remember('a wallet’s seed', await seeds.walletSeed(wallet.id));
    remember('the key that tokens are locked to', (await seeds.tokenKey(wallet.id)).privateKey);
    const words = Object.values(mnemonicParts(wordsOf(wallet, await operatorSeed)));
    for (const part of words) remember('words of a wallet', part);
  }

  async function ofCounter({
    wallet_id: walletId,
    keyset_id: keysetId,
    next,
  }: CounterDocument): Promise<void> {
    if (!known.has(walletId)) return;
    const secretsAt = curve.outputSecrets(await seeds.walletSeed(walletId), keysetId);
    for (let index = Math.max(0, next - maxDerived); index < next; index += 1) {
      const name = `${walletId} ${keysetId} ${index}`;
      if (outputs.has(name)) continue;
      outputs.add(name);
      const { secret, blindingFactor } = secretsAt(index);
      remember('the secret of an output that was planned in vain', secret);
      rememberScalar('a blinding factor', BigInt(`0x${blindingFactor}`), remember);
    }
  }

  return { fromDatabase, unread: () => unread.size };
}

/** Curve libraries tell scalars in decimal digits. */
function rememberScalar(what: string, scalar: bigint, remember: Remember): void {
  remember(what, scalar.toString(16).padStart(64, '0'));
  remember(what, scalar.toString());
}

/** As docs/adr/0005 derives them. */
function wordsOf({ npub, mintUrl, unit }: Wallet, operatorSeed: Uint8Array): string {
  const decoded = decode(npub);
  if (decoded.type !== 'npub') throw new Error('a wallet without an npub');
  const digest = createHmac('sha512', operatorSeed)
    .update('crucible wallet v2')
    .update(Buffer.from(decoded.data, 'hex'))
    .update(JSON.stringify([mintUrl, unit]))
    .digest();
  return entropyToMnemonic(digest.subarray(0, 16), wordlist);
}
