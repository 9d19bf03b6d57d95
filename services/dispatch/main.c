/* main.c - declares the dispatch service. */
#include "dispatch/positions_lot.h"
#include "dispatch/service.h"

int main(int argc, char **argv)
{
	static const struct service dispatch = {
		.name = "dispatch",
		.purpose = "sends the nearest available responder and keeps the 10-minute promise",
		.config = dispatch_config,
		.statements = dispatch_statements,
		.rpcs = { dispatch_bindings, DISPATCH_RPCS, &dispatch_rpcs },
		.events = dispatch_events,
		.ticks = dispatch_ticks,
		.start = dispatch_start,
		.stop = dispatch_stop,
		.gather = &positions_gather,
	};

	return svc_main(argc, argv, &dispatch);
}
