/* gateway.h - what the parts of the gateway share: settings and the handles made at start.
 *
 * Everything in struct gateway is made before the first request and freed after the last; the parts
 * guard their own state, so it is handed around freely. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <stdatomic.h>
#include "gateway/conn.h"
#include "gateway/rate.h"
#include "gateway/relay.h"
#include "gateway/router.h"
#include "gateway/sessions.h"
#include "kit/blob.h"
#include "kit/config.h"
#include "kit/meta.h"

struct settings {
	const char *listen, *admin_listen, *ports_file, *log_level;
	const char *nats_url, *nats_user, *nats_password, *stream, *services, *blob_dir;
	const char *cors_origins;
	long port, admin_port;
	long api_threads, blob_threads, connections, per_address;
	long first_line_ms, header_ms, body_ms, body_rate, send_ms, drain_ms;
	long anon_per_s, anon_burst, sessions_ms, ready_cache_ms;
	long ring_events, ring_bytes, heartbeat_ms, stall_ms, streams, strays;
	bool cookie_secure, trust_forwarded, access_log;
};
extern const struct config_item settings_table[];
extern struct settings settings;

struct stream;
struct health;
struct metrics;

struct gateway {
	const struct contract *contract;
	struct router *router;
	struct relay *relay;
	struct conns *conns;
	struct sessions *sessions, *tickets;
	struct rate *rate;
	struct blob_store blobs;
	struct stream *stream;
	struct health *health;
	struct metrics *metrics;
	const struct method_meta *authenticate; /* Identity.Authenticate */
	char openapi_etag[72];
	_Atomic bool draining;
};

#endif
