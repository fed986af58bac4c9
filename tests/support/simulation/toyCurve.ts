import type { Curve } from '../../../src/services/ecash/curve.ts';
import { nameOf, sign } from './toyCashu.ts';

/** Stands in for services/ecash/curve.ts in the simulation alone (hooks.mjs), to fit the toy's signatures. */
export const curve: Curve = {
  hashToCurve: (message) => nameOf(Buffer.from(message).toString('utf8')),
  blindedPoint: (Y) => `03${Y.slice(2)}`,
  unblindedPoint: (C_) => `03${C_.slice(2)}`,
  isDleqGood(dleq, B_, C_, K) {
    const good = sign(K, B_);
    return C_ === good.C_ && dleq.e === good.dleq.e && dleq.s === good.dleq.s;
  },
  /** Of proofs that were handed over. Nothing in the simulation is, so far. */
  isUnblindedDleqGood: () => true,
  isCompressedPoint: (text) => /^0[23][0-9a-f]{64}$/i.test(text),
  publicKeyOf: () => `02${'00'.repeat(32)}`,
  schnorrSignature: () => '00'.repeat(64),
  isSchnorrGood: () => true,
  outputSecrets: (seed, keysetId) => (counter) => ({
    secret: `${seed[0]}/${keysetId}/${counter}`,
    blindingFactor: (counter + 7).toString(16),
  }),
};
