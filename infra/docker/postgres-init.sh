#!/bin/sh
# On an empty server: a database and a role for each service, which reaches its own and no other.
set -eu
run() { psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname postgres "$@"; }

for service in users posts orders; do
  run -v name="$service" <<'SQL'
\set password `cat /run/gatehouse/:name`
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
run -c 'REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC'
