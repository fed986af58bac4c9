/** Whether two addresses are one, however they are written. */
export function isSameMint(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && addressOf(one) === addressOf(other);
}

/** The one way in which an address is written where seeds and ids follow from it. @throws TypeError for what is no address */
export const addressOf = (url: string): string => new URL(url).href.replace(/\/+$/, '');
