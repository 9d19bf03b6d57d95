/* settings.c - where jbctl finds the system it works on. */
#include "jbctl.h"

#include <string.h>

struct ctl_settings ctl;

#define TEXT(name, def, help) \
	{ \
#name, CONFIG_TEXT, &ctl.name, def, 0, 0, NULL, help \
	}
#define SECRET(name, help) \
	{ \
#name, CONFIG_SECRET, &ctl.name, "", 0, 0, NULL, help \
	}

const struct config_item ctl_config[] = {
	TEXT(nats_url, "nats://127.0.0.1:4222", "where nats-server listens"),
	TEXT(nats_user, "ops", "the operator's NATS user"),
	SECRET(nats_password, "its password"),
	SECRET(db, "libpq connection string of role jb_ops"),
	TEXT(api_url, "http://127.0.0.1:8080", "the gateway's public port"),
	TEXT(admin_url, "http://127.0.0.1:9080", "the gateway's operator port"),
	TEXT(username, "", "account for list, show, submit, tail"),
	SECRET(password, "its password"),
	TEXT(services, "identity intake dispatch evidence liability claims oversight notify",
		"whose health the doctor asks"),
	TEXT(stack_dir, "", "directory whose volume nats-server and PostgreSQL write to"),
	{ "stream_mb", CONFIG_INT, &ctl.stream_mb, "1024", 1, 10000000, "MB",
		"most the event stream may hold; well below its volume" },
	{ 0 },
};

const char *const ctl_schemas[] = { "identity", "intake", "dispatch", "evidence", "liability",
	"claims", "oversight", "notify", NULL };

bool ctl_is_schema(const char *name)
{
	for (const char *const *s = ctl_schemas; *s; s++)
		if (!strcmp(*s, name))
			return true;
	return false;
}
