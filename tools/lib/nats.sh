# shellcheck shell=bash
# nats.sh - a private nats-server of a stack: users, start, stop, streams.
# Needs common.sh and STACK.
# shellcheck disable=SC2016

NATS_SERVICES="gateway identity intake dispatch evidence liability claims oversight notify"

capital() { printf '%s' "$(tr '[:lower:]' '[:upper:]' <<<"${1:0:1}")${1:1}"; }

# Names of the events a service declares in its .proto file.
own_events() {
	[ -f "$ROOT/proto/jingbao/v1/$1.proto" ] || return 0
	awk '/^message / { m = $2 }
		/option \(event\)/ { print (/live: true/ ? "live.*." : /aside: true/ ? "event.*.aside." : "event.*.") m }' \
		"$ROOT/proto/jingbao/v1/$1.proto"
}

quoted_list() { # lines on stdin -> "a", "b"
	awk 'NF { printf "%s\"%s\"", (n++ ? ", " : ""), $0 }'
}

# What every consumer of the stream needs to ask JetStream for its own durable.
consumer_subjects() {
	cat <<-END
		\$JS.API.INFO
		\$JS.API.STREAM.INFO.JINGBAO
		\$JS.API.STREAM.NAMES
		\$JS.API.STREAM.LIST
		\$JS.API.CONSUMER.DURABLE.CREATE.JINGBAO.$1
		\$JS.API.CONSUMER.INFO.JINGBAO.$1
		\$JS.API.CONSUMER.DELETE.JINGBAO.$1
		\$JS.ACK.JINGBAO.$1.>
		jingbao.v1.probe
	END
}

# Where callers wait for answers. Named once for all: allow_responses would keep an entry for every
# delivered message with a reply subject, which all of JetStream's have, and walk over them each time.
answers() {
	cat <<-END
		_INBOX.gateway.>
		_INBOX.ops.>
	END
}

service_publishes() {
	local e
	consumer_subjects "$1"
	answers
	for e in $(own_events "$1"); do
		echo "jingbao.v1.$e"
	done
}

service_subscribes() {
	cat <<-END
		jingbao.v1.$(capital "$1").>
		jingbao.v1.health.$1
		jingbao.v1.stats.$1
		_INBOX.$1.>
		_DELIVER.$1
		_DELIVER.$1.>
	END
}

# The gateway's consumers are short-lived, one per reader that resumes, so their names are free.
gateway_publishes() {
	answers
	cat <<-END
		jingbao.v1.*.*
		jingbao.v1.probe
		\$JS.API.INFO
		\$JS.API.STREAM.INFO.JINGBAO
		\$JS.API.STREAM.NAMES
		\$JS.API.STREAM.LIST
		\$JS.API.STREAM.MSG.GET.JINGBAO
		\$JS.API.DIRECT.GET.JINGBAO
		\$JS.API.DIRECT.GET.JINGBAO.>
		\$JS.API.CONSUMER.*.JINGBAO
		\$JS.API.CONSUMER.*.JINGBAO.>
		\$JS.API.CONSUMER.DURABLE.CREATE.JINGBAO.>
		\$JS.API.CONSUMER.MSG.NEXT.JINGBAO.>
		\$JS.ACK.JINGBAO.>
		\$JS.FC.>
	END
}

nats_user() { # nats_user NAME: its block, from subjects on descriptors 3 (publish) and 4 (subscribe)
	cat <<-END
		    { user: "$1", password: "$(secret "$STACK/secrets/nats.$1")"
		      permissions: { publish: { allow: [ $(quoted_list <&3) ] }
		        subscribe: { allow: [ $(quoted_list <&4) ] } } }
	END
}

nats_users() {
	local s
	for s in $NATS_SERVICES; do
		if [ "$s" = gateway ]; then
			nats_user gateway 3< <(gateway_publishes) 4< <(service_subscribes gateway; echo 'jingbao.v1.live.>')
		else
			nats_user "$s" 3< <(service_publishes "$s") 4< <(service_subscribes "$s")
		fi
	done
	nats_user ops 3< <(printf '%s\n' 'jingbao.v1.>' '$JS.API.>' '$JS.ACK.JINGBAO.>') \
		4< <(printf '%s\n' '_INBOX.ops.>' '_DELIVER.ops' '_DELIVER.ops.>' 'jingbao.v1.event.>')
}

