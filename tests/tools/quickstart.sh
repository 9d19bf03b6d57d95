#!/usr/bin/env bash
# quickstart.sh - the newcomer's command, as in README.md: one case, closed, everything stopped; and
# once more over the same data.
set -euo pipefail
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
export JB_VAR=$WORK/var JB_BUILD=$BUILD
trap '"$ROOT/tools/quickstart" reset; finish' EXIT

expect "a case closes" says 'the case closed; everything is stopped' "$ROOT/tools/quickstart" --once
expect "its document is a PDF" grep -qa '^%PDF-' "$WORK"/var/*-000001.pdf
expect "no service ran into trouble" fails grep -h ' error svc=' "$WORK"/var/log/*.log
expect "again, over the same data" says 'the case closed' "$ROOT/tools/quickstart" --once
expect "nothing is left running" fails pgrep -f "$WORK/var"
