import { randomUUID } from 'node:crypto';
import { mongo } from 'mongoose';

export interface FreshDatabase {
  uri: string;
  drop(): Promise<void>;
}

/** An empty database of its own on the replica set that all test files share. Drop it in `afterAll`. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const uri = new URL(sharedUri());
  uri.pathname = `/test_${randomUUID().replaceAll('-', '')}`;
  return { uri: uri.href, drop: () => dropDatabase(uri.href) };
}

function sharedUri(): string {
  const uri = process.env['CRUCIBLE_TEST_MONGODB_URI'];
  if (uri === undefined) throw new Error('No replica set runs for this layer of tests; see jest.config.mjs.');
  return uri;
}

async function dropDatabase(uri: string): Promise<void> {
  const client = await mongo.MongoClient.connect(uri);
  try {
    await client.db().dropDatabase();
  } finally {
    await client.close();
  }
}
