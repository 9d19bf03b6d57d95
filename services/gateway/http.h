/* http.h - libmicrohttpd's callbacks: one request from its first line to its last byte. */
#ifndef GATEWAY_HTTP_H
#define GATEWAY_HTTP_H

#include "gateway/req.h"

/* One per daemon; handed to every callback as cls. */
struct door_context {
	struct gateway *g;
	enum door door;
};

void *http_first_line(void *cls, const char *uri, struct MHD_Connection *c);
enum MHD_Result http_request(void *cls, struct MHD_Connection *c, const char *url, const char *verb,
	const char *version, const char *data, size_t *size, void **ctx);
void http_completed(
	void *cls, struct MHD_Connection *c, void **ctx, enum MHD_RequestTerminationCode how);
void http_connection(void *cls, struct MHD_Connection *c, void **socket_context,
	enum MHD_ConnectionNotificationCode what);

#endif
