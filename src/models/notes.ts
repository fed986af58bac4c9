/** What an owner may write on an operation, and support on what it does. */

export const maxMemoLength = 280;
export const maxExternalIdLength = 100;
export const externalIdPattern = /^[ -~]*$/;

/** Nothing that a terminal, a line of text or the direction of one would act on. */
const harmless = /^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u;

/** The same for the API's document, which is read in languages that know no `\p`. */
const harmful = String.raw`\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069`;
export const memoPattern = `^[^${harmful}]*$`;
export const supportNotePattern = String.raw`^[^${harmful}]*[^\s${harmful}][^${harmful}]*$`;

/** Whether a text may be a memo. Its characters are counted as Unicode has them. */
export const isMemo = (text: string): boolean => isNote(text, maxMemoLength);

/** The longest note on what support has done. */
export const maxSupportNoteLength = 1_000;

/** Whether a text may be such a note: it says something. */
export const isSupportNote = (text: string): boolean =>
  isNote(text, maxSupportNoteLength) && text.trim() !== '';

function isNote(text: string, maxLength: number): boolean {
  return [...text].length <= maxLength && harmless.test(text) && text.isWellFormed();
}
