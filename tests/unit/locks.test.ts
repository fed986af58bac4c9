import { Amount, getPubKeyFromPrivKey, isP2PKSpendAuthorised } from '@cashu/cashu-ts';
import { describe, expect, it } from '@jest/globals';
import { nip19 } from 'nostr-tools';
import type { Lock } from '../../src/models/exchange.ts';
import { createArithmeticJobs } from '../../src/services/ecash/arithmeticJobs.ts';
import { curve } from '../../src/services/ecash/curve.ts';
import { lockedSecret, lockOf, mayUnlock, readPubkey, witnessFor } from '../../src/services/ecash/locks.ts';
import { createSeeds } from '../../src/services/ecash/seeds.ts';

const keyOf = (digits: string) => {
  const privateKey = digits.repeat(64 / digits.length);
  return {
    privateKey,
    publicKey: Buffer.from(getPubKeyFromPrivKey(Buffer.from(privateKey, 'hex'))).toString('hex'),
  };
};
const [ours, sender, stranger] = [keyOf('1'), keyOf('2'), keyOf('3')];
const nonce = '859d4935c4907062a6297cf4e663e2835d90d97ecdd510745d32f6816323a41f';
const [past, now, future] = [new Date('2020-01-01'), new Date(), new Date('2120-01-01')];
const proofOf = (secret: string, witness?: string) => ({
  id: '009a1f293253e41e',
  amount: Amount.from(1),
  secret,
  C: ours.publicKey,
  ...(witness === undefined ? {} : { witness }),
});
const p2pk = (data: string, ...tags: unknown[]) => JSON.stringify(['P2PK', { nonce, data, tags }]);

/** Secrets of tests/11-test.md of the NUTs, as they stand there. */
const vectors = {
  basic:
    '["P2PK",{"nonce":"859d4935c4907062a6297cf4e663e2835d90d97ecdd510745d32f6816323a41f","data":"0249098aa8b9d2fbec49ff8598feb17b592b986e62319a4fa488a3dc36387157a7","tags":[["sigflag","SIG_INPUTS"]]}]',
  multisig:
    '["P2PK",{"nonce":"395162bf2d0add3c66aea9f22c45251dbee6e04bd9282addbb366a94cd4fb482","data":"03ab50a667926fac858bac540766254c14b2b0334d10e8ec766455310224bbecf4","tags":[["locktime","21"],["pubkeys","0229a91adec8dd9badb228c628a07fc1bf707a9b7d95dd505c490b1766fa7dc541","033281c37677ea273eb7183b783067f5244933ef78d8c3f15b1a77cb246099c26e"],["n_sigs","2"],["refund","03ab50a667926fac858bac540766254c14b2b0334d10e8ec766455310224bbecf4","033281c37677ea273eb7183b783067f5244933ef78d8c3f15b1a77cb246099c26e"]]}]',
  future:
    '["P2PK",{"nonce":"0c3d085898f1abf2b5521035f4d0f4ecf68c6a5109f6bc836833a1188f06be65","data":"03206e0d488387a816bbafd957be51b073432c6c7a403ec4c2a0b27647326c5150","tags":[["locktime","99999999999"],["refund","026acbcd0fff3a424499c83ec892d3155c9d1984438659f448d9d0f1af3e92276a"]]}]',
};

