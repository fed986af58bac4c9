import { spawnSync } from 'node:child_process';
import { createDLEQProof, pointFromHex } from '@cashu/cashu-ts';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createArithmetic, inProcess } from '../../src/services/ecash/arithmetic.ts';
import { curve } from '../../src/services/ecash/curve.ts';

const seed = new Uint8Array(64).fill(7);
const keysetId = '00ad268c4d1f5826';
const itemsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, at) => ({ counter: first + at, role: 'keep' as const, amount: 8n }));

describe('what is done on other threads', () => {
  const threads = createArithmetic(2);
  const here = inProcess();
  afterAll(() => threads.close());

  it.each([0, 1, 8, 9, 100])('is what is done here, and in the same order: %d outputs', async (count) => {
    const given = { seed, keysetId, items: itemsFrom(5, count) };
    const outputs = await threads.derive(given);
    expect(outputs).toEqual(await here.derive(given));
    expect(outputs.map(({ counter }) => counter)).toEqual(given.items.map(({ counter }) => counter));
  });

  it('takes signatures over and checks proofs: the good ones, and not the others', async () => {
    const key = Buffer.alloc(32, 3);
    const K = curve.publicKeyOf(key);
    const keyset = { id: keysetId, keys: { 8: K } };
    const outputs = await threads.derive({ seed, keysetId, items: itemsFrom(0, 9) });
    const items = outputs.map((output, at) => {
      const B_ = pointFromHex(output.B_);
      const { e, s } = createDLEQProof(B_, key);
      const dleq = { e: Buffer.from(e).toString('hex'), s: Buffer.from(at === 4 ? e : s).toString('hex') };
      const C_ = B_.multiply(BigInt(`0x${key.toString('hex')}`)).toHex(true);
      return { output, signature: { keysetId, amount: 8n, C_, dleq } };
    });
    const proofs = await threads.unblind({ keyset, items });
    expect(proofs).toEqual(await here.unblind({ keyset, items }));
    expect(proofs.map((proof) => proof === null)).toEqual(outputs.map((_, at) => at === 4));

    const good = proofs.filter((proof) => proof !== null);
    const foreign = { items: [...good.map((proof) => ({ ...proof, K })), { secret: 'a', C: K, K }] };
    const checks = await threads.check(foreign);
    expect(checks).toEqual(await here.check(foreign));
    expect(checks.map(({ dleq }) => dleq)).toEqual([...Array(8).fill('holds'), 'none']);
    expect(checks.slice(0, 8).map(({ Y }) => Y)).toEqual(good.map(({ Y }) => Y));
  });

  it('fails as it does here, and the next is done', async () => {
    const given = { seed, keysetId: '02ff', items: itemsFrom(0, 1) };
    for (const either of [threads, here]) await expect(either.derive(given)).rejects.toThrow('this version');
    expect(await threads.derive({ ...given, keysetId })).toHaveLength(1);
  });

  it('is done here where too much waits for threads already, and is the same', async () => {
    const items = Array.from({ length: 8 * 4 }, (_, at) => ({ secret: `secret ${at}`, C: '', K: undefined }));
    const expected = await here.check({ items });
    const many = await Promise.all(Array.from({ length: 80 }, () => threads.check({ items })));
    for (const made of many) expect(made).toEqual(expected);
  });

  it('holds up no small batch for as long as a large one takes', async () => {
    const ended: string[] = [];
    const large = threads
      .derive({ seed, keysetId, items: itemsFrom(0, 400) })
      .then(() => ended.push('large'));
    const small = threads.derive({ seed, keysetId, items: itemsFrom(0, 4) }).then(() => ended.push('small'));
    await Promise.all([large, small]);
    expect(ended).toEqual(['small', 'large']);
  });

  it('lets this thread do something else meanwhile, and so does what is done here', async () => {
    for (const either of [threads, here]) {
      let turns = 0;
      const turning = setInterval(() => {
        turns += 1;
      });
      await either.derive({ seed, keysetId, items: itemsFrom(0, 64) });
      clearInterval(turning);
      expect(turns).toBeGreaterThan(3);
    }
  });
});

/** For these platforms secp256k1 comes built: WebAssembly there would be four times as slow, and noticed by nobody. */
const isBuilt = ['linux-x64', 'darwin-arm64', 'win32-x64'].includes(`${process.platform}-${process.arch}`);

/** A process of its own, as what it loads is loaded once. */
function run(script: string, ...flags: string[]): string {
  const args = ['--disable-warning=ExperimentalWarning', ...flags, '--input-type=module', '--eval', script];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.trim();
}

const derivationOn = (threads: number) => `
  const { createArithmetic } = await import('./src/services/ecash/arithmetic.ts');
  const { curveBackend, whyJavascript } = await import('./src/services/ecash/curve.ts');
  const given = { seed: new Uint8Array(64).fill(7), keysetId: '${keysetId}', items: [{ counter: 5, role: 'keep', amount: 8n }] };
  const [{ B_ }] = await createArithmetic(${threads}).derive(given);
  console.log(JSON.stringify({ curveBackend, reason: whyJavascript?.message, B_ }));`;

it('a process is not held open by threads that have nothing to do, and waits for what they do', async () => {
  const [output] = await inProcess().derive({ seed, keysetId, items: itemsFrom(5, 1) });
  expect(JSON.parse(run(derivationOn(1)))).toEqual({
    curveBackend: isBuilt ? 'native' : 'wasm',
    B_: output?.B_,
  });
});

it('where the system gives no threads, it is done without them', async () => {
  const withoutThreads = `data:text/javascript,${encodeURIComponent(`
    import { createRequire, syncBuiltinESMExports } from 'node:module';
    const threads = createRequire(process.execPath)('node:worker_threads');
    threads.Worker = class { constructor() { throw new Error('no thread here'); } };
    syncBuiltinESMExports();`)}`;
  const [output] = await inProcess().derive({ seed, keysetId, items: itemsFrom(5, 1) });
  expect(JSON.parse(run(derivationOn(1), '--import', withoutThreads))).toMatchObject({ B_: output?.B_ });
});

it('where libsecp256k1 does not load, JavaScript does the same, and it is known why', async () => {
  const withoutLibrary = `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module';
    registerHooks({ resolve(specifier, context, next) {
      if (specifier === 'tiny-secp256k1') throw new Error('no WebAssembly here');
      return next(specifier, context);
    } });`)}`;
  const [output] = await inProcess().derive({ seed, keysetId, items: itemsFrom(5, 1) });
  expect(JSON.parse(run(derivationOn(0), '--import', withoutLibrary))).toEqual({
    curveBackend: 'javascript',
    reason: 'no WebAssembly here',
    B_: output?.B_,
  });
});
