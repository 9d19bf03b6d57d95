# shellcheck shell=bash
# common.sh - words, waits, ports, processes and secrets shared by the tools.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export LC_ALL=C.UTF-8
# Debian keeps servers in sbin, which an ordinary user does not search.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

say() { printf '%s\n' "$*" >&2; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() {
	printf 'error: %s\n' "$*" >&2
	exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# need PROGRAM PACKAGE: a plain sentence instead of "command not found".
need() {
	command -v "$1" >/dev/null 2>&1 ||
		die "'$1' is missing; install it with: apt-get install $2"
}

random_hex() { od -An -N"${1:-24}" -tx1 /dev/urandom | tr -d ' \n'; }

# secret FILE: the secret kept there, made on first use.
secret() {
	if [ ! -s "$1" ]; then
		(umask 077 && random_hex 24 >"$1.new" && mv "$1.new" "$1")
	fi
	cat "$1"
}

# wait_for SECONDS WHAT COMMAND...: polls until the command succeeds, else dies naming WHAT.
wait_for() {
	local end what=$2
	end=$((SECONDS + $1))
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
	: "$what"
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A port nobody listens on, outside the range the kernel hands to outgoing connections.
free_port() {
	local p n
	for n in $(seq 1 200); do
		p=$((10000 + (RANDOM * 32768 + RANDOM) % 20000))
		port_taken "$p" || {
			echo "$p"
			return 0
		}
	done
	die "no free port found after $n tries"
}

# state_get FILE NAME / state_set FILE NAME VALUE: a file of NAME=VALUE lines.
state_get() { [ ! -f "$1" ] || sed -n "s/^$2=//p" "$1" | tail -n 1; }
state_set() {
	{
		[ ! -f "$1" ] || grep -v "^$2=" "$1" || true
		printf '%s=%s\n' "$2" "$3"
	} >"$1.new"
	mv "$1.new" "$1"
}

# alive PID WORD: the process lives and its command line holds WORD, so a reused pid is not ours.
alive() {
	local command
	[ -n "$1" ] && [ -r "/proc/$1/cmdline" ] || return 1
	command=$(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline") || return 1
	[[ $command == *"$2"* ]] # a zombie's is empty
}

gone() { ! alive "$1" "$2"; }

# end_process PID WORD SECONDS: TERM, wait, then KILL.
end_process() {
	alive "$1" "$2" || return 0
	kill -TERM "$1" 2>/dev/null || return 0
	wait_for "$3" "end of $1" gone "$1" "$2" && return 0
	warn "process $1 ($2) did not end in $3 s; killed"
	kill -KILL "$1" 2>/dev/null || true
	wait_for 5 "end of $1" gone "$1" "$2" || true
}

read_pid() {
	local pid=
	[ ! -f "$1" ] || read -r pid <"$1" || true
	printf '%s' "$pid"
}
