#!/usr/bin/env bash
# gcc.sh - gcc builds everything as it is released, warnings being errors.
set -euo pipefail
. "$(dirname "$0")/../common.sh"
. "$(dirname "$0")/../build.sh"
dir=${JB_CI_BUILD:-$ROOT}/build-ci-gcc
(build "$dir" -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=RelWithDebInfo) >"$dir.out" 2>&1 || {
	grep -E -A5 'error|FAILED' "$dir.out" | head -n 60
	exit 1
}
