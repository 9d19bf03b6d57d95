/* http.c - provider "http": POSTs the message as JSON to a messaging service.
 *
 * One connection kept open; no redirects followed, so that the token goes nowhere else. The id goes
 * along as Idempotency-Key. Answers are not read beyond their status.
 */
#include "notify/provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <curl/curl.h>

static struct {
	const struct provider_settings *settings;
	CURL *curl;
	bool global;
} http;

static size_t discard(char *data, size_t size, size_t n, void *arg)
{
	(void)data;
	(void)arg;
	return size * n;
}

static bool http_open(const struct provider_settings *s, const char **ret_why)
{
	if (!*s->url) {
		*ret_why = "provider http needs http_url";
		return false;
	}
	http.settings = s;
	http.global = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	http.curl = http.global ? curl_easy_init() : NULL;
	if (http.curl)
		return true;
	*ret_why = "libcurl can't start";
	return false;
}

static struct curl_slist *headers(const struct outgoing *m)
{
	char line[512];
	struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");
	(void)snprintf(line, sizeof(line), "Idempotency-Key: %s", m->id);
	list = curl_slist_append(list, line);
	if (*http.settings->token) {
		(void)snprintf(
			line, sizeof(line), "Authorization: Bearer %s", http.settings->token);
		list = curl_slist_append(list, line);
	}
	return curl_slist_append(list, "Expect:");
}

static CURLcode post(const char *body, size_t len, struct curl_slist *list, long *ret_status)
{
	CURL *c = http.curl;
	curl_easy_reset(c); /* keeps the connection */
	(void)curl_easy_setopt(c, CURLOPT_URL, http.settings->url);
	(void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(c, CURLOPT_POST, 1L);
	(void)curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
	(void)curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	(void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
	(void)curl_easy_setopt(c, CURLOPT_TIMEOUT, http.settings->timeout_s);
	(void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, http.settings->timeout_s);
	(void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, discard);
	(void)curl_easy_setopt(c, CURLOPT_USERAGENT, "jingbao-notify/" JB_VERSION);
	CURLcode e = curl_easy_perform(c);
	if (e == CURLE_OK)
		(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, ret_status);
	return e;
}

static enum outcome http_send(const struct outgoing *m, char error[static ERROR_MAX])
{
	size_t len = 0;
	long status = 0;
	char *body = outgoing_json(m, &len);
	struct curl_slist *list = headers(m);
	CURLcode e = body && list ? post(body, len, list, &status) : CURLE_OUT_OF_MEMORY;
	curl_slist_free_all(list);
	free(body);
	if (e != CURLE_OK) {
		(void)snprintf(error, ERROR_MAX, "http: %s", curl_easy_strerror(e));
		return OUTCOME_RETRY;
	}
	enum outcome o = outcome_of_status(status);
	if (o != OUTCOME_SENT)
		(void)snprintf(error, ERROR_MAX, "http: answered %ld", status);
	return o;
}

static void http_close(void)
{
	if (http.curl)
		curl_easy_cleanup(http.curl);
	if (http.global)
		curl_global_cleanup();
	http.curl = NULL;
	http.global = false;
}

const struct provider provider_http = { "http", http_open, http_send, http_close };
