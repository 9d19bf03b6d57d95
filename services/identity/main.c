/* main.c - jb-identity: who somebody is and what roles he has. */
#include "identity/identity.h"
#include "identity/store.h"

int main(int argc, char **argv)
{
	static const struct service service = {
		.name = "identity",
		.purpose = "accounts, roles, sessions, API clients, device tokens, party links",
		.config = identity_config,
		.statements = identity_statements,
		.rpcs = { identity_bindings, IDENTITY_RPCS, &identity_rpc },
		.events = identity_events,
		.patience_ms = 20,
		.ticks = identity_ticks,
		.start = identity_start,
	};

	return svc_main(argc, argv, &service);
}
