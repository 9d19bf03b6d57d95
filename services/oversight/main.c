/* main.c - declares the oversight service. */
#include "oversight/oversight.h"

int main(int argc, char **argv)
{
	static const struct service oversight = {
		.name = "oversight",
		.purpose =
			"keeps the timeline, runs the clocks, presses when a limit passes, reports",
		.config = oversight_config,
		.statements = oversight_statements,
		.rpcs = { oversight_bindings, OVERSIGHT_RPCS, &oversight_rpcs },
		.events = oversight_events,
		.patience_ms = 20,
		.takes_asides = true,
		.ticks = oversight_ticks,
	};

	return svc_main(argc, argv, &oversight);
}
