#!/usr/bin/env bash
# supervise.sh - a program that dies is started again; one that dies young, more and more slowly.
set -euo pipefail
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
STACK=$WORK/sup
mkdir -p "$STACK/run" "$STACK/log"

another_pid() { [ -s "$STACK/run/sleeper.pid" ] && [ "$(read_pid "$STACK/run/sleeper.pid")" != "$1" ]; }
start_supervised sleeper sleep 1000
expect "it runs" wait_for 5 start another_pid ""
first=$(read_pid "$STACK/run/sleeper.pid")
kill -9 "$first"
expect "killed, it runs again" wait_for 5 restart another_pid "$first"
second=$(read_pid "$STACK/run/sleeper.pid")
stop_supervised sleeper
expect "stopped, it is gone" fails kill -0 "$second"
expect "and its supervisor too" fails supervised sleeper

start_supervised broken sh -c 'echo once >>'"$STACK/starts"'; exit 3'
sleep 3
stop_supervised broken
starts=$(wc -l <"$STACK/starts")
expect "a broken one is tried a few times, not in a loop (saw $starts)" test "$starts" -ge 2 -a "$starts" -le 6
expect "its status is in the log" grep -q 'broken ended with status 3' "$STACK/log/broken.log"
