/* admin.c - the operator's port, loopback only: /metrics, /healthz, /readyz. */
#include "gateway/admin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "gateway/health.h"

static enum MHD_Result send_text(
	struct MHD_Connection *c, unsigned status, const char *type, char *text, size_t len)
{
	struct MHD_Response *resp =
		MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);

	if (!resp) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(resp, "Content-Type", type);
	MHD_add_response_header(resp, "Cache-Control", "no-store");
	enum MHD_Result ok = MHD_queue_response(c, status, resp);
	MHD_destroy_response(resp);
	return ok;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url,
	const char *verb, const char *version, const char *data, size_t *size, void **ctx)
{
	static int seen;
	struct gateway *g = cls;
	char *text = NULL;
	size_t len = 0;
	bool ready = true;
	const char *type = "application/json";
	unsigned status = 200;

	(void)version;
	(void)data;
	if (!*ctx) {
		*ctx = &seen;
		return strcmp(verb, "GET") == 0 ? MHD_YES : MHD_NO;
	}
	if (*size)
		return MHD_NO;
	FILE *f = open_memstream(&text, &len);
	if (!f)
		return MHD_NO;
	if (strcmp(url, "/metrics") == 0) {
		health_counters(g->health, f);
		type = "text/plain; version=0.0.4; charset=utf-8";
	} else if (strcmp(url, "/healthz") == 0) {
		fputs("{\"status\":\"ok\"}", f);
	} else if (strcmp(url, "/readyz") == 0) {
		health_wait(g->health, f, &ready);
		status = ready ? 200 : 503;
	} else {
		fputs("{\"see\":[\"/metrics\",\"/healthz\",\"/readyz\"]}", f);
		status = 404;
	}
	fclose(f);
	return send_text(c, status, type, text, len);
}

struct MHD_Daemon *admin_start(struct gateway *g, int *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)settings.admin_port) };

	if (inet_pton(AF_INET, settings.admin_listen, &at.sin_addr) != 1) {
		fprintf(stderr, "gateway: admin_listen '%s' is not an IPv4 address\n",
			settings.admin_listen);
		return NULL;
	}
	struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_EPOLL_INTERNALLY, 0, NULL, NULL, on_request,
		g, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at, MHD_OPTION_CONNECTION_LIMIT, 32u,
		MHD_OPTION_CONNECTION_TIMEOUT, 15u, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)8192, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (!d) {
		fprintf(stderr, "gateway: cannot listen on %s port %ld: %s\n",
			settings.admin_listen, settings.admin_port, strerror(errno));
		return NULL;
	}
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT);
	*ret_port = info ? info->port : (int)settings.admin_port;
	return d;
}
