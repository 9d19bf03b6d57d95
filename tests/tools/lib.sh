# shellcheck shell=bash
# lib.sh - a temporary directory, and expectations that say what they saw. Each story prints one line
# per expectation kept and ends with status 1 at the first that is not.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
for part in common packages build pg migrate nats streams stack supervise services seed tests; do
	. "$ROOT/tools/lib/$part.sh"
done
BUILD=${JB_BUILD:-$ROOT/build}
WORK=$(mktemp -d)
chmod 755 "$WORK"

finish() {
	local status=$?
	set +e
	if [ -d "$WORK/stack" ]; then
		STACK=$WORK/stack
		services_down
		"$ROOT/tools/dev-stack" down "$STACK"
	fi
	rm -rf "$WORK"
	exit $status
}
trap finish EXIT

ok() { printf 'ok: %s\n' "$*"; }
# expect WHAT COMMAND...
expect() {
	local what=$1
	shift
	if "$@" >"$WORK/out" 2>&1; then
		ok "$what"
	else
		printf 'FAIL: %s\n  command: %s\n' "$what" "$*"
		sed 's/^/  | /' "$WORK/out"
		exit 1
	fi
}
fails() { ! "$@"; }
# says TEXT COMMAND...: the command's output holds the text, whatever its status.
says() {
	local text=$1
	shift
	"$@" >"$WORK/said" 2>&1 || true
	cat "$WORK/said"
	grep -qF -- "$text" "$WORK/said"
}

stack() { "$ROOT/tools/dev-stack" "$1" "$WORK/stack"; }

# The stack's variables in this shell, and which services to run.
enter() {
	stack_dir "$WORK/stack"
	pg_vars
	NATS_PORT=$(state_get "$STACK/state" nats_port)
	NATS_SERVICES=$*
}
sql() { "$ROOT/tools/dev-stack" psql "$WORK/stack" -Atqc "$1"; }
