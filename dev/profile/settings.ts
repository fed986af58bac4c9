import { join } from 'node:path';
import { type Config, loadConfig, type Secrets } from '../../src/config.ts';
import { refuseUncallableMints } from '../../src/productionRefusals.ts';
import { StartFailure } from './failure.ts';
import type { DevSecrets } from './secrets.ts';

export type Environment = Record<string, string | undefined>;

/** What the development profile is told, beside what it passes on to the server. */
export type ProfileSettings = {
  dataDirectory: string;
  /** 0 = any free one. */
  mintPort: number;
  /** Null where the profile brings its own. */
  mongoUri: string | null;
  mintUrl: string | null;
};

/** @throws StartFailure */
export function readSettings(env: Environment): ProfileSettings {
  const mintPort = Number(env['MINT_PORT']?.trim() || '3338');
  if (!Number.isInteger(mintPort) || mintPort < 0 || mintPort > 65_535) {
    throw new StartFailure('MINT_PORT must be a whole number from 0 to 65535.');
  }
  return {
    dataDirectory: env['CRUCIBLE_DATA_DIR']?.trim() || '.data',
    mintPort,
    mongoUri: env['MONGODB_URI']?.trim() || null,
    mintUrl: env['MINT_URL']?.trim() || null,
  };
}

/** Where the simulated mint is. Production calls loopback only if told so; the development profile does by itself. */
const loopback = '127.0.0.0/8,::1';

/**
 * The server's own settings, read as in production, from the environment and what the profile adds to it.
 * @throws ConfigError
 */
export function serverConfig(
  env: Environment,
  secrets: Pick<DevSecrets, 'mnemonic' | 'masterKey'>,
  parts: { mongoUri: string; mintUrl: string; dataDirectory: string },
): { config: Config; secrets: Secrets } {
  return loadConfig({
    CRUCIBLE_LOG_LEVEL: 'warn',
    CRUCIBLE_MNEMONIC: secrets.mnemonic,
    CRUCIBLE_MASTER_KEY: secrets.masterKey,
    CRUCIBLE_SPOOL_DIR: join(parts.dataDirectory, 'spool'),
    ...withoutBlanks(env),
    CRUCIBLE_PRIVATE_MINT_NETWORKS: [loopback, env['CRUCIBLE_PRIVATE_MINT_NETWORKS']].join(','),
    MONGODB_URI: parts.mongoUri,
    MINT_URL: parts.mintUrl,
  });
}

/**
 * Finds a bad setting before anything is started, when the addresses of the embedded parts are not known yet.
 * @throws ConfigError
 */
export function checkedConfig(env: Environment, secrets: DevSecrets, settings: ProfileSettings): Config {
  const nowhere = { mongoUri: 'mongodb://127.0.0.1/', mintUrl: 'http://127.0.0.1' };
  const { config } = serverConfig(env, secrets, {
    mongoUri: settings.mongoUri ?? nowhere.mongoUri,
    mintUrl: settings.mintUrl ?? nowhere.mintUrl,
    dataDirectory: settings.dataDirectory,
  });
  refuseUncallableMints(config);
  return config;
}

/** A variable that is set to nothing is not set. */
function withoutBlanks(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
}
