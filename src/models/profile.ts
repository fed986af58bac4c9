/**
 * What a server is run for. Production refuses play money and published secrets; the development profile (`npm start`)
 * refuses the database of a real one.
 */
export const profiles = ['production', 'development'] as const;
export type Profile = (typeof profiles)[number];

/** A server will not run in these surroundings. The message names the setting to change, for people. */
export class ProfileRefusal extends Error {}

/** What the development profile calls the API keys that it makes (dev/profile/keys.ts). */
export const demoKeyLabels = { wallet: 'demo wallet', support: 'demo support', admin: 'demo admin' } as const;

/** The id that wallets at the mint simulator have for their mint, unless somebody gave it a seed of their own. */
export const simulatorMintId = '03dce6f7bf601ac2bcf12763d5948555e15191f3290c9992fa3309925860ea4e8c';
