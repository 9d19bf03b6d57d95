# shellcheck shell=bash
# streams.sh - makes the JetStream streams and reads them back. Needs nats.sh and a started server.

# Asks one subject as user ops and prints the answer's body.
nats_ask() { # nats_ask SUBJECT BODY
	(
		local inbox line size body=$2
		inbox=_INBOX.ops.$(random_hex 8)
		exec 3<>"/dev/tcp/127.0.0.1/$NATS_PORT" || exit 1
		printf 'CONNECT {"verbose":false,"user":"ops","pass":"%s"}\r\nSUB %s 1\r\n' \
			"$(secret "$STACK/secrets/nats.ops")" "$inbox" >&3
		printf 'PUB %s %s %d\r\n%s\r\n' "$1" "$inbox" "${#body}" "$body" >&3
		while IFS= read -r -t 10 line <&3; do
			case $line in
			MSG*)
				size=${line##* }
				LC_ALL=C IFS= read -r -N "${size%$'\r'}" -t 10 body <&3
				printf '%s' "$body"
				exit 0
				;;
			-ERR*) die "nats-server: $line" ;;
			esac
		done
		die "nats-server did not answer $1 within 10 s"
	)
}

stream_config() { # stream_config NAME SUBJECT MAX_MSGS MAX_BYTES MAX_AGE_S DISCARD
	jq -nc --arg n "$1" --arg s "$2" --argjson m "$3" --argjson b "$4" --argjson a "$5" --arg d "$6" '{
		name: $n, subjects: [$s], retention: "limits", max_consumers: -1, max_msgs: $m,
		max_bytes: $b, max_age: ($a * 1000000000), max_msgs_per_subject: -1,
		max_msg_size: -1, discard: $d, storage: "file", num_replicas: 1,
		duplicate_window: 120000000000, allow_direct: true}'
}

# Prints the settings of the stream that are not as wanted, one word when it does not exist.
stream_differs() { # stream_differs NAME CONFIG
	local answer
	answer=$(nats_ask "\$JS.API.STREAM.INFO.$1" '') || exit 1
	case $(jq -r '.error.err_code // 0' <<<"$answer") in
	0) ;;
	10059) echo missing && return 0 ;;
	*) die "stream $1: $(jq -r '.error.description' <<<"$answer")" ;;
	esac
	jq -r --argjson want "$2" '.config as $have | $want | to_entries[] |
		select($have[.key] != .value and .value != false) | .key' <<<"$answer"
}

# Creates or updates, then compares: nats-server drops settings it does not know in silence.
stream_ensure() { # stream_ensure NAME CONFIG
	local answer differs verb=UPDATE
	differs=$(stream_differs "$1" "$2") || exit 1
	[ -n "$differs" ] || return 0
	[ "$differs" != missing ] || verb=CREATE
	answer=$(nats_ask "\$JS.API.STREAM.$verb.$1" "$2") || exit 1
	[ "$(jq -r '.error.code // 0' <<<"$answer")" = 0 ] ||
		die "stream $1: $(jq -r '.error.description' <<<"$answer")"
	differs=$(stream_differs "$1" "$2") || exit 1
	[ -z "$differs" ] || die "stream $1: the server did not keep: $differs"
}

streams_ensure() {
	local bytes=$((NATS_MAX_MB * 1024 * 1024 / 2))
	need jq jq
	stream_ensure JINGBAO "$(stream_config JINGBAO 'jingbao.v1.event.>' -1 "$bytes" $((7 * 86400)) new)"
	stream_ensure JINGBAO_PROBE "$(stream_config JINGBAO_PROBE jingbao.v1.probe 16 1048576 3600 old)"
}
