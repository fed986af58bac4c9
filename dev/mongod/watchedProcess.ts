import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface WatchOptions {
  /** The process is ended after this long without a line of output or a change of `progressMeasure`. */
  stallLimitMs: number;
  /** Gets every line of standard output. */
  onLine?: (line: string) => void;
  /** Anything that grows while the process works in silence, such as the bytes downloaded so far. */
  progressMeasure?: () => Promise<number>;
  env?: NodeJS.ProcessEnv;
}

const measureEveryMs = 1_000;

/**
 * Runs a program that may hang, and resolves to its last line of output.
 *
 * @throws Error whose message is the last line that the program said, if it fails, or the time it stood still.
 */
export async function runWatched(
  command: string,
  commandArguments: readonly string[],
  options: WatchOptions,
): Promise<{ lastLine: string }> {
  const child = spawn(command, commandArguments, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: options.env ?? process.env,
  });
  let lastLine = '';
  let lastMeasure = 0;
  let lastSignAt = Date.now();
  let hasStalled = false;

  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lastSignAt = Date.now();
      if (line.trim() === '') return;
      lastLine = line.trim();
      if (stream === child.stdout) options.onLine?.(lastLine);
    });
  }
  const watch = setInterval(async () => {
    const measure = (await options.progressMeasure?.()) ?? 0;
    if (measure !== lastMeasure) lastSignAt = Date.now();
    lastMeasure = measure;
    if (Date.now() - lastSignAt < options.stallLimitMs) return;
    hasStalled = true;
    child.kill('SIGKILL');
  }, measureEveryMs);

  try {
    const exitCode = await exitCodeOf(child, command);
    if (hasStalled) throw new Error(`nothing happened for ${options.stallLimitMs / 1000} s`);
    if (exitCode !== 0) throw new Error(lastLine || `exit code ${exitCode}`);
    return { lastLine };
  } finally {
    clearInterval(watch);
  }
}

function exitCodeOf(child: ChildProcess, command: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      reject('code' in error && error.code === 'ENOENT' ? new Error(`${command} is not installed`) : error);
    });
    child.on('close', resolve);
  });
}
