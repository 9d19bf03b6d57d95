/* settings.c - what an operator can set for claims. */
#include "claims/claims.h"

struct claims_settings claims_settings;

const struct config_item claims_config[] = {
	{ "webhook_allow_http", CONFIG_BOOL, &claims_settings.webhook_allow_http, "true", 0, 0,
		NULL, "take webhook addresses without TLS" },
	{ "webhook_allow_private", CONFIG_BOOL, &claims_settings.webhook_allow_private, "true", 0,
		0, NULL,
		"connect to loopback and private networks; link-local is never connected to" },
	{ "webhook_timeout_s", CONFIG_INT, &claims_settings.webhook_timeout_s, "10", 1, 60, "s",
		"longest wait for an insurer's answer" },
	{ "webhook_parallel", CONFIG_INT, &claims_settings.webhook_parallel, "32", 1, 256,
		"requests", "most webhooks on their way at once" },
	{ "webhook_ca_file", CONFIG_TEXT, &claims_settings.webhook_ca_file, "", 0, 0, NULL,
		"PEM file of further trusted CAs; empty: the system's" },
	{ 0 },
};
