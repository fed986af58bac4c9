/**
 * Whether a `Prefer` header asks for `respond-async` (RFC 7240): a list, names in any case, parameters ignored, quoted
 * values not mistaken for list items.
 */
export function prefersAsync(header: string | undefined): boolean {
  if (header === undefined) return false;
  const withoutQuoted = header.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  return withoutQuoted.split(',').some((preference) => {
    const [nameAndValue = ''] = preference.split(';');
    const [name = '', value = ''] = nameAndValue.split('=').map((part) => part.trim());
    return name.toLowerCase() === 'respond-async' && (value === '' || value === '""');
  });
}
