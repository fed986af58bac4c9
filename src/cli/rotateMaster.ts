import { parseArgs } from 'node:util';
import { createRotation } from '../commandContext.ts';
import { loadConfig } from '../config.ts';
import { refuseUnfitForProduction } from '../productionRefusals.ts';
import { isLeft, type RotationReport } from '../services/masterKeyRotation.ts';
import { UsageError } from './keys.ts';

/**
 * `crucible keys rotate-master`: seals everything by `CRUCIBLE_MASTER_KEY` that `CRUCIBLE_MASTER_KEY_PREVIOUS` opens
 * (docs/master-key.md). Counts go to stdout. With `--check` it only counts what is left.
 * @returns 0 when the current key opens everything, 1 when something is left
 * @throws UsageError, ConfigError, WrongMasterKey
 */
export async function rotateMaster(words: readonly string[]): Promise<number> {
  const { isCheck } = optionsIn(words);
  const loaded = loadConfig();
  // What is sealed now is opened by the server that is started next, which refuses such a key.
  refuseUnfitForProduction(loaded.config, loaded.secrets);
  const { rotation, dispose } = await createRotation(loaded);
  try {
    const report = isCheck ? await rotation.check() : await rotation.rotate(tellProgress);
    process.stdout.write(`${asText(report)}\n`);
    if (!isLeft(report)) return 0;
    process.stderr.write(
      isCheck
        ? 'Keep CRUCIBLE_MASTER_KEY_PREVIOUS and run: crucible keys rotate-master\n'
        : 'Keep CRUCIBLE_MASTER_KEY_PREVIOUS. A server still seals with another key: give all of them this CRUCIBLE_MASTER_KEY and run this again.\n',
    );
    return 1;
  } finally {
    await dispose();
  }
}

function asText({ dataKeysResealed, recordsMoved, left }: RotationReport): string {
  return [
    `data keys sealed anew: ${dataKeysResealed}`,
    `records moved under a data key: ${recordsMoved}`,
    `left: ${left.dataKeys} data keys, ${left.records} records`,
  ].join('\n');
}

function tellProgress(sealedAnew: number): void {
  process.stderr.write(`${sealedAnew} done\n`);
}

function optionsIn(words: readonly string[]): { isCheck: boolean } {
  try {
    const { values } = parseArgs({ args: [...words], options: { check: { type: 'boolean' } } });
    return { isCheck: values.check === true };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the options make no sense');
  }
}
