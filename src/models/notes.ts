/** What an owner may write on an operation. */

export const maxMemoLength = 280;
export const maxExternalIdLength = 100;
export const externalIdPattern = /^[ -~]*$/;

/** Nothing that a terminal, a line of text or the direction of one would act on. */
const harmless = /^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u;

/** The same for the API's document, which is read in languages that know no `\p`. */
export const memoPattern = String.raw`^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]*$`;

/** Whether a text may be a memo. Its characters are counted as Unicode has them. */
export function isMemo(text: string): boolean {
  return [...text].length <= maxMemoLength && harmless.test(text) && text.isWellFormed();
}
