import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';

export interface ProcessDescription {
  parentPid: number;
  /** The arguments, each followed by a space. */
  commandLine: string;
}

/** Who a process is, or undefined if there is none with this id (a zombie counts as none). */
export async function describeProcess(pid: number): Promise<ProcessDescription | undefined> {
  try {
    return process.platform === 'linux' ? await describeByProc(pid) : await describeByPs(pid);
  } catch {
    return undefined;
  }
}

async function describeByProc(pid: number): Promise<ProcessDescription | undefined> {
  const commandLine = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
  const status = await readFile(`/proc/${pid}/stat`, 'utf8');
  // "pid (name) state parentPid …", where the name may hold anything, parentheses included.
  const [state, parentPid] = status.slice(status.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' ? undefined : { parentPid: Number(parentPid), commandLine };
}

async function describeByPs(pid: number): Promise<ProcessDescription | undefined> {
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'ppid=,command=', '-p', String(pid)]);
  const match = /^\s*(\d+)\s+(.*)$/m.exec(stdout);
  return match === null ? undefined : { parentPid: Number(match[1]), commandLine: `${match[2]} ` };
}

/** The pipe closes when its writer dies, however it dies; then the shell ends the process and tidies up. */
const watchdogScript = `
read -r _
signal=TERM
if [ -n "$2" ]; then signal=KILL; fi
kill -"$signal" "$1" 2>/dev/null
tries=0
while kill -0 "$1" 2>/dev/null && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -KILL "$1" 2>/dev/null
if [ -n "$2" ]; then rm -rf "$2"; fi
`;

/**
 * Ends process `pid` when this process dies, even by SIGKILL, and then removes `temporaryDirectory`, if one
 * is given. Costs one sleeping shell. There is none on Windows: the next start cleans up there.
 */
export function watchOver(pid: number, temporaryDirectory: string | undefined): { dismiss(): void } {
  if (process.platform === 'win32') return { dismiss: () => {} };
  const watchdog = spawn('sh', ['-c', watchdogScript, 'sh', String(pid), temporaryDirectory ?? ''], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.on('error', () => {});
  watchdog.stdin.on('error', () => {});
  watchdog.unref();
  if (watchdog.stdin instanceof Socket) watchdog.stdin.unref();
  return { dismiss: () => watchdog.kill('SIGKILL') };
}
