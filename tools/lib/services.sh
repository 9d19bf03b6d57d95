# shellcheck shell=bash
# services.sh - starts and stops the nine services of a stack under supervisors.
# Needs common.sh, nats.sh, supervise.sh, STACK and BUILD (the directory with bin/).

service_command() { printf '%s/bin/jb-%s' "$BUILD" "$1"; }

# One service's answer about itself over NATS, by jbctl.
service_ready() {
	local answer
	if [ "$1" = gateway ]; then
		curl -fsS -m 3 "http://127.0.0.1:$(state_get "$STACK/state" port)/healthz" >/dev/null
		return
	fi
	answer=$(nats_ask "jingbao.v1.health.$1" '') || return 1
	grep -q '"ready":true' <<<"$answer"
}

services_check_built() {
	local s
	for s in $NATS_SERVICES; do
		[ -x "$(service_command "$s")" ] || die "$(service_command "$s") is not built"
	done
}

services_up() {
	local s
	services_check_built
	for s in $NATS_SERVICES; do
		start_supervised "$s" "$(service_command "$s")" --config "$STACK/etc/$s.conf"
	done
	for s in $NATS_SERVICES; do
		wait_for "${JB_START_SECONDS:-30}" "$s" service_ready "$s" ||
			die "jb-$s is not ready; the end of $STACK/log/$s.log:
$(tail -n 5 "$STACK/log/$s.log")"
	done
}

# The door first, so that nobody is let in while the house empties.
services_down() {
	stop_supervised gateway
	# shellcheck disable=SC2046,SC2086
	stop_supervised $(printf '%s\n' $NATS_SERVICES | grep -v gateway)
}
