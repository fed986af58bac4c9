#!/bin/sh
# mongod takes a key file only if it is its own and closed to everybody else, and a mounted secret is neither: copy it,
# into memory, and go on as the image does.
set -eu
install -o mongodb -g mongodb -m 0400 /run/secrets/mongo_keyfile /run/crucible/keyfile
exec docker-entrypoint.sh "$@"
