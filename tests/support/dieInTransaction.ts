/** Run as a process: a server that is killed in a transaction, once it has written to an operation. `uri`, operation's id. */
import { connectDatabase } from '../../src/repositories/database.ts';
import { runTransaction } from '../../src/repositories/transaction.ts';

const [uri = '', operationId = ''] = process.argv.slice(2);
const database = await connectDatabase(uri);
await runTransaction(database, operationId, async ({ session }) => {
  await database.operations.updateOne({ _id: operationId }, { $inc: { version: 1 } }, { session });
  process.kill(process.pid, 'SIGKILL');
});
