#!/usr/bin/env bash
# openapi.sh - the generated OpenAPI document passes two strict public linters.
set -euo pipefail
. "$(dirname "$0")/../common.sh"
for b in build-ci-gcc build-dev build; do
	doc=${JB_CI_BUILD:-$ROOT}/$b/gen/contract/openapi.json
	[ -f "$doc" ] && break
done
[ -f "$doc" ] || {
	echo "no build holds openapi.json; run the check 'gcc' first"
	exit 77
}
"$ROOT/tests/contract/openapi_lint.sh" "$doc" "$(dirname "$doc")/lint"
