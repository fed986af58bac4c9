import type { Curve, CurveBackend } from '../../src/services/ecash/curve.ts';
import * as javascript from '../../src/services/ecash/javascriptCurve.ts';
import * as wasm from '../../src/services/ecash/wasmCurve.ts';

/** Both ways of doing the arithmetic, for tests that hold of either. */
export const curves: [CurveBackend, Curve][] = [
  ['wasm', wasm],
  ['javascript', javascript],
];
