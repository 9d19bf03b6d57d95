#!/usr/bin/env bash
# gcc.sh - gcc builds everything as it is released, warnings being errors.
set -euo pipefail
. "$(dirname "$0")/../common.sh"
. "$(dirname "$0")/../build.sh"
build "${JB_CI_BUILD:-$ROOT}/build-ci-gcc" -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=RelWithDebInfo |
	grep -E 'warning|error|FAILED' || true
test -x "${JB_CI_BUILD:-$ROOT}/build-ci-gcc/bin/jb-gateway"
