#!/usr/bin/env bash
# jbctl.sh - the operator's commands on a real database, bus, identity and oversight.
set -euo pipefail
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
stack up >/dev/null
enter identity oversight
services_up
ctl() { JBCTL "$@"; }
published() { [ "$(sql 'select count(*) from identity.outbox where sent_at is null')" = 0 ]; }
in_timeline() { [ "$(sql "select count(*) from oversight.timeline where event_id = '$1'")" = 1 ]; }
messages() { nats_ask "\$JS.API.STREAM.INFO.JINGBAO" '' | jq .state.messages; }
has_messages() { [ "$(messages)" -ge "$1" ]; }

expect "an RPC is called by name" ctl call Identity.CreateAccount \
	'{"username":"d1","password":"correct horse 1","name":"一","roles":["DISPATCHER"]}'
expect "a refusal says which field" says '/username' ctl call Identity.CreateAccount '{"name":"x"}'
expect "an unknown RPC is named" says "no RPC 'Identity.Fly'" ctl call Identity.Fly
expect "streams are as they should be" says 'JINGBAO is as it should be' ctl streams ensure
expect "the event is published" wait_for 15 relay published
event=$(sql 'select id from identity.outbox limit 1')
expect "and in the timeline" wait_for 15 timeline in_timeline "$event"

nats_ask "\$JS.API.STREAM.PURGE.JINGBAO" '' >/dev/null
expect "events are rebuilt into an emptied stream" says 'events in all' ctl events rebuild
expect "and arrive" wait_for 20 stream has_messages 1
expect "the timeline holds the event once" in_timeline "$event"

expect "no dead letters" says 'no dead letters' ctl dead-letters list
sql "insert into oversight.dead_letter (id, type, subject, body, headers, reason)
	select id, type, 'jingbao.v1.event.000000.AccountChanged', body, jsonb_build_object('ce-id', id,
		'ce-type', type, 'ce-time', '2026-01-01T00:00:00Z', 'Jb-District', '000000'), 'made by hand'
	from identity.outbox where id = '$event';
	delete from oversight.timeline where event_id = '$event'"
expect "a dead letter is listed" says 'made by hand' ctl dead-letters list oversight
expect "and shown as its message" says '"username": "d1"' ctl dead-letters show "$event"
expect "the doctor tells of it" says 'oversight: 1 events could not be handled' ctl doctor
expect "it is sent again" ctl dead-letters retry "$event"
expect "and handled" wait_for 15 retry in_timeline "$event"
expect "and gone from the list" says 'no dead letters' ctl dead-letters list

expect "the doctor names who is missing" says 'WRONG  intake gives no answer' ctl doctor
expect "the phases are a diagram" says 'SETTLED --> CLOSED : close' ctl states
nats_down
expect "the doctor says when the bus is away" says 'start nats-server' ctl doctor
expect "a call says so too" says 'no connection to NATS' ctl call Identity.ListAccounts
pg_down
expect "the doctor says when the database is away" says 'PostgreSQL does not answer' ctl doctor
expect "its status is 1" fails ctl doctor
