/**
 * The id of a quote, as mints and clients may name it: printable ASCII without blanks, and not dots alone. It becomes a segment
 * of an address, where lone surrogates throw and dots are folded away: a quote of such a name could be paid, and never be
 * asked for again.
 */
export const quoteIdPattern = /^(?!\.+$)[!-~]+$/;
export const maxQuoteIdLength = 256;

export function isQuoteId(text: string): boolean {
  return text.length <= maxQuoteIdLength && quoteIdPattern.test(text);
}
