/* bus_client.c - the operator's NATS connection and plain requests over it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jbctl.h"
#include "kit/bus.h"

natsConnection *ctl_bus(void)
{
	static natsConnection *nc;
	const struct bus_options o = { ctl.nats_url, ctl.nats_user, ctl.nats_password, "ops",
		true };
	char err[240];

	if (!nc)
		nc = bus_connect(&o, err, sizeof err);
	if (!nc)
		ctl_die("%s", err);
	return nc;
}

char *ctl_ask(const char *subject, const char *body, int timeout_ms, char *err, size_t size)
{
	natsMsg *m = NULL;
	char *text = NULL;
	natsStatus s =
		natsConnection_Request(&m, ctl_bus(), subject, body, (int)strlen(body), timeout_ms);

	if (s == NATS_OK)
		text = strndup(natsMsg_GetData(m), (size_t)natsMsg_GetDataLength(m));
	else
		snprintf(err, size, "%s",
			s == NATS_NO_RESPONDERS ? "nobody answers" : natsStatus_GetText(s));
	natsMsg_Destroy(m);
	return text;
}
