/* provider.h - ways to get a message out: a spool directory, or an HTTP service.
 *
 * A provider is opened once and used by the sender's thread alone. It may block. Sending the same
 * message again is harmless: the spool writes the same file, the HTTP service gets the message's id
 * as Idempotency-Key.
 */
#ifndef NOTIFY_PROVIDER_H
#define NOTIFY_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kit/uuid.h"

enum { PHONE_MAX = 32, TEMPLATE_MAX = 64, BODY_MAX = 2048, ERROR_MAX = 160 };

struct outgoing {
	char id[UUID_TEXT], incident_id[UUID_TEXT];
	char phone[PHONE_MAX], template[TEMPLATE_MAX], body[BODY_MAX];
	int attempt;
	int64_t created_at, expires_at, lease_until;
	char lease[UUID_TEXT];
};

enum outcome {
	OUTCOME_SENT,
	OUTCOME_RETRY,
	OUTCOME_REFUSED,
	OUTCOME_LATE, /* waited so long that the lease may end while it is sent: not tried */
};

struct provider_settings {
	const char *spool_dir;
	const char *url, *token; /* http */
	long timeout_s;
};

struct provider {
	const char *name;
	/* False with *ret_why (static). */
	bool (*open)(const struct provider_settings *s, const char **ret_why);
	/* Why it was not sent, without personal data, into error. */
	enum outcome (*send)(const struct outgoing *m, char error[static ERROR_MAX]);
	void (*close)(void);
};

extern const struct provider provider_spool, provider_http;
/* NULL when unknown. */
const struct provider *provider_find(const char *name);

/* {"messageId":..,"to":..,"text":..} as malloc'd text; NULL without memory. */
char *outgoing_json(const struct outgoing *m, size_t *ret_len);
/* What an HTTP status means for the message: 2xx sent, 408, 425, 429 and 5xx again, else refused.
 */
enum outcome outcome_of_status(long status);

#endif
