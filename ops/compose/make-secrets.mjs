/**
 * Writes the secrets of a new installation into a directory, one file each, and leaves alone those that exist:
 * `node make-secrets.mjs <directory>`. Plain JavaScript, because it also runs in the production image, which has no sources.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';

const [directory] = process.argv.slice(2);
if (directory === undefined) {
  process.stderr.write('usage: node make-secrets.mjs <directory>\n');
  process.exit(2);
}

// Only its owner gets into the directory. The files themselves are for every user, because the processes in the
// containers, into which they are mounted one by one, are other users than the one here.
mkdirSync(directory, { recursive: true, mode: 0o700 });
chmodSync(directory, 0o700);

const hex = (bytes) => randomBytes(bytes).toString('hex');
const address = (user) => `mongodb://${user}:${hex(24)}@mongo:27017/crucible?replicaSet=rs0`;
const secrets = {
  crucible_mnemonic: () => generateMnemonic(wordlist, 256),
  crucible_master_key: () => hex(32),
  mongodb_uri: () => address('crucible'),
  mongodb_operator_uri: () => address('crucible_operator'),
  mongo_admin_password: () => hex(24),
  crucible_metrics_token: () => hex(32),
  grafana_admin_password: () => hex(24),
  mongo_keyfile: () => randomBytes(756).toString('base64'),
};

for (const [name, make] of Object.entries(secrets)) {
  try {
    writeFileSync(join(directory, name), `${make()}\n`, { flag: 'wx', mode: 0o444 });
    process.stdout.write(`${name}: written\n`);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    process.stdout.write(`${name}: exists, left as it is\n`);
  }
}
