#!/usr/bin/env bash
# count.sh - the line `N passed, N failed, N skipped` counts what the programs said.
set -euo pipefail
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

block() { # block NAME STATUS TEXT
	printf '%s/9 Testing: %s\n%s\nTest %s.\n' 1 "$1" "$3" "$2"
}
counted() { [ "$(count_tests "$WORK/log")" = "$1" ] || { count_tests "$WORK/log" && return 1; }; }

{
	block unit_a Passed '[  PASSED  ] 7 test(s).'
	block e2e_b Passed $'\xe2\x84\xb9 pass 4\n\xe2\x84\xb9 fail 0\n\xe2\x84\xb9 skipped 2'
	block script Passed 'ok'
} >"$WORK/log"
expect "cases of cmocka and node are summed, a plain script counts one" counted "12 0 2"
{
	block unit_a Failed $'[  PASSED  ] 6 test(s).\n[  FAILED  ] 1 test(s), listed below:'
	block crash Failed 'AddressSanitizer: heap-use-after-free'
	block late Failed '[  PASSED  ] 3 test(s).'
} >"$WORK/log"
expect "failed cases, a crash, and a leak after the last case all fail" counted "9 3 0"
{
	block absent Skipped 'no material'
} >"$WORK/log"
expect "a skipped program is skipped" counted "0 0 1"
