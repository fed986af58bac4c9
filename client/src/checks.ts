/** What is given to the client is looked at before anything is sent: later it would be an endless loop or a riddle. */

/** @throws TypeError where it is no number, NaN or negative */
export function demandCount(name: string, value: number): void {
  if (typeof value !== 'number' || !(value >= 0))
    throw new TypeError(`${name} is to be a number from 0, and is ${value}.`);
}

/** As servers take them. @throws TypeError */
export function demandKey(idempotencyKey: string): void {
  if (typeof idempotencyKey !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(idempotencyKey))
    throw new TypeError('An idempotencyKey has 1 to 255 printable ASCII characters. Nothing was sent.');
}

/** Whatever stands before a path names who is asked, and who gets the credentials. @throws TypeError */
export function demandPath(path: string): void {
  if (!/^\/(?!\/)/.test(path)) throw new TypeError('A path begins with one slash. Nothing was sent.');
}

/** @returns without a slash at its end @throws TypeError where it is no web address, or more than origin and path */
export function readBaseUrl(text: string): { baseUrl: string; origin: string } {
  const { href, protocol, origin, username, password } = new URL(text);
  if (!/^https?:$/.test(protocol) || `${username}${password}` !== '' || /[?#]/.test(href))
    throw new TypeError(
      'A baseUrl is like https://crucible.example/path: http or https, and neither user, query nor hash.',
    );
  return { baseUrl: href.replace(/\/+$/, ''), origin };
}
