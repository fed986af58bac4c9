import { openDatabase } from '../../src/repositories/database.ts';
import { freshDatabase } from '../support/mongo.ts';
import { describeRepositories } from '../support/simulation/repositoryContract.ts';
import { createMemoryStore } from '../support/simulation/store/memoryStore.ts';

describeRepositories('MongoDB', async () => {
  const fresh = await freshDatabase();
  const database = await openDatabase(fresh.uri);
  return {
    database,
    close: async () => {
      await database.close();
      await fresh.drop();
    },
  };
});

describeRepositories('the in-memory store of the simulation', async () => {
  const store = createMemoryStore(() => new Date());
  return { database: store.connect(async (_call, apply) => apply()), close: async () => undefined };
});
