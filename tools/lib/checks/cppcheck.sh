#!/usr/bin/env bash
# cppcheck.sh - a second opinion on our own files.
set -euo pipefail
. "$(dirname "$0")/../common.sh"
cd "$ROOT"
cppcheck --quiet --enable=warning,portability --inline-suppr --error-exitcode=1 -j "$(nproc)" \
	--suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches \
	--suppressions-list=tools/lib/checks/cppcheck.txt -D_GNU_SOURCE -DJB_VERSION='"x"' \
	--include=tools/lib/checks/cppcheck.h -I services --library=posix services tools
