/* doctor_services.c - what each service says of itself, and the gateway's doors. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "doctor.h"
#include "jbctl.h"
#include "kit/bus.h"

static natsConnection *nc;

static void report_health(const char *name, const json_t *o)
{
	json_t *reasons = json_object_get(o, "reasons"), *r;
	size_t i;

	if (json_is_true(json_object_get(o, "ready"))) {
		fine("%s %s is well", name, json_string_value(json_object_get(o, "version")));
		return;
	}
	json_array_foreach(reasons, i, r)
		wrong("see its log; it recovers by itself once the cause is gone", "%s: %s", name,
			json_string_value(r));
}

static void check_service(const char *name)
{
	char subject[96];
	natsMsg *m = NULL;
	natsStatus s;
	json_t *o;

	snprintf(subject, sizeof subject, "jingbao.v1.health.%s", name);
	s = natsConnection_Request(&m, nc, subject, "", 0, 3000);
	o = s == NATS_OK ? json_loadb(natsMsg_GetData(m), (size_t)natsMsg_GetDataLength(m), 0, NULL)
			 : NULL;
	if (o)
		report_health(name, o);
	else
		wrong("start it; if it is running, read its log", "%s gives no answer: %s", name,
			s == NATS_NO_RESPONDERS ? "it is not running" : natsStatus_GetText(s));
	json_decref(o);
	natsMsg_Destroy(m);
}

static size_t ignore(char *data, size_t size, size_t n, void *arg)
{
	(void)data;
	(void)arg;
	return size * n;
}

static void check_door(const char *base, const char *path)
{
	char url[512];
	long status = 0;
	CURL *c = curl_easy_init();
	CURLcode rc;

	snprintf(url, sizeof url, "%s%s", base, path);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 5L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, ignore);
	rc = curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	if (rc != CURLE_OK)
		wrong("start the gateway, or correct api_url and admin_url", "%s: %s", url,
			curl_easy_strerror(rc));
	else if (status != 200)
		wrong("the reasons are above, and in its answer", "%s answers %ld", url, status);
	else
		fine("%s answers", url);
	curl_easy_cleanup(c);
}

void check_services(void)
{
	const struct bus_options o = { ctl.nats_url, ctl.nats_user, ctl.nats_password, "ops",
		true };
	char err[240], names[400], *save = NULL;

	nc = bus_connect(&o, err, sizeof err);
	if (nc) {
		snprintf(names, sizeof names, "%s", ctl.services);
		for (char *n = strtok_r(names, " ", &save); n; n = strtok_r(NULL, " ", &save))
			if (strcmp(n, "gateway") != 0)
				check_service(n);
		natsConnection_Destroy(nc);
	}
	check_door(ctl.api_url, "/healthz");
	check_door(ctl.api_url, "/readyz");
}
