#!/usr/bin/env bash
# shell.sh - every shell script passes shellcheck.
set -euo pipefail
cd "$(dirname "$0")/../../.."
command -v shellcheck >/dev/null || {
	echo "shellcheck is not installed"
	exit 77
}
mapfile -t files < <(git ls-files | while read -r f; do
	[ -f "$f" ] || continue
	case $f in
	*.sh) echo "$f" ;;
	*) [ "$(head -c 2 "$f" | tr -d '\0')" = '#!' ] && head -n 1 "$f" | grep -qE '(ba)?sh$' && echo "$f" ;;
	esac
done)
shellcheck -x "${files[@]}"
