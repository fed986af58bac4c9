/** Run as a process by sources.ts: prints the path of mongodb-memory-server's mongod, downloading it if need be. */
import { MongoBinary } from 'mongodb-memory-server';

try {
  console.log(`mongod at: ${await MongoBinary.getPath()}`);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  // Its message names the address, and after "Details:" the reason.
  console.error(message.replaceAll(/\s+/g, ' ').replace(/^.*Details: /, ''));
  process.exitCode = 1;
}
