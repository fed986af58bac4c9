import { type Curve, curve } from '../../src/services/ecash/curve.ts';
import { inMachineCode, inWebAssembly } from '../../src/services/ecash/libsecp.ts';

/** What is asked of the curve that takes its time; `multiplications`: points times scalars in all of it, the generator among them. */
export type CurveWork = {
  derivations: number;
  hashesToCurve: number;
  blindings: number;
  unblindings: number;
  dleqChecks: number;
  multiplications: number;
};

/** Counts what the arithmetic of this process does while something is done. One at a time, and without threads of arithmetic. */
export async function curveWork(act: () => Promise<unknown>): Promise<CurveWork> {
  const work: CurveWork = {
    derivations: 0,
    hashesToCurve: 0,
    blindings: 0,
    unblindings: 0,
    dleqChecks: 0,
    multiplications: 0,
  };
  const counted =
    <Given extends unknown[], Made>(what: keyof CurveWork, job: (...given: Given) => Made) =>
    (...given: Given): Made => {
      work[what] += 1;
      return job(...given);
    };
  const lib = inMachineCode ?? inWebAssembly;
  const [theirs, ours] = [{ ...lib }, { ...curve }];
  const secretsAt: Curve['outputSecrets'] = (...given) =>
    counted('derivations', ours.outputSecrets(...given));
  Object.assign(lib, {
    times: counted('multiplications', theirs.times),
    timesG: counted('multiplications', theirs.timesG),
  });
  Object.assign(curve, {
    hashToCurve: counted('hashesToCurve', ours.hashToCurve),
    blindedPoint: counted('blindings', ours.blindedPoint),
    unblindedPoint: counted('unblindings', ours.unblindedPoint),
    isDleqGood: counted('dleqChecks', ours.isDleqGood),
    isUnblindedDleqGood: counted('dleqChecks', ours.isUnblindedDleqGood),
    outputSecrets: secretsAt,
  });
  try {
    await act();
    return work;
  } finally {
    Object.assign(lib, theirs);
    Object.assign(curve, ours);
  }
}
