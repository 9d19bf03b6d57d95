# shellcheck shell=bash
# stack.sh - one directory with a private database, bus and configuration of every service.
# Needs common.sh, pg.sh, migrate.sh, nats.sh, streams.sh.

stack_dir() {
	[ -n "${1:-}" ] || die "which directory? (tools/dev-stack up DIR)"
	mkdir -p "$1"
	STACK=$(cd "$1" && pwd -P)
	mkdir -p "$STACK/etc" "$STACK/log" "$STACK/blobs" "$STACK/run" "$STACK/spool"
	(umask 077 && mkdir -p "$STACK/secrets")
	chmod 700 "$STACK/secrets"
}

# One at a time: two starts of the same stack wait for each other.
stack_lock() {
	exec 9>"$STACK/lock"
	flock -w 60 9 || die "another command is busy with $STACK"
}

# stack_port NAME PREFERRED: a remembered port, another one when a stranger holds it.
stack_port() {
	local p
	p=$(state_get "$STACK/state" "$1")
	[ -n "$p" ] || p=$2
	if [ -z "$p" ] || { port_taken "$p" && ! alive "$(read_pid "$STACK/run/gateway.pid")" jb-gateway; }; then
		p=$(free_port)
	fi
	state_set "$STACK/state" "$1" "$p"
	printf '%s' "$p"
}

write_conf() { # write_conf NAME: lines on stdin
	(umask 077 && { echo "# Written by tools/dev-stack; yours to change only in a copy."; cat; } \
		>"$STACK/etc/$1.conf.new" && mv "$STACK/etc/$1.conf.new" "$STACK/etc/$1.conf")
}

bus_settings() {
	cat <<-END
		nats_url = $NATS_URL
		nats_user = $1
		nats_password = $(secret "$STACK/secrets/nats.$1")
	END
}

# Settings beside the bus and the database, by service.
own_settings() {
	case $1 in
	gateway)
		cat <<-END
			port = $API_PORT
			admin_port = $ADMIN_PORT
			blob_dir = $STACK/blobs
		END
		;;
	evidence) echo "blob_dir = $STACK/blobs" ;;
	liability)
		echo "blob_dir = $STACK/blobs"
		echo "public_url = http://127.0.0.1:$API_PORT"
		;;
	notify)
		echo "spool_dir = $STACK/spool"
		echo "public_url = http://127.0.0.1:$API_PORT"
		;;
	esac
}

# The operator's tool; after seeding it signs in as the dispatcher.
jbctl_settings() {
	local accounts=$STACK/secrets/accounts.json
	bus_settings ops
	cat <<-END
		db = $(pg_conninfo jb_ops)
		api_url = http://127.0.0.1:$API_PORT
		admin_url = http://127.0.0.1:$ADMIN_PORT
		stack_dir = $STACK
		stream_mb = $((NATS_MAX_MB / 2))
	END
	[ ! -s "$accounts" ] || jq -r '.accounts[] | select(.username == "dispatcher") |
		"username = " + .username, "password = " + .password' "$accounts"
}

write_confs() {
	local s
	API_PORT=$(stack_port port "${JB_PREFER_PORT:-}")
	ADMIN_PORT=$(stack_port admin_port "${JB_PREFER_ADMIN_PORT:-}")
	for s in $NATS_SERVICES; do
		{
			bus_settings "$s"
			[ "$s" = gateway ] || echo "db = $(pg_conninfo "jb_$s")"
			own_settings "$s"
		} | write_conf "$s"
	done
	jbctl_settings | write_conf jbctl
}

write_env() {
	(umask 077 && cat >"$STACK/env" <<-END
		STACK='$STACK'
		STACK_NATS_URL='$NATS_URL'
		STACK_NATS_PORT=$NATS_PORT
		STACK_NATS_PID_FILE='$STACK/nats/pid'
		STACK_NATS_OPS_PASSWORD='$(secret "$STACK/secrets/nats.ops")'
		STACK_API='http://127.0.0.1:$API_PORT'
		STACK_ADMIN='http://127.0.0.1:$ADMIN_PORT'
		STACK_PG_BIN='$PG_BIN'
		STACK_PG_HOST='$PG_RUN'
		STACK_PG_PORT=$PG_PORT
		STACK_PG_DATA='$PG_HOME/data'
		STACK_PG_USER='$PG_USER'
		PGPASSFILE='$STACK/secrets/pgpass'
		STACK_DB_OWNER="$(pg_conninfo jb_owner)"
		STACK_DB_ADMIN="$(pg_conninfo postgres)"
		STACK_DB_OPS="$(pg_conninfo jb_ops)"
	END
	)
}

stack_up() {
	need flock util-linux
	stack_dir "$1"
	stack_lock
	pg_up
	migrate_all
	nats_up
	streams_ensure
	write_confs
	write_env
	exec 9>&-
}

stack_down() {
	[ -d "$1" ] || return 0
	stack_dir "$1"
	stack_lock
	nats_down
	pg_down
	exec 9>&-
}
