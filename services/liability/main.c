/* main.c - liability: the officers' queue, the determination, its document and signatures. */
#include "liability/handlers.h"
#include "liability/store.h"

static void stop(void)
{
	print_stop();
	signing_stop();
}

static const struct service liability = {
	.name = "liability",
	.purpose = "parties, the officers' review, the determination and how it was served",
	.config = liability_config,
	.statements = liability_statements,
	.rpcs = { liability_bindings, LIABILITY_RPCS, &liability_handlers },
	.events = liability_events,
	.patience_ms = 20,
	.ticks = (const struct tick[]){ { "print", 200, print_tick }, { 0 } },
	.start = signing_start,
	.stop = stop,
};

int main(int argc, char **argv)
{
	return svc_main(argc, argv, &liability);
}
