import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const script = join(import.meta.dirname, '../../scripts/simulate.mjs');

/** `npm run simulate` in a process of its own: its clock, its timers and its curve are not those of the other tests. */
function simulate(...options: string[]): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    const heard: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => heard.push(chunk));
    child.on('close', (code) => resolve({ code, said: Buffer.concat(heard).toString('utf8') }));
  });
}

test('ten thousand worlds lose no sat, pay nothing twice and come to an end', async () => {
  const { code, said } = await simulate('--seeds', '10000');
  expect(said).toMatch(/^10000 worlds, 0 failed/m);
  expect(code).toBe(0);
}, 900_000);

test('the same seed gives the same world, step by step', async () => {
  const told = async () =>
    (await simulate('--from', '23', '--seeds', '1', '--trace')).said.replace(/(; [\d.]+ s)$/m, '');
  const [first, second] = [anonymous(await told()), anonymous(await told())];
  expect(first.split('\n').length).toBeGreaterThan(100);
  expect(second).toBe(first);
});

/** Ids and invoices are random; what happens to them is not. */
function anonymous(trace: string): string {
  return trace.replace(/lnbc\w+|tx_melt_\w+|…\w{4}|[0-9a-f]{30,}/g, '·');
}
