/**
 * What a server is run for. Production refuses play money and published secrets; the development profile (`npm start`)
 * refuses the database of a real one.
 */
export const profiles = ['production', 'development'] as const;
export type Profile = (typeof profiles)[number];

/** A server will not run in these surroundings. The message names the setting to change, for people. */
export class ProfileRefusal extends Error {}
