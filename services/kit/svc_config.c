/* svc_config.c - the settings every service has. */
#include "kit/svc_internal.h"

struct common_settings common;

const struct config_item config_common[] = {
	{ "nats_url", CONFIG_TEXT, &common.nats_url, "nats://127.0.0.1:4222", 0, 0, NULL,
		"where nats-server listens" },
	{ "nats_user", CONFIG_TEXT, &common.nats_user, "", 0, 0, NULL,
		"NATS user of this service" },
	{ "nats_password", CONFIG_SECRET, &common.nats_password, "", 0, 0, NULL, "its password" },
	{ "db", CONFIG_SECRET, &common.db, "", 0, 0, NULL,
		"libpq connection string of this service's role" },
	{ "stream", CONFIG_TEXT, &common.stream, "JINGBAO", 0, 0, NULL,
		"JetStream stream of events" },
	{ "log_level", CONFIG_TEXT, &common.log_level, "info", 0, 0, NULL,
		"debug, info, warn or error" },
	{ "batch_max", CONFIG_INT, &common.batch_max, "256", 1, BATCH_LIMIT, "requests",
		"most statements in one commit" },
	{ "pool_threads", CONFIG_INT, &common.pool_threads, "2", 1, 64, "threads",
		"threads for slow work before a request" },
	{ "outbox_keep_hours", CONFIG_INT, &common.outbox_keep_hours, "168", 1, 8760, "h",
		"how long published events stay in the outbox" },
	{ 0 },
};
