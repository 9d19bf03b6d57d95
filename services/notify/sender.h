/* sender.h - one thread that sends, so that the service thread never waits for a provider.
 *
 * The service thread hands messages in and takes results out; nothing else is shared. Messages
 * handed in are sent in order. Stopping finishes the message being sent and leaves the rest, whose
 * leases run out.
 */
#ifndef NOTIFY_SENDER_H
#define NOTIFY_SENDER_H

#include "notify/provider.h"

enum { SENDER_QUEUE = 64 };

struct sent {
	struct outgoing message;
	enum outcome outcome;
	char error[ERROR_MAX];
};

/* False with *ret_why (static). */
bool sender_start(
	const struct provider *p, const struct provider_settings *s, const char **ret_why);
void sender_stop(void);
/* How many more it takes now. */
size_t sender_room(void);
/* Copies the message; false when there is no room. */
bool sender_put(const struct outgoing *m);
/* The oldest result not taken yet; false when there is none. */
bool sender_take(struct sent *ret);

#endif
