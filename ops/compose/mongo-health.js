/**
 * The health check of MongoDB in docker-compose.yml, for mongosh inside its container. Run as often as you like: it looks
 * first, does whatever is missing, and exits with 0 only when the API could log in and write.
 *
 *   1. no replica set yet       → initiates one, of this member, under the address that the API will use
 *   2. not primary              → not healthy yet
 *   3. a user cannot log in, or → makes the users (on an empty server, the administrator first) what the secrets say, and
 *      the role is another now    the API's role what ops/mongodb/server-role.js says
 *
 * Everything that it needs follows from MONGODB_URI, the API's own, and from MONGODB_OPERATOR_URI, so that none can differ.
 * Without a user in the API's address (the development profile) there is no access control, and nothing to do in step 3.
 */
const fs = require('node:fs');
const { createHash } = require('node:crypto');

const fromFile = (path) => fs.readFileSync(path, 'utf8').trim();
const uri = new URL(process.env.MONGODB_URI || fromFile(process.env.MONGODB_URI_FILE));
const setName = uri.searchParams.get('replicaSet');
const admin = db.getSiblingDB('admin');
const data = db.getSiblingDB(uri.pathname.slice(1));
const roleScript = `${__dirname}/../mongodb/server-role.js`;

const userIn = ({ username, password }) => ({
  name: decodeURIComponent(username),
  password: decodeURIComponent(password),
});

/** Whether the command went through; one known refusal is an answer, any other ends the check. */
function succeeds(work, refusal) {
  try {
    work();
    return true;
  } catch (error) {
    if (error.codeName === refusal || error.code === refusal) return false;
    throw error;
  }
}

const authenticationFailed = 18;
const logsIn = (database, { name, password }) =>
  succeeds(() => database.auth(name, password), authenticationFailed);

function initiate() {
  const config = { _id: setName, members: [{ _id: 0, host: uri.host }] };
  if (succeeds(() => admin.runCommand({ replSetInitiate: config }), 'AlreadyInitialized')) {
    print(`initiated the replica set ${setName} at ${uri.host}`);
  }
}

/** MongoDB lets a local client make the very first user, and nobody make a second one without logging in. */
function becomeAdministrator() {
  const password = fromFile(process.env.MONGO_ADMIN_PASSWORD_FILE);
  if (logsIn(admin, { name: 'admin', password })) return;
  const draft = { createUser: 'admin', pwd: password, roles: [{ role: 'root', db: 'admin' }] };
  if (!succeeds(() => admin.runCommand(draft), 'Unauthorized')) {
    print('the secret mongo_admin_password is not the password of the administrator, who exists');
    quit(1);
  }
  print('made the administrator');
  admin.auth('admin', password);
}

function settle({ name, password }, role, customData) {
  const { users } = data.runCommand({ usersInfo: name });
  const verb = users.length === 0 ? 'createUser' : 'updateUser';
  const roles = [{ role, db: data.getName() }];
  data.runCommand({ [verb]: name, pwd: password, roles, customData });
  print(`${verb} ${name}`);
}

/** The API, which cannot change the audit log, and whoever puts back backups and migrates, who can. */
function settleUsers() {
  const api = userIn(uri);
  const operator = userIn(new URL(fromFile(process.env.MONGODB_OPERATOR_URI_FILE)));
  const role = createHash('sha256').update(fromFile(roleScript)).digest('hex');
  if (logsIn(data, operator) && logsIn(data, api)) {
    // Everybody may look at themselves.
    const [self] = data.runCommand({ usersInfo: api.name }).users;
    if (self.customData && self.customData.role === role) return;
  }
  becomeAdministrator();
  // The script is for mongosh that was started on the data's database.
  db = data;
  load(roleScript);
  settle(api, 'crucibleServer', { role });
  settle(operator, 'readWrite', {});
}

if (admin.runCommand({ hello: 1 }).isreplicaset === true) initiate();
if (admin.runCommand({ hello: 1 }).isWritablePrimary !== true) {
  print('not primary yet');
  quit(1);
}
if (uri.username !== '') settleUsers();
