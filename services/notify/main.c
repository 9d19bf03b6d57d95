/* main.c - notify: messages to people on a case, through a provider, tried again until told. */
#include "notify/notify.h"
#include "notify/sender.h"
#include "notify/store.h"

const struct config_item notify_config[] = {
	{ "provider", CONFIG_TEXT, &settings.provider, "spool", 0, 0, NULL,
		"how messages get out: spool or http" },
	{ "spool_dir", CONFIG_TEXT, &settings.how.spool_dir, "spool", 0, 0, NULL,
		"spool: directory of one file per message" },
	{ "http_url", CONFIG_TEXT, &settings.how.url, "", 0, 0, NULL,
		"http: where messages are posted" },
	{ "http_token", CONFIG_SECRET, &settings.how.token, "", 0, 0, NULL, "http: bearer token" },
	{ "http_timeout_seconds", CONFIG_INT, &settings.how.timeout_s, "10", 1, 60, "s",
		"http: before an attempt is given up" },
	{ "public_url", CONFIG_TEXT, &settings.public_url, "http://127.0.0.1:8080", 0, 0, NULL,
		"what links to parties begin with" },
	{ "hotline", CONFIG_TEXT, &settings.hotline, "122", 0, 0, NULL, "number people may call" },
	{ 0 },
};

static Pb__Code start(struct call *c)
{
	const char *why = "";
	const struct provider *p = provider_find(settings.provider);
	if (!p)
		return call_fail(
			c, PB__CODE__INVALID, "no provider '%s': spool or http", settings.provider);
	if (!sender_start(p, &settings.how, &why))
		return call_fail(
			c, PB__CODE__INTERNAL, "provider '%s': %s", settings.provider, why);
	return PB__CODE__OK;
}

static const struct service notify = {
	.name = "notify",
	.purpose = "messages to people on a case, through a provider, tried again until told",
	.config = notify_config,
	.statements = notify_statements,
	.rpcs = { notify_bindings, NOTIFY_RPCS, &notify_handlers },
	.events = notify_events,
	.patience_ms = 20,
	.ticks = (const struct tick[]){ { "send", 250, send_tick }, { 0 } },
	.start = start,
	.stop = sender_stop,
};

int main(int argc, char **argv)
{
	return svc_main(argc, argv, &notify);
}
