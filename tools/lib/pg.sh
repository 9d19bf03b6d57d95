# shellcheck shell=bash
# pg.sh - a private PostgreSQL cluster of a stack: make, start, stop, roles, migrations.
# Needs common.sh and STACK (the stack's directory, absolute).

SERVICES_WITH_DB="identity intake dispatch evidence liability claims oversight notify"

pg_bin() {
	local d
	for d in /usr/lib/postgresql/*/bin; do
		[ -x "$d/initdb" ] && PG_BIN=$d
	done
	[ -n "${PG_BIN:-}" ] || die "PostgreSQL is missing; install it with: apt-get install postgresql"
}

# PostgreSQL refuses to run as root: then it runs as `postgres`, or as a user made for it.
pg_user() {
	PG_USER=$(id -un)
	is_root || return 0
	PG_USER=postgres
	id postgres >/dev/null 2>&1 || PG_USER=jingbao
	id "$PG_USER" >/dev/null 2>&1 || useradd --system --no-create-home "$PG_USER"
}

as_pg() {
	if is_root; then
		(cd / && exec setpriv --reuid="$PG_USER" --regid="$(id -g "$PG_USER")" \
			--clear-groups -- "$@")
	else
		"$@"
	fi
}

# Where the cluster lives: STACK/pg, or under /var/lib when that user can't get to STACK.
pg_place() {
	PG_HOME=$STACK/pg
	[ -L "$PG_HOME" ] && PG_HOME=$(readlink -f "$PG_HOME")
	[ -d "$PG_HOME" ] && return 0
	mkdir -p "$PG_HOME"
	if is_root; then
		chmod go+x "$STACK"
		chown "$PG_USER" "$PG_HOME"
		chmod 700 "$PG_HOME"
		if ! as_pg test -w "$PG_HOME"; then
			rmdir "$PG_HOME"
			PG_HOME=/var/lib/jingbao/$(printf %s "$STACK" | sha256sum | cut -c1-12)
			say "user $PG_USER can't reach $STACK; the database is kept in $PG_HOME"
			install -d -m 755 /var/lib/jingbao
			mkdir -p "$PG_HOME"
			chown "$PG_USER" "$PG_HOME"
			chmod 700 "$PG_HOME"
			ln -s "$PG_HOME" "$STACK/pg"
		fi
	fi
	chmod 700 "$PG_HOME"
}

# The socket's path may have 107 characters; a deep stack gets a short directory in /tmp.
pg_socket_dir() {
	PG_RUN=$PG_HOME/run
	if [ ${#PG_RUN} -gt 85 ]; then
		PG_RUN=/tmp/jb-$(printf %s "$STACK" | sha256sum | cut -c1-12)
	fi
	[ -d "$PG_RUN" ] || as_pg mkdir -m 700 "$PG_RUN"
}

pg_vars() {
	pg_bin
	pg_user
	pg_place
	pg_socket_dir
	PG_PORT=$(state_get "$STACK/state" pg_port)
	export PGPASSFILE=$STACK/secrets/pgpass
}

pg_make() {
	local pw
	[ -f "$PG_HOME/data/PG_VERSION" ] && return 0
	as_pg rm -rf "$PG_HOME/data"
	pw=$(secret "$STACK/secrets/pg.postgres")
	as_pg sh -c "umask 077; cat >'$PG_HOME/pw'" <<<"$pw"
	as_pg "$PG_BIN/initdb" -D "$PG_HOME/data" -U postgres --pwfile="$PG_HOME/pw" \
		--auth=scram-sha-256 --data-checksums --encoding=UTF8 --locale=C.UTF-8 \
		>"$STACK/log/initdb.log" 2>&1 ||
		die "initdb failed: $(tail -n 3 "$STACK/log/initdb.log")"
	as_pg rm -f "$PG_HOME/pw"
	as_pg sh -c "echo \"include 'jingbao.conf'\" >>'$PG_HOME/data/postgresql.conf'"
}

pg_configure() {
	as_pg sh -c "cat >'$PG_HOME/data/jingbao.conf'" <<-END
		# Written by tools/lib/pg.sh at every start. Durability stays on, in tests too.
		listen_addresses = '127.0.0.1'
		port = $PG_PORT
		unix_socket_directories = '$PG_RUN'
		unix_socket_permissions = 0770
		max_connections = 120
		shared_buffers = '${JB_PG_SHARED_BUFFERS:-128MB}'
		max_wal_size = '${JB_PG_MAX_WAL:-1GB}'
		checkpoint_timeout = 15min
		fsync = on
		synchronous_commit = on
		full_page_writes = on
		wal_level = replica
		wal_compression = lz4
		commit_delay = 0
		deadlock_timeout = 200ms
		timezone = 'UTC'
		log_timezone = 'UTC'
		log_line_prefix = '%m [%p] %u '
		log_checkpoints = off
		jit = off
	END
}

pg_running() { as_pg "$PG_BIN/pg_ctl" -D "$PG_HOME/data" status >/dev/null 2>&1; }

pg_answers() { "$PG_BIN/pg_isready" -q -h "$PG_RUN" -p "$PG_PORT"; }

pg_try_start() {
	as_pg "$PG_BIN/pg_ctl" -D "$PG_HOME/data" -l "$PG_HOME/log" -w -t 20 start >/dev/null 2>&1 9>&-
}

# A killed postmaster leaves children and a lock file for a second or two; a port may be taken.
pg_start() {
	local end=$((SECONDS + 60))
	until pg_answers; do
		pg_try_start && continue
		[ $SECONDS -lt $end ] ||
			die "PostgreSQL does not start: $(as_pg tail -n 4 "$PG_HOME/log" 2>/dev/null)"
		if [[ $(as_pg tail -n 6 "$PG_HOME/log" 2>/dev/null) == *'could not bind'* ]]; then
			PG_PORT=$(free_port)
			state_set "$STACK/state" pg_port "$PG_PORT"
			pg_configure
		fi
		sleep 0.2
	done
}

pg_psql() { # pg_psql USER DATABASE ARGUMENTS...
	local user=$1 db=$2
	shift 2
	"$PG_BIN/psql" -XqAt -v ON_ERROR_STOP=1 -h "$PG_RUN" -p "$PG_PORT" -U "$user" -d "$db" "$@"
}

# Every role's password, set from STACK/secrets; libpq finds them in secrets/pgpass.
pg_roles() {
	local r
	(umask 077 && {
		printf '*:*:*:postgres:%s\n' "$(secret "$STACK/secrets/pg.postgres")"
		for r in owner ops $SERVICES_WITH_DB; do
			printf '*:*:*:jb_%s:%s\n' "$r" "$(secret "$STACK/secrets/pg.jb_$r")"
		done
	} >"$PGPASSFILE")
	pg_psql postgres postgres -f "$ROOT/db/roles.sql" >/dev/null
	pg_psql postgres postgres -c "do \$\$ begin
		if not exists (select from pg_roles where rolname = 'jb_owner') then
			create role jb_owner login; end if; end \$\$"
	for r in owner ops $SERVICES_WITH_DB; do
		printf "alter role jb_%s password '%s';\n" "$r" "$(secret "$STACK/secrets/pg.jb_$r")"
	done | pg_psql postgres postgres
	if [ -z "$(pg_psql postgres postgres -c "select 1 from pg_database where datname = 'jingbao'")" ]; then
		pg_psql postgres postgres -c 'create database jingbao owner jb_owner'
		pg_psql postgres jingbao -c 'revoke create on schema public from public;
			revoke connect, temporary on database jingbao from public;
			grant all on schema public to jb_owner'
	fi
	for r in ops $SERVICES_WITH_DB; do
		echo "grant connect on database jingbao to jb_$r;"
	done | pg_psql postgres jingbao
}

pg_up() {
	pg_vars
	pg_make
	if ! pg_running; then
		if [ -z "$PG_PORT" ] || port_taken "$PG_PORT"; then
			PG_PORT=$(free_port)
			state_set "$STACK/state" pg_port "$PG_PORT"
		fi
		pg_configure
	fi
	pg_start
	pg_roles
}

pg_down() {
	[ -e "$STACK/pg" ] || return 0
	pg_vars
	pg_running || return 0
	as_pg "$PG_BIN/pg_ctl" -D "$PG_HOME/data" -m fast -w -t 30 stop >/dev/null 2>&1 ||
		as_pg "$PG_BIN/pg_ctl" -D "$PG_HOME/data" -m immediate -w -t 10 stop >/dev/null
}

pg_conninfo() { # pg_conninfo ROLE SECRET
	printf "host='%s' port=%s dbname=jingbao user=%s password=%s application_name=%s" \
		"$PG_RUN" "$PG_PORT" "$1" "$(secret "$STACK/secrets/pg.$1")" "$1"
}
