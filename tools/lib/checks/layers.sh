#!/usr/bin/env bash
# layers.sh - who may include what: the kit alone speaks to PostgreSQL and NATS, the gateway to
# HTTP clients, evidence to JPEG; the kit knows nothing of the services, services nothing of each
# other.
set -euo pipefail
cd "$(dirname "$0")/../../.."
status=0

# only HEADER WHERE-ALLOWED (extended regular expression over paths)
only() {
	local bad
	bad=$(git grep -lE "#include [<\"]$1[>\"]" -- 'services/*.[ch]' | grep -vE "$2") || true
	[ -z "$bad" ] || {
		printf '%s includes %s; only %s may\n' "$bad" "$1" "$2"
		status=1
	}
}
only 'libpq-fe\.h' '^services/kit/(db|exec|call|svc_internal|transport|events|rpc|svc)[a-z_]*\.[ch]$'
only 'nats/nats\.h' '^services/(kit|gateway)/'
only 'microhttpd\.h' '^services/gateway/'
only '(jpeglib|turbojpeg)\.h' '^services/evidence/'
only 'libexif/[a-z-]*\.h' '^services/evidence/'
only 'pango/[a-z]*\.h' '^services/liability/'
only 'curl/curl\.h' '^services/(claims|notify)/'

for dir in services/*/; do
	own=$(basename "$dir")
	[ "$own" != contract ] || continue
	bad=$(git grep -nE '#include "[a-z]+/' -- "$dir*.[ch]" "$dir**/*.[ch]" |
		grep -vE "#include \"($own|kit|contract|jingbao)/") || true
	[ "$own" != kit ] || bad=$(git grep -nE '#include "(gateway|identity|intake|dispatch|evidence|liability|claims|oversight|notify|contract)/' -- "$dir") || true
	[ -z "$bad" ] || {
		printf '%s\n  ... reaches into another service\n' "$bad"
		status=1
	}
done

# SQL stands in store files, and a service names no other service's schema.
for s in identity intake dispatch evidence liability claims oversight notify; do
	others=$(printf '%s\n' identity intake dispatch evidence liability claims oversight notify |
		grep -vx "$s" | paste -sd'|')
	bad=$(git grep -nE "\"[^\"]*\b(from|into|update|join) +($others)\.[a-z_]+" -- "services/$s/*.c") || true
	[ -z "$bad" ] || {
		printf '%s\n  ... touches the tables of another service\n' "$bad"
		status=1
	}
done
exit $status
