import { setTimeout as pause } from 'node:timers/promises';
import { mongo } from 'mongoose';

const primaryLimitMs = 60_000;
const lookEveryMs = 20;

export const replicaSetName = 'crucible';

/** Somebody else listens on the port that was free a moment ago. */
export class PortLost extends Error {
  override readonly name = 'PortLost';
}

/**
 * Makes the mongod on this port the primary of a replica set of one. A set keeps the address of its member
 * in its own data, so one that moved to another port does not know itself any more and is told by force.
 * It first asks its former address whether that is itself, and waits 30 s where a stranger there keeps silent.
 *
 * @throws PortLost when the server on this port is not process `pid`.
 */
export async function becomePrimary(port: number, pid: number | undefined): Promise<void> {
  const host = `127.0.0.1:${port}`;
  const client = await mongo.MongoClient.connect(`mongodb://${host}/?directConnection=true`);
  try {
    const admin = client.db('admin');
    await assertSame(admin, pid);
    const giveUpAt = Date.now() + primaryLimitMs;
    while (!(await isPrimaryNow(admin, host))) {
      if (Date.now() > giveUpAt)
        throw new Error(`mongod did not become primary within ${primaryLimitMs / 1000} s.`);
      await pause(lookEveryMs);
    }
  } finally {
    await client.close();
  }
}

/** Without this, a start that lost the race for its port would move into another's replica set. */
async function assertSame(admin: mongo.Db, pid: number | undefined): Promise<void> {
  const status = await admin.command({ serverStatus: 1 });
  if (Number(status['pid']) !== pid) throw new PortLost('another mongod listens on this port');
}

/** Looks, and does what is missing. mongod closes its connections when its part in the set changes. */
async function isPrimaryNow(admin: mongo.Db, host: string): Promise<boolean> {
  try {
    const { isWritablePrimary } = await admin.command({ hello: 1 });
    if (isWritablePrimary === true) return true;
    await settleMembership(admin, host);
  } catch (error) {
    if (!(error instanceof mongo.MongoNetworkError)) throw error;
  }
  return false;
}

async function settleMembership(admin: mongo.Db, host: string): Promise<void> {
  const config = await currentConfig(admin);
  if (config === undefined) {
    const initial = { _id: replicaSetName, members: [{ _id: 0, host }] };
    await admin.command({ replSetInitiate: initial }).catch(ignore('AlreadyInitialized'));
    return;
  }
  const [member] = config.members;
  if (member === undefined || member.host === host) return;
  const moved = { ...config, version: config.version + 1, members: [{ ...member, host }] };
  await admin.command({ replSetReconfig: moved, force: true }).catch(ignore('ConfigurationInProgress'));
}

interface SetConfig {
  version: number;
  members: { host: string }[];
}

async function currentConfig(admin: mongo.Db): Promise<SetConfig | undefined> {
  const reply = await admin.command({ replSetGetConfig: 1 }).catch(ignore('NotYetInitialized'));
  return reply?.['config'];
}

/** Lets one known refusal of the server pass. */
function ignore(codeName: string): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof mongo.MongoServerError && error.codeName === codeName) return undefined;
    throw error;
  };
}
