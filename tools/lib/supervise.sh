# shellcheck shell=bash
# supervise.sh - keeps one program running: starts it, starts it again when it dies, ends with it.
# A program that dies young is started again after a doubling pause (0.2 s to 10 s), so that a
# broken one does not burn the machine. Needs common.sh.

# supervise NAME COMMAND...: to be run in the background; STACK/run/NAME.pid holds the program's
# pid, STACK/run/NAME.supervisor the supervisor's.
supervise() {
	local name=$1 pause_ms=200 began status
	shift
	child=
	trap 'stopping=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT HUP
	stopping=
	while [ -z "$stopping" ]; do
		began=$SECONDS
		"$@" >>"$STACK/log/$name.log" 2>&1 </dev/null &
		child=$!
		echo "$child" >"$STACK/run/$name.pid"
		status=0
		wait "$child" || status=$?
		# A signal ends wait early: then wait for the program itself.
		while kill -0 "$child" 2>/dev/null; do
			wait "$child" || status=$?
		done
		rm -f "$STACK/run/$name.pid"
		[ -z "$stopping" ] || break
		[ $((SECONDS - began)) -lt 10 ] || pause_ms=200
		printf '%s supervisor: %s ended with status %s; again in %s ms\n' \
			"$(date -u +%FT%TZ)" "$name" "$status" "$pause_ms" >>"$STACK/log/$name.log"
		sleep "$((pause_ms / 1000)).$(printf %03d $((pause_ms % 1000)))" &
		wait $! || true
		pause_ms=$((pause_ms * 2 > 10000 ? 10000 : pause_ms * 2))
	done
	rm -f "$STACK/run/$name.supervisor"
}

supervised() { alive "$(read_pid "$STACK/run/$1.supervisor")" "supervise-one $STACK $1"; }

# start_supervised NAME COMMAND...
start_supervised() {
	supervised "$1" && return 0
	setsid "$ROOT/tools/lib/supervise-one" "$STACK" "$@" >/dev/null 2>&1 </dev/null 9>&- &
	echo $! >"$STACK/run/$1.supervisor"
}

# stop_supervised NAME...: all at once, then waits for each.
stop_supervised() {
	local n
	for n in "$@"; do
		if supervised "$n"; then
			kill -TERM "$(read_pid "$STACK/run/$n.supervisor")" 2>/dev/null || true
		fi
	done
	for n in "$@"; do
		end_process "$(read_pid "$STACK/run/$n.supervisor")" "supervise-one $STACK $n" 30
		end_process "$(read_pid "$STACK/run/$n.pid")" "jb-$n" 1
		rm -f "$STACK/run/$n.supervisor" "$STACK/run/$n.pid"
	done
}
