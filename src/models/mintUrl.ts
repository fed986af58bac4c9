/** Whether two addresses are one, however they are written. */
export function isSameMint(one: string, other: string): boolean {
  const address = normal(one);
  return address !== null && address === normal(other);
}

const normal = (url: string): string | null =>
  URL.canParse(url) ? new URL(url).href.replace(/\/+$/, '') : null;
