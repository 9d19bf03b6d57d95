/* live.c - sends live events. */
#include "kit/live.h"

#include <assert.h>
#include <stdio.h>
#include "kit/svc_internal.h"
#include "kit/timeutil.h"

void live_tell(struct call *c, const ProtobufCMessage *event)
{
	const struct msg_meta *meta = contract_message(&jb_contract, event->descriptor->name);
	struct event_row e = event_pack(c, event);
	char subject[128], when[TIME_TEXT_MAX];
	natsMsg *m = NULL;

	assert(meta && meta->live);
	snprintf(subject, sizeof subject, "jingbao.v1.live.%s.%s", e.district,
		event->descriptor->short_name);
	if (!e.body || natsMsg_Create(&m, subject, NULL, e.body, (int)e.len) != NATS_OK)
		return;
	/* Trouble with the bus is for its own error handler to report. */
	if (natsMsgHeader_Set(m, "ce-id", e.id) == NATS_OK &&
		natsMsgHeader_Set(m, "ce-type", e.type) == NATS_OK &&
		natsMsgHeader_Set(m, "ce-time", time_to_text(c->at_us, when)) == NATS_OK)
		natsConnection_PublishMsg(c->svc->nc, m);
	natsMsg_Destroy(m);
}
