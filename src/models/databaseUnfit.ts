/** The database at MONGODB_URI cannot keep money. The message says why and what to change, for people. */
export class DatabaseUnfit extends Error {
  constructor(why: string) {
    super(`MONGODB_URI ${why}`);
    this.name = 'DatabaseUnfit';
  }
}