describe('The locks of NUT-11', () => {
  it('are read: one key', () => {
    expect(lockOf(vectors.basic)).toEqual({
      kind: 'p2pk',
      pubkeys: ['0249098aa8b9d2fbec49ff8598feb17b592b986e62319a4fa488a3dc36387157a7'],
      needed: 1,
      refundKeys: [],
      refundNeeded: 0,
      locktime: null,
      sigFlag: 'SIG_INPUTS',
    });
  });

  it('are read: two of three, and one of two when a time is over', () => {
    const lock = lockOf(vectors.multisig);
    const [a, b, c] = [
      '03ab50a667926fac858bac540766254c14b2b0334d10e8ec766455310224bbecf4',
      '0229a91adec8dd9badb228c628a07fc1bf707a9b7d95dd505c490b1766fa7dc541',
      '033281c37677ea273eb7183b783067f5244933ef78d8c3f15b1a77cb246099c26e',
    ];
    expect(lock).toEqual({
      kind: 'p2pk',
      pubkeys: [a, b, c],
      needed: 2,
      refundKeys: [a, c],
      refundNeeded: 1,
      locktime: new Date(21_000),
      sigFlag: 'SIG_INPUTS',
    });
    expect([a, b, c].map((key) => mayUnlock(lock, key, now))).toEqual([true, false, true]);
  });

  it('are read: the refund key has to wait', () => {
    const lock = lockOf(vectors.future);
    const refund = '026acbcd0fff3a424499c83ec892d3155c9d1984438659f448d9d0f1af3e92276a';
    expect(mayUnlock(lock, refund, now)).toBe(false);
    expect(mayUnlock(lock, refund, new Date(99_999_999_999_000))).toBe(false);
    expect(mayUnlock(lock, refund, new Date(99_999_999_999_001))).toBe(true);
  });

  it('of a refund that sender and recipient agreed on, are written as everybody writes them', () => {
    const lock: Lock = { pubkey: ours.publicKey, refundPubkey: sender.publicKey, locktime: future };
    expect(lockedSecret(lock, nonce)).toBe(
      `["P2PK",{"nonce":"${nonce}","data":"${ours.publicKey}","tags":[["sigflag","SIG_INPUTS"],["locktime","4733510400"],["refund","${sender.publicKey}"]]}]`,
    );
    expect(lockedSecret({ ...lock, refundPubkey: null, locktime: null }, nonce)).toBe(
      p2pk(ours.publicKey, ['sigflag', 'SIG_INPUTS']),
    );
  });
});

describe('Whoever may unlock', () => {
  const locks: [string, Lock][] = [
    ['for ever', { pubkey: ours.publicKey, refundPubkey: null, locktime: null }],
    ['up to a time to come', { pubkey: ours.publicKey, refundPubkey: null, locktime: future }],
    ['up to a time that is over', { pubkey: ours.publicKey, refundPubkey: null, locktime: past }],
    ['with a refund to come', { pubkey: ours.publicKey, refundPubkey: sender.publicKey, locktime: future }],
    ['with a refund that is due', { pubkey: ours.publicKey, refundPubkey: sender.publicKey, locktime: past }],
  ];
  it.each(locks)('%s, is who cashu-ts thinks may', (_what, lock) => {
    const secret = lockedSecret(lock, nonce);
    const [us, them, others] = [ours, sender, stranger].map(({ privateKey, publicKey }) => {
      const may = mayUnlock(lockOf(secret), publicKey, now);
      expect([may, isP2PKSpendAuthorised(proofOf(secret, witnessFor(secret, privateKey)))]).toEqual([
        may,
        may,
      ]);
      return may;
    });
    const isOver = lock.locktime === past;
    expect([us, them, others]).toEqual([true, isOver, isOver && lock.refundPubkey === null]);
  });

  it('is not told by the sign of y, which signatures do not know', () => {
    const other = `${ours.publicKey.startsWith('02') ? '03' : '02'}${ours.publicKey.slice(2)}`;
    expect(mayUnlock(lockOf(p2pk(other)), ours.publicKey, now)).toBe(true);
    expect(mayUnlock(lockOf(p2pk(ours.publicKey.slice(2))), ours.publicKey, now)).toBe(true);
    expect(isP2PKSpendAuthorised(proofOf(p2pk(other), witnessFor(p2pk(other), ours.privateKey)))).toBe(true);
  });

  it('is not us where the whole request has to be signed, or by more than one', () => {
    expect(mayUnlock(lockOf(p2pk(ours.publicKey, ['sigflag', 'SIG_ALL'])), ours.publicKey, now)).toBe(false);
    const two = p2pk(ours.publicKey, ['pubkeys', sender.publicKey], ['n_sigs', '2']);
    expect(mayUnlock(lockOf(two), ours.publicKey, now)).toBe(false);
    const refundOfTwo = p2pk(
      stranger.publicKey,
      ['locktime', '21'],
      ['refund', ours.publicKey, sender.publicKey],
      ['n_sigs_refund', '2'],
    );
    expect(mayUnlock(lockOf(refundOfTwo), ours.publicKey, now)).toBe(false);
  });

  it('is everybody where there is no lock, and nobody where we do not know it', () => {
    expect([
      mayUnlock({ kind: 'none' }, ours.publicKey, now),
      mayUnlock({ kind: 'unknown' }, ours.publicKey, now),
    ]).toEqual([true, false]);
  });
});

