/* http.h - a patient HTTP client: JSON in and out, retried while the answer is "later".
 *
 * 429, 502, 503, 504 and broken connections are repeated with back-off until the deadline: every
 * command of the service may be repeated. A struct http belongs to one thread.
 */
#ifndef CITYSIM_HTTP_H
#define CITYSIM_HTTP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct http {
	const char *base; /* "http://127.0.0.1:8080" */
	char *token;      /* bearer, owned; NULL before sign-in */
	void *curl;
	long status;       /* of the last answer; 0: none came */
	char problem[512]; /* of the last answer that was not 2xx */
	long patience_ms;  /* how long a call keeps trying */
	unsigned long repeats;
	const char *key; /* Idempotency-Key of the next call; cleared by it */
};

bool http_open(struct http *h, const char *base);
void http_close(struct http *h);
/* body may be NULL (not consumed). The answer is a new reference, NULL when it was not 2xx or not
 * JSON; h->status says which. */
json_t *http_call(struct http *h, const char *method, const char *path, const json_t *body);
json_t *http_upload(
	struct http *h, const char *path, const char *media, const void *data, size_t len);
/* Form-encoded POST (OAuth 2). */
json_t *http_form(struct http *h, const char *path, const char *form);

bool http_sign_in(struct http *h, const char *username, const char *password);
bool http_client_token(struct http *h, const char *client_id, const char *secret);

#endif
