/**
 * The health check of MongoDB in docker-compose.yml, for mongosh inside its container. Run as often as you like: it looks
 * first, does whatever is missing, and exits with 0 only when the API could log in and write.
 *
 *   1. no replica set yet    → initiates one, of this member, under the address that the API will use
 *   2. not primary           → not healthy yet
 *   3. the API cannot log in → makes its user (and, on an empty server, the administrator) what the secrets say
 *
 * Everything that it needs follows from the API's own MONGODB_URI, so that the two cannot differ. Without a user in that
 * address (the development profile) there is no access control, and nothing to do in step 3.
 */
const fs = require('node:fs');

const fromFile = (path) => fs.readFileSync(path, 'utf8').trim();
const uri = new URL(process.env.MONGODB_URI || fromFile(process.env.MONGODB_URI_FILE));
const setName = uri.searchParams.get('replicaSet');
const apiUser = decodeURIComponent(uri.username);
const apiPassword = decodeURIComponent(uri.password);
const admin = db.getSiblingDB('admin');
const data = db.getSiblingDB(uri.pathname.slice(1));

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
const logsIn = (database, name, password) =>
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
  if (logsIn(admin, 'admin', password)) return;
  const draft = { createUser: 'admin', pwd: password, roles: [{ role: 'root', db: 'admin' }] };
  if (!succeeds(() => admin.runCommand(draft), 'Unauthorized')) {
    print('the secret mongo_admin_password is not the password of the administrator, who exists');
    quit(1);
  }
  print('made the administrator');
  admin.auth('admin', password);
}

function settleApiUser() {
  becomeAdministrator();
  const { users } = data.runCommand({ usersInfo: apiUser });
  const verb = users.length === 0 ? 'createUser' : 'updateUser';
  const roles = [{ role: 'readWrite', db: data.getName() }];
  data.runCommand({ [verb]: apiUser, pwd: apiPassword, roles });
  print(`${verb} ${apiUser}`);
}

if (admin.runCommand({ hello: 1 }).isreplicaset === true) initiate();
if (admin.runCommand({ hello: 1 }).isWritablePrimary !== true) {
  print('not primary yet');
  quit(1);
}
if (apiUser !== '' && !logsIn(data, apiUser, apiPassword)) settleApiUser();