const manyKeys = Array.from({ length: 16 }, (_, at) => keyOf(String(30 + at)).publicKey);

describe('A secret', () => {
  it.each([
    'ab'.repeat(32),
    '',
    '[',
    '["P2PK"]',
    '["P2PK",{}]',
    '["P2PK",{"nonce":"x"}]',
    '[5,{"nonce":"x","data":"y"}]',
    '["P2PK",{"nonce":"x","data":"y"},1]',
    '{"P2PK":1}',
    `${'['.repeat(1_000)}`,
  ])('that is not written as NUT-10 has it is not locked: %s', (secret) => {
    expect(lockOf(secret)).toEqual({ kind: 'none' });
  });

  it.each([
    ['an HTLC', JSON.stringify(['HTLC', { nonce, data: 'ab'.repeat(32), tags: [] }])],
    ['of a kind to come', JSON.stringify(['P2SH', { nonce, data: 'x' }])],
    ['for no key', p2pk('x')],
    ['for no point', p2pk(`02${'0'.repeat(64)}`)],
    ['with tags that are none', JSON.stringify(['P2PK', { nonce, data: ours.publicKey, tags: 'x' }])],
    ['with an empty tag', p2pk(ours.publicKey, [])],
    ['with a number in a tag', p2pk(ours.publicKey, ['locktime', 21])],
    ['with an empty text in a tag', p2pk(ours.publicKey, ['locktime', ''])],
    ['with a tag twice', p2pk(ours.publicKey, ['locktime', '21'], ['locktime', '22'])],
    ['with another flag', p2pk(ours.publicKey, ['sigflag', 'SIG_SOME'])],
    ['with more signatures than keys', p2pk(ours.publicKey, ['n_sigs', '2'])],
    ['with no signature', p2pk(ours.publicKey, ['n_sigs', '0'])],
    ['with signatures that are no number', p2pk(ours.publicKey, ['n_sigs', 'x'])],
    ['with refunding signatures and no key', p2pk(ours.publicKey, ['n_sigs_refund', '1'])],
    ['with one key twice', p2pk(ours.publicKey, ['pubkeys', ours.publicKey.slice(2)])],
    ['with more keys than anybody checks', p2pk(ours.publicKey, ['pubkeys', ...manyKeys])],
  ])('whose lock is broken, or not ours to open, is unknown: %s', (_what, secret) => {
    expect(lockOf(secret)).toEqual({ kind: 'unknown' });
  });

  it.each([['x'], ['-5'], ['0'], ['1e9'], ['99999999999999']])(
    'that is locked up to “%s”, which is no time, is locked for ever',
    (locktime) => {
      expect(lockOf(p2pk(ours.publicKey, ['locktime', locktime]))).toMatchObject({ locktime: null });
    },
  );

  it('may hold tags that nobody knows, even twice', () => {
    expect(lockOf(p2pk(ours.publicKey, ['x'], ['x', 'y']))).toMatchObject({ kind: 'p2pk' });
  });
});

