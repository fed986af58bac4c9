/** Run as a process: a server that is killed while it archives a wallet's tokens, when only the sum is missing. `uri`, wallet's id. */
import { createArchivingRepository } from '../../src/repositories/archive/archiving.ts';
import { connectDatabase } from '../../src/repositories/database.ts';
import { everything, sinceNow } from './archiving.ts';

const [uri = '', walletId = ''] = process.argv.slice(2);
const watched = new URL(uri);
watched.searchParams.set('monitorCommands', 'true');
const database = await connectDatabase(watched.href);
database.connection.getClient().on('commandStarted', ({ command }) => {
  if (command['update'] === database.archiveSums.collection.name) process.kill(process.pid, 'SIGKILL');
});
await createArchivingRepository(database).archive(walletId, { ...everything, spentBefore: sinceNow() });
