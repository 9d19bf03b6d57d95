#!/usr/bin/env bash
# with_database.sh PROGRAM - runs a test program with a private database and bus: KIT_TEST_DB is libpq's
# connection string of a role that may do anything in schema kit_test, KIT_TEST_PG the command to stop
# and start the server.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/jb-kit-XXXXXX")
chmod 755 "$dir"
trap '"$root/tools/dev-stack" down "$dir" >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
"$root/tools/dev-stack" up "$dir" >/dev/null
# shellcheck source=/dev/null
. "$dir/env"
export PGPASSFILE
"$root/tools/dev-stack" psql "$dir" -q -c 'create schema kit_test' -c 'set search_path = kit_test' \
	-c 'create table inbox (like intake.inbox including all)' \
	-c 'create table outbox (like intake.outbox including all)' \
	-c 'create table row (id text primary key, n integer not null check (n >= 0), batch bigint default txid_current())'
export KIT_TEST_DB="$STACK_DB_ADMIN options='-c search_path=kit_test -c lock_timeout=500ms'"
"$1"
