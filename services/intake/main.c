/* main.c - declares the intake service. */
#include "intake/reference.h"
#include "intake/service.h"

int main(int argc, char **argv)
{
	static const struct service intake = {
		.name = "intake",
		.purpose = "takes orders, keeps incidents, their lane and their phase",
		.statements = intake_statements,
		.rpcs = { intake_bindings, INTAKE_RPCS, &intake_rpcs },
		.events = intake_events,
		.ticks = intake_ticks,
		.start = reference_start,
		.stop = reference_stop,
	};

	return svc_main(argc, argv, &intake);
}
