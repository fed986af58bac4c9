/**
 * Whether a `Prefer` header asks for `respond-async` (RFC 7240): a list, names in any case, parameters ignored, quoted
 * values not mistaken for list items. One with a quote that is never closed asks for nothing.
 */
export function prefersAsync(header: string | undefined): boolean {
  if (header === undefined) return false;
  let isClosed = true;
  // What is not closed is matched to the end: else each quote inside would be tried as a beginning, over the whole rest.
  const withoutQuoted = header.replaceAll(/"(?:[^"\\]|\\.)*("|\\?$)/g, (_quoted, end) => {
    isClosed &&= end === '"';
    return '""';
  });
  if (!isClosed) return false;
  return withoutQuoted.split(',').some((preference) => {
    const [nameAndValue = ''] = preference.split(';');
    const [name = '', value = ''] = nameAndValue.split('=').map((part) => part.trim());
    return name.toLowerCase() === 'respond-async' && (value === '' || value === '""');
  });
}
