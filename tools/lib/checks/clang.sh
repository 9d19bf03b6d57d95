#!/usr/bin/env bash
# clang.sh - clang builds everything, warnings being errors.
set -euo pipefail
. "$(dirname "$0")/../common.sh"
. "$(dirname "$0")/../build.sh"
build "${JB_CI_BUILD:-$ROOT}/build-ci-clang" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo |
	grep -E 'warning|error|FAILED' || true
test -x "${JB_CI_BUILD:-$ROOT}/build-ci-clang/bin/jb-gateway"
