/* main.c - evidence: keeps a case's photos, checks them, and says which are missing. */
#include "evidence/handlers.h"
#include "evidence/store.h"

static const struct service service = {
	.name = "evidence",
	.purpose = "keeps a case's photos, checks them, and says which are missing",
	.config = evidence_config,
	.statements = evidence_statements,
	.rpcs = { evidence_bindings, EVIDENCE_RPCS, &evidence_handlers },
	.events = evidence_events,
	.patience_ms = 20,
	.ticks = (const struct tick[]){ { "reap_workers", 5000, reap_workers }, { 0 } },
	.start = evidence_start,
	.stop = evidence_stop,
	.metrics = evidence_metrics,
};

int main(int argc, char **argv)
{
	return svc_main(argc, argv, &service);
}
