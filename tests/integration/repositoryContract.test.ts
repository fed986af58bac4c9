import { openFresh } from '../support/openFresh.ts';
import { describeRepositories } from '../support/simulation/repositoryContract.ts';
import { createMemoryStore } from '../support/simulation/store/memoryStore.ts';

describeRepositories('MongoDB', async () => {
  const { database, end } = await openFresh();
  return { database, close: end };
});

describeRepositories('the in-memory store of the simulation', async () => {
  const store = createMemoryStore(() => new Date());
  return { database: store.connect(async (_call, apply) => apply()), close: async () => undefined };
});
