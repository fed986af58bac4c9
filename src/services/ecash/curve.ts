import type { Logger } from '../../logger.ts';

/** What follows from a NUT-13 index: the secret of a proof and the factor that blinds it, 32 bytes each in lower-case hex. */
export type OutputSecrets = { secret: string; blindingFactor: string };

/**
 * The arithmetic of secp256k1 that Cashu needs. Points are hex, compressed where they are given back; scalars are 32 bytes in hex.
 * What is no point or no scalar is answered with null or false, never with an exception.
 */
export type Curve = {
  /** Y = hash_to_curve(message), compressed hex (NUT-00). */
  hashToCurve(message: Uint8Array): string;
  /** B_ = Y + rG (NUT-00). */
  blindedPoint(Y: string, blindingFactor: string): string | null;
  /** C = C_ − rK (NUT-00). */
  unblindedPoint(C_: string, blindingFactor: string, K: string): string | null;
  /** Whether a DLEQ proof shows that `C_` is `B_` signed with the key behind `K` (NUT-12). */
  isDleqGood(dleq: { e: string; s: string }, B_: string, C_: string, K: string): boolean;
  /** Whether a DLEQ proof that carries its blinding factor `r` shows that `C` is `Y` signed with the key behind `K` (NUT-12). */
  isUnblindedDleqGood(dleq: { e: string; s: string; r: string }, Y: string, C: string, K: string): boolean;
  /** Whether a text is a point of the curve in compressed hex. */
  isCompressedPoint(text: string): boolean;
  /** The public key of 32 bytes, compressed hex. @throws where they are no private key */
  publicKeyOf(privateKey: Uint8Array): string;
  /** A Schnorr signature (BIP 340) over the SHA-256 of a text, in hex. @throws where the key is none */
  schnorrSignature(text: string, privateKey: Uint8Array): string;
  /** Whether that is the signature (64 bytes) of 32 bytes with the key whose x is given, all in hex (BIP 340). */
  isSchnorrGood(signature: string, digest: string, publicKeyX: string): boolean;
  /**
   * The secrets of a wallet in one keyset, index by index (NUT-13). What all of them share is computed once.
   * @throws where the keyset's id has no version that is known, or the index is out of range
   */
  outputSecrets(seed: Uint8Array, keysetId: string): (counter: number) => OutputSecrets;
};

/**
 * What does the arithmetic: libsecp256k1 as machine code, where the package has it for the platform; the same in WebAssembly, in four
 * times the time; or cashu-ts in JavaScript, in ten times that.
 */
export type CurveBackend = 'native' | 'wasm' | 'javascript';

type Loaded = { curve: Curve; curveBackend: CurveBackend; whyJavascript: Error | null };

/** Chosen once, when this file is loaded; threads of arithmetic load it for themselves, and come to the same (ADR 39). */
export const { curve, curveBackend, whyJavascript }: Loaded = await load();

async function load(): Promise<Loaded> {
  try {
    const [{ createLibsecpCurve }, { inMachineCode, inWebAssembly }] = await Promise.all([
      import('./libsecpCurve.ts'),
      import('./libsecp.ts'),
    ]);
    return {
      curve: createLibsecpCurve(inMachineCode ?? inWebAssembly),
      curveBackend: inMachineCode === null ? 'wasm' : 'native',
      whyJavascript: null,
    };
  } catch (error) {
    const whyJavascript = error instanceof Error ? error : new Error(String(error));
    return { curve: await import('./javascriptCurve.ts'), curveBackend: 'javascript', whyJavascript };
  }
}

/** Tells the operator, where it is so, that payments cost many times the processor. */
export function warnOfJavascript(logger: Pick<Logger, 'warn'>): void {
  if (whyJavascript === null) return;
  const reason = whyJavascript.message;
  logger.warn('libsecp256k1 could not be loaded: JavaScript does curve arithmetic, many times as slowly', {
    reason,
  });
}
