import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';

/** What operators run in mongosh, and the suite of the sharded cluster with it. */
export const shardScript = 'ops/mongodb/shard-by-wallet.js';

export type AdminCommand = Readonly<Record<string, unknown>>;

/** What the script asks a cluster of these shards for, in its order; the lowest and the highest key are 'least' and 'most'. */
export function shardPlan(shards: readonly object[]): AdminCommand[] {
  const commands: AdminCommand[] = [];
  const admin = {
    runCommand(command: AdminCommand) {
      if ('listShards' in command) return { shards };
      commands.push(structuredClone(command));
      return { ok: 1 };
    },
  };
  const globals = {
    db: { getName: () => 'crucible', getSiblingDB: () => admin },
    print: () => undefined,
    MinKey: () => 'least',
    MaxKey: () => 'most',
  };
  runInContext(readFileSync(shardScript, 'utf8'), createContext(globals));
  return commands;
}

/** The collections that are sharded, all of them by `wallet_id`. */
export const shardedCollections = (): string[] =>
  shardPlan([{ _id: 'a' }])
    .flatMap(({ shardCollection }) => (shardCollection === undefined ? [] : [String(shardCollection)]))
    .map((namespace) => namespace.slice('crucible.'.length));
