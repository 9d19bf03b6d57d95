#!/usr/bin/env bash
# dev_stack.sh - a stack starts, starts again, survives kill -9 of its servers, and refuses strangers.
set -euo pipefail
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

expect "a stack starts" stack up
enter ""
port=$NATS_PORT
expect "starting it again changes nothing" stack up
expect "the bus keeps its port" test "$(state_get "$STACK/state" nats_port)" = "$port"
expect "durability is on" test "$(sql 'show fsync')$(sql 'show synchronous_commit')" = onon
expect "pages have checksums" test "$(sql 'show data_checksums')" = on
expect "secrets are the owner's alone" test "$(stat -c %a "$STACK/secrets")" = 700
expect "a client without a password is refused" says "-ERR 'Authorization Violation'" \
	nats_talk 'CONNECT {"verbose":false}\r\nPING\r\n'

intake() { "$PG_BIN/psql" -Atqc "$1" "$(pg_conninfo jb_intake)"; }
expect "a service's role reads its schema" intake 'select count(*) from intake.outbox'
expect "and no other" says 'permission denied for schema identity' intake 'select * from identity.account'

kill -9 "$(read_pid "$STACK/nats/pid")" "$(as_pg head -n 1 "$PG_HOME/data/postmaster.pid")"
expect "after kill -9 of both servers it starts again" stack up
expect "with what was committed" test "$(sql 'select count(*) > 0 from public.schema_migration')" = t

sql "update public.schema_migration set sha256 = 'another' where name like '0001%'"
expect "a changed migration is named" says 'migration 0001_create_schemas.sql was changed' stack up
expect "it stops" stack down
expect "and is gone" fails pg_running
expect "and so is the bus" fails nats_running
