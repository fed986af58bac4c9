/** What the functions of `Curve` share, whoever computes. Digits that are none end the bytes before them. */
export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
export const hex = (of: Uint8Array): string => Buffer.from(of).toString('hex');

/** What `compute` gives back; null where it throws, as curve libraries do at what is no point or no scalar. */
export function orNull<T>(compute: () => T | null): T | null {
  try {
    return compute();
  } catch {
    return null;
  }
}
