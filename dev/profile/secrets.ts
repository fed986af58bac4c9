import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { generateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import Joi from 'joi';
import { npubEncode, nsecEncode } from 'nostr-tools/nip19';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { StartFailure } from './failure.ts';
import { isMissing, writePrivately } from './files.ts';

/** The demo's customer at one mint. */
export type DemoIdentity = { npub: string; nsec: string; apiKey: string | null };

/**
 * What makes the second start the same as the first. Development secrets: the keys of a real server are told once
 * and kept by those who use them.
 */
export type DevSecrets = {
  mnemonic: string;
  masterKey: string;
  adminKey: string | null;
  supportKey: string | null;
  /** By mint address, because a wallet lives at one mint for good. */
  customers: Record<string, DemoIdentity>;
};

const token = Joi.string().allow(null).required();
const schema = Joi.object<DevSecrets>({
  mnemonic: Joi.string().required(),
  masterKey: Joi.string().required(),
  adminKey: token,
  supportKey: token,
  customers: Joi.object()
    .pattern(
      Joi.string(),
      Joi.object({ npub: Joi.string().required(), nsec: Joi.string().required(), apiKey: token }),
    )
    .required(),
}).required();

/**
 * The secrets of the last start, or new ones, which are kept before anything depends on them.
 * @throws StartFailure where the file is damaged: new secrets would not open the old wallets
 */
export async function openSecrets(path: string): Promise<DevSecrets> {
  const kept = await readSecrets(path);
  if (kept !== undefined) return kept;
  const fresh = {
    mnemonic: generateMnemonic(wordlist, 128),
    masterKey: randomBytes(32).toString('hex'),
    adminKey: null,
    supportKey: null,
    customers: {},
  };
  await keepSecrets(path, fresh);
  return fresh;
}

/** Writes them for this user's eyes alone. */
export async function keepSecrets(path: string, secrets: DevSecrets): Promise<void> {
  await writePrivately(path, `${JSON.stringify(secrets, null, 2)}\n`);
}

export function newCustomer(): DemoIdentity {
  const secretKey = generateSecretKey();
  return { npub: npubEncode(getPublicKey(secretKey)), nsec: nsecEncode(secretKey), apiKey: null };
}

async function readSecrets(path: string): Promise<DevSecrets | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const { value, error } = schema.validate(parsed(text), { convert: false });
  if (error === undefined) return value;
  throw new StartFailure(
    `${path} is damaged, and without it the wallets beside it cannot be opened; restore it, or remove the whole directory.`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
