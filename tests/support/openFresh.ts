import { type Database, openDatabase } from '../../src/repositories/database.ts';
import { freshDatabase } from './mongo.ts';

/** An empty database of its own, opened as a server opens it. `end` in `afterAll`. */
export async function openFresh(): Promise<{ uri: string; database: Database; end: () => Promise<void> }> {
  const { uri, drop } = await freshDatabase();
  const database = await openDatabase(uri);
  const end = async (): Promise<void> => {
    await database.close();
    await drop();
  };
  return { uri, database, end };
}
