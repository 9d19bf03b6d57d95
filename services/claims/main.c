/* main.c - claims: what the damage costs, who pays it, and that each insurer is told. */
#include "claims/claims.h"

static const struct service claims = {
	.name = "claims",
	.purpose = "assesses losses, splits the money and hands each insurer its claim",
	.config = claims_config,
	.statements = claims_statements,
	.rpcs = { claims_bindings, CLAIMS_RPCS, &claims_handlers },
	.events = claims_events,
	.patience_ms = 20,
	.ticks =
		(const struct tick[]){
			{ "deliver", 250, deliver_tick },
			{ "hand_off", 2000, hand_off_tick },
			{ 0 },
		},
	.start = deliver_start,
	.stop = deliver_stop,
	.metrics = claims_metrics,
};

int main(int argc, char **argv)
{
	return svc_main(argc, argv, &claims);
}
