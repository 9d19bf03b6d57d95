/* settings.c - the gateway's settings; --help prints this table. */
#include "gateway/gateway.h"

struct settings settings;

#define TEXT(name, def, help) \
	{ \
#name, CONFIG_TEXT, &settings.name, def, 0, 0, NULL, help \
	}
#define INT(name, def, min, max, unit, help) \
	{ \
#name, CONFIG_INT, &settings.name, def, min, max, unit, help \
	}
#define BOOL(name, def, help) \
	{ \
#name, CONFIG_BOOL, &settings.name, def, 0, 0, NULL, help \
	}

const struct config_item settings_table[] = {
	TEXT(listen, "127.0.0.1", "address of the public port"),
	INT(port, "8080", 0, 65535, NULL, "the public port; 0 takes a free one"),
	TEXT(admin_listen, "127.0.0.1", "address of the operator's port: metrics, health"),
	INT(admin_port, "9080", 0, 65535, NULL, "the operator's port; 0 takes a free one"),
	TEXT(ports_file, "", "written with both ports once they are open"),
	TEXT(log_level, "info", "debug, info, warn or error"),
	BOOL(access_log, "true", "one line per request, at log_level info"),
	TEXT(nats_url, "nats://127.0.0.1:4222", "where nats-server listens"),
	TEXT(nats_user, "", "NATS user of the gateway"),
	{ "nats_password", CONFIG_SECRET, &settings.nats_password, "", 0, 0, NULL, "its password" },
	TEXT(stream, "JINGBAO", "JetStream stream of events"),
	TEXT(services, "identity intake dispatch evidence liability claims oversight notify",
		"whose health and counters are asked"),
	TEXT(blob_dir, "var/blobs", "directory of the blob store"),
	INT(api_threads, "2", 1, 64, "threads", "of the JSON daemon"),
	INT(blob_threads, "2", 1, 64, "threads", "of the upload and download daemon"),
	INT(connections, "12000", 16, 1000000, NULL, "most connections of each daemon"),
	INT(per_address, "0", 0, 1000000, NULL,
		"most connections from one address and daemon; 0 no limit (behind a proxy)"),
	INT(first_line_ms, "10000", 50, 600000, "ms", "from connect to a whole request line"),
	INT(header_ms, "20000", 50, 600000, "ms",
		"for the headers, and for idling between requests"),
	INT(body_ms, "60000", 50, 3600000, "ms", "for a body, and the head start of an upload"),
	INT(body_rate, "4096", 1, 1000000000, "bytes/s", "an upload or download must keep up with"),
	INT(send_ms, "60000", 50, 3600000, "ms", "for a client to take an answer"),
	INT(drain_ms, "15000", 0, 600000, "ms", "most time for a stop to wait for requests"),
	INT(anon_per_s, "20", 0, 1000000, "requests/s",
		"per address on routes without sign-in; 0 no limit"),
	INT(anon_burst, "120", 1, 1000000, "requests", "at once before that limit bites"),
	INT(sessions_ms, "10000", 0, 10000, "ms", "how long a checked token is believed"),
	INT(ready_cache_ms, "1500", 0, 60000, "ms", "how long an answer of /readyz is good"),
	BOOL(cookie_secure, "false", "session cookies are Secure and HSTS is sent: set behind TLS"),
	BOOL(trust_forwarded, "false",
		"take the client's address from the last X-Forwarded-For: only behind a proxy"),
	TEXT(cors_origins, "",
		"origins whose pages may call, separated by spaces; none by default"),
	INT(ring_events, "4096", 16, 1000000, "events", "kept in memory for live streams"),
	INT(ring_bytes, "8388608", 65536, 1073741824, "bytes", "of them, at most"),
	INT(heartbeat_ms, "15000", 50, 600000, "ms", "between comments on a quiet stream"),
	INT(stall_ms, "30000", 50, 600000, "ms", "a stream's reader may not take anything"),
	INT(streams, "10000", 1, 1000000, "streams", "at once"),
	INT(strays, "64", 0, 10000, "streams",
		"served by the daemons they reached by keep-alive; past it they are redirected"),
	{ 0 },
};
