/* http.c - libcurl behind http.h. */
#include "http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kit/timeutil.h"

enum { CONNECT_MS = 2000, CALL_MS = 20000, BACKOFF_MAX_MS = 2000 };

struct answer {
	char *text;
	size_t len, size;
};

static size_t take(char *data, size_t one, size_t n, void *arg)
{
	struct answer *a = arg;
	size_t bytes = one * n;

	if (a->len + bytes + 1 > a->size) {
		size_t size = (a->len + bytes + 1) * 2;
		char *more = realloc(a->text, size);

		if (!more)
			return 0;
		a->text = more;
		a->size = size;
	}
	memcpy(a->text + a->len, data, bytes);
	a->len += bytes;
	a->text[a->len] = 0;
	return bytes;
}

bool http_open(struct http *h, const char *base)
{
	*h = (struct http){ .base = base, .curl = curl_easy_init(), .patience_ms = 120000 };
	return h->curl != NULL;
}

void http_close(struct http *h)
{
	curl_easy_cleanup(h->curl);
	free(h->token);
	*h = (struct http){ 0 };
}

static struct curl_slist *headers(const struct http *h, const char *media)
{
	struct curl_slist *list = curl_slist_append(NULL, "Accept: application/json");
	char line[512];

	if (media) {
		snprintf(line, sizeof line, "Content-Type: %s", media);
		list = curl_slist_append(list, line);
	}
	if (h->token) {
		snprintf(line, sizeof line, "Authorization: Bearer %s", h->token);
		list = curl_slist_append(list, line);
	}
	if (h->key) {
		snprintf(line, sizeof line, "Idempotency-Key: \"%s\"", h->key);
		list = curl_slist_append(list, line);
	}
	return curl_slist_append(list, "Expect:");
}

/* One try. False: no answer came. */
static bool try_once(struct http *h, const char *method, const char *url, const char *media,
	const void *data, size_t len, struct answer *a)
{
	struct curl_slist *list = headers(h, data ? media : NULL);
	CURLcode rc;

	curl_easy_reset(h->curl);
	curl_easy_setopt(h->curl, CURLOPT_URL, url);
	curl_easy_setopt(h->curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(h->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(h->curl, CURLOPT_TIMEOUT_MS, (long)CALL_MS);
	curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h->curl, CURLOPT_PROXY, "");
	if (data || strcmp(method, "GET") != 0) {
		curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, data ? data : "");
		curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE, (long)len);
	}
	a->len = 0;
	rc = curl_easy_perform(h->curl);
	curl_slist_free_all(list);
	h->status = 0;
	if (rc != CURLE_OK) {
		snprintf(h->problem, sizeof h->problem, "%s", curl_easy_strerror(rc));
		return false;
	}
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &h->status);
	return true;
}

static bool later(long status)
{
	return status == 429 || status == 502 || status == 503 || status == 504;
}

static json_t *call(struct http *h, const char *method, const char *path, const char *media,
	const void *data, size_t len)
{
	struct answer a = { 0 };
	char url[1024];
	int64_t until = mono_us() + h->patience_ms * US_PER_MS;
	unsigned wait_ms = 50;
	json_t *v = NULL;

	snprintf(url, sizeof url, "%s%s", h->base, path);
	while (!try_once(h, method, url, media, data, len, &a) || later(h->status)) {
		if (mono_us() > until)
			break;
		h->repeats++;
		curl_easy_reset(h->curl);
		struct timespec ts = { wait_ms / 1000, (long)(wait_ms % 1000) * 1000000 };
		nanosleep(&ts, NULL);
		wait_ms = wait_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : wait_ms * 2;
	}
	if (h->status / 100 == 2)
		v = a.len ? json_loads(a.text, 0, NULL) : json_object();
	else if (h->status)
		snprintf(h->problem, sizeof h->problem, "%s %s: %ld %s", method, path, h->status,
			a.len ? a.text : "");
	free(a.text);
	h->key = NULL;
	return v;
}

json_t *http_call(struct http *h, const char *method, const char *path, const json_t *body)
{
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	json_t *v = call(h, method, path, "application/json", text, text ? strlen(text) : 0);

	free(text);
	return v;
}

json_t *http_upload(
	struct http *h, const char *path, const char *media, const void *data, size_t len)
{
	return call(h, "POST", path, media, data, len);
}

json_t *http_form(struct http *h, const char *path, const char *form)
{
	return call(h, "POST", path, "application/x-www-form-urlencoded", form, strlen(form));
}

static bool keep_token(struct http *h, json_t *reply, const char *field)
{
	const char *t = json_string_value(json_object_get(reply, field));

	free(h->token);
	h->token = t ? strdup(t) : NULL;
	json_decref(reply);
	return h->token != NULL;
}

bool http_sign_in(struct http *h, const char *username, const char *password)
{
	json_t *body = json_pack("{s:s, s:s}", "username", username, "password", password);
	json_t *reply = http_call(h, "POST", "/v1/session", body);

	json_decref(body);
	return keep_token(h, reply, "token");
}

bool http_client_token(struct http *h, const char *client_id, const char *secret)
{
	char *id = curl_easy_escape(h->curl, client_id, 0);
	char *key = curl_easy_escape(h->curl, secret, 0);
	char form[512];

	snprintf(form, sizeof form, "grant_type=client_credentials&client_id=%s&client_secret=%s",
		id ? id : "", key ? key : "");
	curl_free(id);
	curl_free(key);
	return keep_token(h, http_form(h, "/v1/oauth/token", form), "access_token");
}
