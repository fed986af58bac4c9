import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export type Ended = { code: number | null; stdout: string; stderr: string };
export type Running = { process: ChildProcess; stderr(): string; ended: Promise<Ended> };

export type BuiltServer = {
  directory: string;
  /** Runs a script of `dist` with these settings and no others. */
  run(script: string, words: string[], env: Record<string, string>): Running;
  /** Ends what still runs, and removes everything. */
  remove(): Promise<void>;
};

/** What the image has: `dist`, fresh from the compiler, and beside it the production packages alone. */
export async function buildServer(): Promise<BuiltServer> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'crucible-built-')));
  await compile(join(directory, 'dist'));
  await cp(join(root, 'package.json'), join(directory, 'package.json'));
  for (const path of await productionPackages()) {
    await cp(join(root, path), join(directory, path), { recursive: true, filter: isNotNested });
  }
  const running = new Set<Running>();

  function run(script: string, words: string[], env: Record<string, string>): Running {
    const started = start([join(directory, 'dist', script), ...words], directory, env);
    running.add(started);
    void started.ended.then(() => running.delete(started));
    return started;
  }

  async function remove(): Promise<void> {
    for (const started of running) {
      started.process.kill('SIGKILL');
      await started.ended;
    }
    await rm(directory, { recursive: true, force: true });
  }

  return { directory, run, remove };
}

async function compile(outDirectory: string): Promise<void> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { code, stdout } = await start([tsc, '-p', 'tsconfig.build.json', '--outDir', outDirectory], root, {})
    .ended;
  if (code !== 0) throw new Error(`the build failed:\n${stdout}`);
}

/** What `npm ci --omit=dev` would install, as far as this platform has it. */
async function productionPackages(): Promise<string[]> {
  const lock: { packages: Record<string, { dev?: boolean }> } = JSON.parse(
    await readFile(join(root, 'package-lock.json'), 'utf8'),
  );
  const wanted = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  return wanted.map(([path]) => path).filter((path) => existsSync(join(root, path)));
}

/** Packages within packages have entries of their own in the lock file. */
function isNotNested(path: string): boolean {
  return basename(path) !== 'node_modules';
}

function start(words: string[], cwd: string, env: Record<string, string>): Running {
  const child = spawn(process.execPath, words, {
    cwd,
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      NODE_ENV: 'production',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    said.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said.stderr += chunk.toString();
  });
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, ...said }));
  return { process: child, stderr: () => said.stderr, ended };
}
