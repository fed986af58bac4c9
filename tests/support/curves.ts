import type { Curve, CurveBackend } from '../../src/services/ecash/curve.ts';
import * as javascript from '../../src/services/ecash/javascriptCurve.ts';
import { inMachineCode, inWebAssembly } from '../../src/services/ecash/libsecp.ts';
import { createLibsecpCurve } from '../../src/services/ecash/libsecpCurve.ts';

/** All ways of doing the arithmetic that this platform has, for tests that hold of each. */
export const curves: [CurveBackend, Curve][] = [
  ...(inMachineCode === null
    ? []
    : [['native', createLibsecpCurve(inMachineCode)] satisfies [CurveBackend, Curve]]),
  ['wasm', createLibsecpCurve(inWebAssembly)],
  ['javascript', javascript],
];
