#!/bin/sh
# openapi_lint.sh OPENAPI WORKDIR - two public linters, strict, over the generated document.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
doc=$1 work=$2
mkdir -p "$work"
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$here/redocly.yaml" \
	"$here/.spectral.yaml" "$work/"
cd "$work"
# Installed once per lock file.
if ! cmp -s package-lock.json node_modules/.installed; then
	echo "installing the linters with npm"
	npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1 || {
		cat npm.log
		echo "FAIL: npm could not install the linters named in tests/contract/package.json"
		exit 1
	}
	cp package-lock.json node_modules/.installed
fi
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

lint() {
	node_modules/.bin/redocly lint --config redocly.yaml "$1" &&
		node_modules/.bin/spectral lint --fail-severity=warn -r .spectral.yaml "$1"
}
lint "$doc"

# The linters must be able to refuse: the same document with one operationId twice.
node -e '
const d = JSON.parse(require("fs").readFileSync(process.argv[1]));
d.paths["/healthz"].get.operationId = d.paths["/readyz"].get.operationId;
require("fs").writeFileSync("broken.json", JSON.stringify(d));' "$doc"
if lint broken.json >broken.log 2>&1; then
	echo "FAIL: a document with a repeated operationId passed"
	exit 1
fi
echo "ok"
