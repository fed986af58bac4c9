/**
 * Makes, or brings up to date, the role `crucibleServer` in the database that mongosh was started on: all that the server
 * needs, and neither update nor removal of audit events and of the links that seal them (docs/audit.md). To be run by an
 * administrator, before each start of a new version:
 *
 *   mongosh "mongodb://admin@host/crucible?authSource=admin" ops/mongodb/server-role.js
 */
const database = db.getName();

/** Whatever a new version brings beside these can be added to, and not changed, until it stands here. */
const changing = [
  'api_keys',
  'archive_sums',
  'archived_tokens',
  'audit_unsealed',
  'bearer_tokens',
  'cashu_tokens',
  'counters',
  'data_keys',
  'deployment',
  'error_reports',
  'idempotency_keys',
  'key_spending',
  'legacy_tokens',
  'legacy_wallets',
  'metric_standings',
  'operations',
  'rate_counters',
  'rate_limits',
  'signed_requests',
  'wallets',
];

const everywhere = [
  'find',
  'insert',
  'createCollection',
  'createIndex',
  'listCollections',
  'listIndexes',
  'collStats',
  'dbStats',
  'killCursors',
];

const privileges = [
  { resource: { db: database, collection: '' }, actions: everywhere },
  ...changing.map((collection) => ({
    resource: { db: database, collection },
    actions: ['update', 'remove'],
  })),
];

const { roles } = db.runCommand({ rolesInfo: 'crucibleServer' });
const verb = roles.length === 0 ? 'createRole' : 'updateRole';
db.runCommand({ [verb]: 'crucibleServer', privileges, roles: [] });
print(`${verb} crucibleServer in ${database}`);
