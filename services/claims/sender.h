/* sender.h - sends webhooks on a thread of its own; knows no database.
 *
 * The service thread pushes parcels and takes back the ended ones; a parcel belongs to whoever
 * holds it and is freed with parcel_free. What is on its way when the process ends is lost here:
 * the lease in the database brings it back.
 */
#ifndef CLAIMS_SENDER_H
#define CLAIMS_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct parcel {
	struct parcel *next;
	char *delivery_id, *insurer, *endpoint_id, *url, *secret, *previous_secret, *body;
	unsigned attempts;
	/* how it ended */
	long status;        /* HTTP; 0 no answer */
	long retry_after_s; /* of a 429 or 503; 0 none */
	char error[128];
};

struct sender_settings {
	bool allow_http, allow_private;
	long timeout_s;
	size_t parallel;
	const char *ca_file; /* "" the system's */
};

/* One sender per process. False: the thread or libcurl can't start. */
bool sender_start(const struct sender_settings *s);
void sender_stop(void);
size_t sender_room(void); /* how many more parcels are welcome */
void sender_push(struct parcel *p);
struct parcel *sender_take_ended(void); /* a list, oldest first; NULL none */
void parcel_free(struct parcel *p);     /* NULL is fine */

#endif