describe('The key of a recipient', () => {
  const x = 'a1'.repeat(32);
  it.each([
    [`02${x}`, `02${x}`],
    [`03${x.toUpperCase()}`, `03${x}`],
    [x, `02${x}`],
    [nip19.npubEncode(x), `02${x}`],
    [nip19.npubEncode('00'.repeat(32)), null],
    [`${nip19.npubEncode(x).slice(0, -1)}q`, null],
    [`04${x}`, null],
    [`04${x}${x}`, null],
    [`02${'f'.repeat(64)}`, null],
    [` 02${x}`, null],
    ['', null],
    ['npub1', null],
  ])('%s is %s', (text, key) => {
    expect(readPubkey(text)).toBe(key);
  });
});

describe('The key that tokens for a wallet are locked to', () => {
  const words =
    'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';
  const npub = nip19.npubEncode('a1'.repeat(32));
  const wallet = { npub, mintUrl: 'https://mint.test', mintId: null, unit: 'sat', createdAt: now };
  const differences: Record<string, Partial<typeof wallet>> = {
    another: { npub: nip19.npubEncode('b1'.repeat(32)) },
    elsewhere: { mintUrl: 'https://other.test' },
    cents: { unit: 'usd' },
  };
  const wallets = { byId: async (id: string) => ({ ...wallet, ...differences[id], id }) };

  it('is the same for ever, and not the same as that of another npub, mint or unit, or of a mint quote', async () => {
    const seeds = createSeeds(words, wallets);
    const key = await seeds.tokenKey('own');
    expect(key.publicKey).toBe('023ef3aaa2affaf161b1a67b93bd392ac582b204ca383ca46f176fa3cd068e66cc');
    expect(await createSeeds(words, wallets).tokenKey('own')).toEqual(key);
    const quoteKeys = Promise.all(['', 'tx_a', 'tx_b'].map((id) => seeds.quoteKey('own', id)));
    const others = await Promise.all(Object.keys(differences).map((id) => seeds.tokenKey(id)));
    const all = [key, ...others, ...(await quoteKeys)];
    expect(new Set(all.map(({ privateKey }) => privateKey)).size).toBe(7);
  });

  it('opens what is locked to it', async () => {
    const { publicKey, privateKey } = await createSeeds(words, wallets).tokenKey('own');
    const secret = lockedSecret({ pubkey: publicKey, refundPubkey: null, locktime: null }, nonce);
    expect(mayUnlock(lockOf(secret), publicKey, now)).toBe(true);
    expect(isP2PKSpendAuthorised(proofOf(secret, witnessFor(secret, privateKey)))).toBe(true);
    expect(witnessFor(secret, Buffer.from(privateKey, 'hex'))).toBe(witnessFor(secret, privateKey));
  });
});

it('the DLEQ proof of NUT-12 shows that its secret was signed, and no other', () => {
  const K = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
  const proof = {
    secret: 'daf4dd00a2b68a0858a80450f52c8a7d2ccf87d375e43e216e0c571f089f63e9',
    C: '024369d2d22a80ecf78f3937da9d5f30c1b9f74f0c32684d583cca0fa6a61cdcfc',
    dleq: {
      e: 'b31e58ac6527f34975ffab13e70a48b6d2b0d35abc4b03f0151f09ee1a9763d4',
      s: '8fbae004c59e754d71df67e392b6ae4e29293113ddc2ec86592a0431d16306d8',
      r: 'a6d13fcd7a18442e6076f5e1e7c887ad5de40a019824bdfa9fe740d302e8d861',
    },
  };
  const { check } = createArithmeticJobs(curve);
  const items = [
    { ...proof, K },
    { ...proof, K, secret: 'another' },
    { ...proof, K: ours.publicKey },
    { ...proof, K: undefined },
    { ...proof, K, dleq: undefined },
  ];
  expect(check({ items }).map(({ dleq }) => dleq)).toEqual(['holds', 'fails', 'fails', 'fails', 'none']);
});
