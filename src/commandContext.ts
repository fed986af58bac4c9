import type { Config, Secrets } from './config.ts';
import { createLogger } from './logger.ts';
import { createAuditRepository } from './repositories/audit.ts';
import { createAuditMacs } from './repositories/auditMacs.ts';
import { createAuditReads } from './repositories/auditReads.ts';
import { connectDatabase, openDatabase } from './repositories/database.ts';
import { createSealers, masterKeys, rehearsing } from './repositories/dataKeys.ts';
import { refuseUnfitDatabase } from './repositories/durability.ts';
import { openForExamination } from './repositories/examination.ts';
import { createRehearsal } from './repositories/legacy/rehearsal.ts';
import { createLegacySource } from './repositories/legacy/source.ts';
import { createTakeOver } from './repositories/legacy/takeOver.ts';
import { createResealing } from './repositories/resealing/resealing.ts';
import { refuseWrongMasterKeys } from './repositories/resealing/startCheck.ts';
import { type AuditVerification, createAuditVerification } from './services/audit/verification.ts';
import { type Evidence, gatherEvidence } from './services/doctor/evidence.ts';
import { type Examined, examine } from './services/doctor/examination.ts';
import { lookOver, type Overview } from './services/doctor/overview.ts';
import { createArithmetic } from './services/ecash/arithmetic.ts';
import { createMasterKeyRotation, type MasterKeyRotation } from './services/masterKeyRotation.ts';
import { createMigrationService, type MigrationService } from './services/migration/migrationService.ts';
import { createMintDirectory } from './services/mint/mints.ts';
import { createRefusedAddresses } from './services/mint/refusedAddresses.ts';
import { createHttpTransport, type HttpTransport } from './services/mint/transport.ts';

/** What `crucible migrate` needs, on a store that no server would start on. Connecting writes nothing. */
export async function createMigration(given: {
  config: Config;
  secrets: Secrets;
}): Promise<{ migration: MigrationService; dispose(): Promise<void> }> {
  const { config, secrets } = given;
  const now = () => new Date();
  const database = await connectDatabase(config.mongoUri);
  await refuseUnfitDatabase(database.connection).catch(async (error: unknown) => {
    await database.close();
    throw error;
  });
  const http = mintTransport(config, now);
  const arithmetic = createArithmetic(config.curveThreads);
  const masters = masterKeys(secrets);
  const sealers = createSealers(database, masters);
  const audit = createAuditRepository(database, createAuditMacs(secrets.mnemonic));
  const migration = createMigrationService({
    source: createLegacySource(database, sealers, masters),
    rehearsal: createRehearsal(database, rehearsing(sealers), now),
    takeOver: createTakeOver(database, sealers, audit, now),
    mints: createMintDirectory(config.mintUrls, http.carry, config),
    mintUrls: config.mintUrls,
    arithmetic,
  });
  async function dispose(): Promise<void> {
    await arithmetic.close();
    await database.close();
    await http.close();
  }
  return { migration, dispose };
}

/** What `crucible keys rotate-master` needs, beside servers that go on. @throws WrongMasterKey */
export async function createRotation(given: {
  config: Config;
  secrets: Secrets;
}): Promise<{ rotation: MasterKeyRotation; dispose(): Promise<void> }> {
  const masters = masterKeys(given.secrets);
  const database = await openDatabase(given.config.mongoUri, (opened) =>
    refuseWrongMasterKeys(opened, masters),
  );
  const resealing = createResealing(database, createSealers(database, masters), masters);
  return { rotation: createMasterKeyRotation(resealing), dispose: () => database.close() };
}

/** What `crucible audit verify` needs, beside servers that go on. Writes nothing, so a user who may only read will do. */
export async function createVerification(given: {
  config: Config;
  secrets: Secrets;
}): Promise<{ verification: AuditVerification; dispose(): Promise<void> }> {
  const database = await connectDatabase(given.config.mongoUri);
  const reads = createAuditReads(database, createAuditMacs(given.secrets.mnemonic));
  return { verification: createAuditVerification(reads), dispose: () => database.close() };
}

/** What `crucible doctor`, `status` and `support-bundle` need. Nothing is opened before they look. */
export function createExamination(given: { config: Config; secrets: Secrets }): {
  examination(): Promise<Examined>;
  overview(): Promise<Overview>;
  evidence(): Promise<Evidence>;
  dispose(): Promise<void>;
} {
  const { config, secrets } = given;
  const now = () => new Date();
  const http = mintTransport(config, now);
  const mints = createMintDirectory(config.mintUrls, http.carry, config);
  const open = () => openForExamination(config.mongoUri, masterKeys(secrets));
  const examination = () =>
    examine({
      open,
      mints,
      spoolDirectory: config.spoolDirectory,
      heapSnapshotDirectory: config.heapSnapshotDirectory,
      previousKeys: secrets.otherMasterKeys.length,
      now,
    });
  return {
    examination,
    overview: () => lookOver({ open, mints }),
    evidence: () => gatherEvidence(open),
    dispose: () => http.close(),
  };
}

function mintTransport(config: Config, now: () => Date): HttpTransport {
  const { sentry } = createRefusedAddresses(createLogger(config.logLevel), now);
  return createHttpTransport({
    connectTimeoutMs: config.mintConnectTimeoutMs,
    mintUrls: config.mintUrls,
    privateNetworks: config.privateMintNetworks,
    sentry,
  });
}
