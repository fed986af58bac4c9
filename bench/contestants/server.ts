/**
 * The server of Crucible as a process of the bench: as `src/index.ts` starts it, but in the development profile, because production
 * takes no simulated mint. Says its address and a key that may do anything in one line of JSON.
 */
import { loadConfig } from '../../src/config.ts';
import { createContext } from '../../src/context.ts';
import { startServer } from '../../src/server.ts';

const { config, secrets } = loadConfig();
const context = await createContext({ config, secrets, profile: 'development' });
const server = await startServer(context, config);
context.startWorkers();
const { token } = await context.services.apiKeys.issue({
  label: 'bench',
  scopes: ['admin'],
  npub: null,
  expiresAt: null,
});
console.log(JSON.stringify({ url: server.url, token }));

process.once('SIGTERM', () => {
  void Promise.all([context.drain(), server.close(1_000)])
    .then(() => context.dispose())
    .finally(() => process.exit(0));
});
