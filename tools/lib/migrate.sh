# shellcheck shell=bash
# migrate.sh - runs db/NNNN_*.sql in order, each once and in its own transaction.
# Needs common.sh, pg.sh and a started cluster.

migrate_table() {
	pg_psql jb_owner jingbao -c "create table if not exists public.schema_migration (
		name text primary key, sha256 text not null,
		applied_at timestamptz not null default now());
		grant select on public.schema_migration to public" 2>/dev/null
}

migrate_one() { # migrate_one FILE SHA256
	local name
	name=$(basename "$1")
	pg_psql jb_owner jingbao -1 -f "$1" \
		-c "insert into public.schema_migration (name, sha256) values ('$name', '$2')" \
		>/dev/null || die "migration $name failed; nothing of it was kept"
}

migrate_all() {
	local f name sha had known count=0
	migrate_table
	known=$(pg_psql jb_owner jingbao -F ' ' -c 'select name, sha256 from public.schema_migration')
	for f in "$ROOT"/db/[0-9][0-9][0-9][0-9]_*.sql; do
		name=$(basename "$f")
		sha=$(sha256sum "$f" | cut -d' ' -f1)
		had=$(awk -v n="$name" '$1 == n { print $2 }' <<<"$known")
		if [ -z "$had" ]; then
			migrate_one "$f" "$sha"
			count=$((count + 1))
		elif [ "$had" != "$sha" ]; then
			die "migration $name was changed after it ran here: write a new one instead" \
				"(or start afresh: remove $STACK)"
		fi
	done
	[ "$count" -eq 0 ] || say "migrations applied: $count"
}
