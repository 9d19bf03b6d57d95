#!/usr/bin/env bash
# tidy.sh - clang-tidy over our own files: the checks of .clang-tidy, each finding an error.
set -euo pipefail
. "$(dirname "$0")/../common.sh"
build=${JB_CI_BUILD:-$ROOT}/build-ci-clang
[ -f "$build/compile_commands.json" ] || {
	echo "run the check 'clang' first: it leaves the compile commands"
	exit 77
}
cd "$ROOT"
known=$(sed -n 's/^\([^# ][^ ]*\) .*/\1/p' tools/lib/checks/tidy.txt | paste -sd'|')
found=$(git ls-files 'services/*.c' 'tools/*.c' | xargs -P "$(nproc)" -n 8 \
	clang-tidy --quiet -p "$build" 2>/dev/null | grep -E 'warning:|error:' | sort -u |
	grep -vE "$known") || true
[ -z "$found" ] || {
	printf '%s\n' "$found"
	exit 1
}