# JetStream may never fill its volume: the server hangs for good when it does. A quarter of what is
# free at the first start, 4 GB at most, kept from then on.
nats_limits() {
	local free max
	max=$(state_get "$STACK/state" nats_max_mb)
	if [ -z "$max" ]; then
		free=$(df -Pm "$STACK" | awk 'NR == 2 { print $4 }')
		max=$((free / 4 < 4096 ? free / 4 : 4096))
		[ "$max" -ge 64 ] || die "only $free MB free on the volume of $STACK; 256 MB are needed"
		state_set "$STACK/state" nats_max_mb "$max"
	fi
	NATS_MAX_MB=${JB_NATS_MAX_MB:-$max}
}

# nats_conf_text LISTEN STORE: the server's configuration, passwords and all.
nats_conf_text() {
	cat <<-END
		# Written by tools/lib/nats.sh. All users are inside accounts{}: beside a \$SYS account an
		# authorization{} block would let clients without credentials in (CVE-2023-47090).
		listen: "$1"
		server_name: "jingbao"
		max_payload: 1MB
		write_deadline: "5s"
		lame_duck_duration: "30s"
		# Who doesn't answer for 9 s is dropped: a stopped process must not keep requests and events.
		ping_interval: "3s"
		ping_max: 2
		jetstream { store_dir: "$2", max_mem: 64MB, max_file: ${NATS_MAX_MB}MB }
		accounts { JINGBAO { jetstream: enabled, users: [
		$(nats_users)
		] } }
	END
}

nats_configure() {
	(umask 077 && {
		nats_conf_text "127.0.0.1:$NATS_PORT" "$STACK/nats/store"
		printf 'pid_file: "%s"\nlog_file: "%s"\n' "$STACK/nats/pid" "$STACK/log/nats.log"
	} >"$STACK/nats/nats.conf")
	nats-server -t -c "$STACK/nats/nats.conf" >"$STACK/log/nats-check.log" 2>&1 ||
		die "nats-server refuses its configuration: $(cat "$STACK/log/nats-check.log")"
}

nats_running() { alive "$(read_pid "$STACK/nats/pid")" "$STACK/nats/nats.conf"; }

nats_greets() { nats_running && [[ $(nats_talk '') == INFO* ]]; }

# nats_talk TEXT: sends the text to the server and prints what it says within half a second.
nats_talk() {
	(
		exec 3<>"/dev/tcp/127.0.0.1/$NATS_PORT" || exit 1
		[ -z "$1" ] || printf '%b' "$1" >&3
		while IFS= read -r -t 0.5 line <&3; do
			printf '%s\n' "$line"
			case $line in PONG* | -ERR*) exit 0 ;; INFO*) [ -n "$1" ] || exit 0 ;; esac
		done
	) 2>/dev/null
}

nats_check_anonymous() {
	local answer
	answer=$(nats_talk 'CONNECT {"verbose":false}\r\nPING\r\n')
	grep -q "^-ERR 'Authorization Violation'" <<<"$answer" ||
		die "the nats-server on port $NATS_PORT does not refuse anonymous clients"
}

nats_launch() {
	rm -f "$STACK/nats/pid"
	setsid nats-server -c "$STACK/nats/nats.conf" >>"$STACK/log/nats.out" 2>&1 </dev/null 9>&- &
	wait_for 20 "nats-server" nats_greets
}

nats_up() {
	local try
	need nats-server nats-server
	mkdir -p "$STACK/nats"
	NATS_PORT=$(state_get "$STACK/state" nats_port)
	nats_limits
	if nats_running; then
		nats_configure
		kill -HUP "$(read_pid "$STACK/nats/pid")"
	else
		for try in 1 2 3 4 5; do
			if [ -z "$NATS_PORT" ] || port_taken "$NATS_PORT"; then
				NATS_PORT=$(free_port)
				state_set "$STACK/state" nats_port "$NATS_PORT"
			fi
			nats_configure
			nats_launch && break
			[ "$try" -lt 5 ] || die "nats-server does not start: $(tail -n 3 "$STACK/log/nats.log")"
		done
	fi
	nats_check_anonymous
	NATS_URL=nats://127.0.0.1:$NATS_PORT
}

# A server whose volume is full ignores TERM; the streams survive KILL (PostgreSQL is the record).
nats_down() {
	end_process "$(read_pid "$STACK/nats/pid")" "$STACK/nats/nats.conf" 10
}
