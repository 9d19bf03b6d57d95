#!/usr/bin/env bash
# secrets.sh - nothing that looks like a key or a password is in the repository.
set -euo pipefail
cd "$(dirname "$0")/../../.."
patterns='-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[baprs]-[0-9A-Za-z-]{20}|whsec_[A-Za-z0-9+/]{24,}|(password|passwd|secret|token)["'"'"']? *[:=] *["'"'"'][A-Za-z0-9+/_-]{20,}["'"'"']'
# The published example of Standard Webhooks is no secret.
found=$(git grep -nIiE -e "$patterns" -- . ':!*package-lock.json' ':!tools/lib/checks/secrets.sh' |
	grep -v 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw') || true
[ -z "$found" ] || {
	printf '%s\n' "$found" | cut -c1-160
	exit 1
}
for f in var build node_modules; do
	[ -z "$(git ls-files -- "$f")" ] || {
		echo "$f/ is in the repository"
		exit 1
	}
done
