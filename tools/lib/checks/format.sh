#!/usr/bin/env bash
# format.sh - every C file is as clang-format writes it, and begins with its one-sentence comment.
set -euo pipefail
cd "$(dirname "$0")/../../.."
mapfile -t files < <(git ls-files '*.c' '*.h')
status=0
differ=$(clang-format --dry-run -Werror "${files[@]}" 2>&1 | grep 'error:' | cut -d: -f1 | sort |
	uniq -c) || true
if [ -n "$differ" ]; then
	printf '%s\n' "$differ" | sed 's/^ *\([0-9]*\) \(.*\)/\2: \1 places differ from clang-format/'
	status=1
fi
for f in "${files[@]}"; do
	case $(head -n 1 "$f") in
	"/* $(basename "$f") - "*) ;;
	*)
		echo "$f: the first line is not '/* $(basename "$f") - purpose in one sentence. */'"
		status=1
		;;
	esac
done
exit $status
