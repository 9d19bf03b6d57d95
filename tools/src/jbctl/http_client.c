/* http_client.c - the gateway's API as the configured account: sign in, ask, read streams. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jbctl.h"

static size_t keep(char *data, size_t size, size_t n, void *arg)
{
	struct http_answer *a = arg;
	char *more = realloc(a->body, a->len + size * n + 1);

	if (!more)
		return 0;
	memcpy(more + a->len, data, size * n);
	a->body = more;
	a->len += size * n;
	a->body[a->len] = 0;
	return size * n;
}

static bool send_request(const char *method, const char *path, const char *body, const char *token,
	struct http_answer *ret)
{
	char url[1024], auth[400];
	CURL *c = curl_easy_init();
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	CURLcode rc;

	*ret = (struct http_answer){ 0 };
	if (!c || !headers)
		ctl_die("out of memory");
	if (token) {
		snprintf(auth, sizeof auth, "Authorization: Bearer %s", token);
		headers = curl_slist_append(headers, auth);
	}
	snprintf(url, sizeof url, "%s%s", ctl.api_url, path);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 30L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, ret);
	if (body)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
	rc = curl_easy_perform(c);
	if (rc == CURLE_OK)
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &ret->status);
	else
		fprintf(stderr, "jbctl: %s: %s\n", url, curl_easy_strerror(rc));
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	return rc == CURLE_OK;
}

/* The token of the configured account; signs in on first use. */
static const char *token(void)
{
	static char kept[300];
	struct http_answer a;
	json_t *login, *reply;
	char *text;

	if (*kept)
		return kept;
	if (!*ctl.username)
		ctl_die("settings 'username' and 'password' are needed for this command");
	login = json_pack("{s:s,s:s}", "username", ctl.username, "password", ctl.password);
	text = json_dumps(login, JSON_COMPACT);
	json_decref(login);
	if (!send_request("POST", "/v1/session", text, NULL, &a))
		exit(1);
	free(text);
	reply = a.body ? json_loads(a.body, 0, NULL) : NULL;
	if (a.status != 201 || !json_string_value(json_object_get(reply, "token")))
		ctl_die("signing in as '%s' failed: status %ld %s", ctl.username, a.status,
			a.body ? a.body : "");
	snprintf(kept, sizeof kept, "%s", json_string_value(json_object_get(reply, "token")));
	json_decref(reply);
	free(a.body);
	return kept;
}

bool ctl_http(const char *method, const char *path, const char *body, struct http_answer *ret)
{
	return send_request(method, path, body, token(), ret);
}

void ctl_print_json(const char *text)
{
	json_t *o = json_loads(text, JSON_DECODE_ANY, NULL);
	char *pretty = o ? json_dumps(o, JSON_INDENT(2) | JSON_ENCODE_ANY) : NULL;

	puts(pretty ? pretty : text);
	free(pretty);
	json_decref(o);
}

int ctl_http_show(const char *method, const char *path, const char *body)
{
	struct http_answer a;
	bool ok;

	if (!ctl_http(method, path, body, &a))
		return 1;
	ok = a.status >= 200 && a.status < 300;
	if (!ok)
		fprintf(stderr, "jbctl: %s %s: status %ld\n", method, path, a.status);
	if (a.body)
		ctl_print_json(a.body);
	free(a.body);
	return ok ? 0 : 1;
}

/* ---- streams ---- */

struct lines {
	char buf[65536];
	size_t len;
	bool (*fn)(const char *line);
};

static size_t split(char *data, size_t size, size_t n, void *arg)
{
	struct lines *l = arg;

	for (size_t i = 0; i < size * n; i++) {
		if (data[i] != '\n') {
			if (l->len < sizeof l->buf - 1)
				l->buf[l->len++] = data[i];
			continue;
		}
		l->buf[l->len] = 0;
		l->len = 0;
		if (!l->fn(l->buf))
			return 0;
	}
	return size * n;
}

bool ctl_http_lines(const char *path, const char *last_id, bool (*fn)(const char *line))
{
	static struct lines l;
	char url[1024], auth[400], last[100];
	CURL *c = curl_easy_init();
	struct curl_slist *headers = curl_slist_append(NULL, "Accept: text/event-stream");
	CURLcode rc;

	snprintf(auth, sizeof auth, "Authorization: Bearer %s", token());
	headers = curl_slist_append(headers, auth);
	snprintf(last, sizeof last, "Last-Event-ID: %s", last_id);
	if (*last_id)
		headers = curl_slist_append(headers, last);
	snprintf(url, sizeof url, "%s%s", ctl.api_url, path);
	l = (struct lines){ .fn = fn };
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_UNRESTRICTED_AUTH, 0L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 60L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, split);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &l);
	rc = curl_easy_perform(c);
	if (rc != CURLE_OK && rc != CURLE_WRITE_ERROR)
		fprintf(stderr, "jbctl: %s: %s\n", url, curl_easy_strerror(rc));
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	return rc == CURLE_OK;
}
