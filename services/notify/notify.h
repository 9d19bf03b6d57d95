/* notify.h - what the parts of notify share: settings, event and tick handlers. */
#ifndef NOTIFY_NOTIFY_H
#define NOTIFY_NOTIFY_H

#include "contract/contract.gen.h"
#include "kit/svc.h"
#include "notify/provider.h"

struct notify_settings {
	const char *provider, *public_url, *hotline;
	struct provider_settings how;
};
extern struct notify_settings settings;
extern const struct config_item notify_config[];
extern const struct event_handler notify_events[];
extern const struct notify_handlers notify_handlers;

/* Results in, due messages out. */
Pb__Code send_tick(struct call *c, bool *ret_more);

#endif
