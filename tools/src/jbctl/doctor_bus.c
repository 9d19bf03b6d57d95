/* doctor_bus.c - nats-server: reachable, closed to strangers, streams as they must be, writing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "doctor.h"
#include "jbctl.h"
#include "kit/bus.h"

static void check_stranger(void)
{
	natsOptions *o = NULL;
	natsConnection *nc = NULL;
	natsStatus s = natsOptions_Create(&o);

	if (s == NATS_OK)
		s = natsOptions_SetURL(o, ctl.nats_url);
	if (s == NATS_OK)
		s = natsOptions_SetAllowReconnect(o, false);
	if (s == NATS_OK)
		s = natsConnection_Connect(&nc, o);
	if (s == NATS_OK)
		wrong("put all users inside accounts{} and remove authorization{users} "
		      "(CVE-2023-47090)",
			"nats-server lets clients in without a password");
	else
		fine("nats-server refuses clients without a password");
	natsConnection_Destroy(nc);
	natsOptions_Destroy(o);
}

static json_t *ask_json(const char *subject, const char *body, int ms, char *err, size_t size)
{
	char *text = ctl_ask(subject, body, ms, err, size);
	json_t *o = text ? json_loads(text, 0, NULL) : NULL;

	free(text);
	return o;
}

static void check_stream(const char *name)
{
	char subject[80], err[160] = "";
	json_t *o, *state, *config;
	json_int_t bytes, max;

	snprintf(subject, sizeof subject, "$JS.API.STREAM.INFO.%s", name);
	o = ask_json(subject, "", 5000, err, sizeof err);
	state = json_object_get(o, "state");
	config = json_object_get(o, "config");
	bytes = json_integer_value(json_object_get(state, "bytes"));
	max = json_integer_value(json_object_get(config, "max_bytes"));
	if (!o)
		wrong("is the volume full? free space, kill -9 nats-server and start it again "
		      "(what it acknowledged is kept)",
			"JetStream gives no answer about stream %s: %s", name, err);
	else if (!state)
		wrong("jbctl streams ensure; the services then fill it again by themselves",
			"stream %s does not exist", name);
	else if (max <= 0)
		wrong("jbctl streams ensure", "stream %s has no size limit", name);
	else if (bytes > max / 10 * 9)
		wrong("raise stream_mb and run: jbctl streams ensure",
			"stream %s is almost full: %lld of %lld MB", name, (long long)bytes >> 20,
			(long long)max >> 20);
	else
		fine("stream %s: %lld messages, %lld of %lld MB", name,
			(long long)json_integer_value(json_object_get(state, "messages")),
			(long long)bytes >> 20, (long long)max >> 20);
	json_decref(o);
}

static void check_publish(void)
{
	char err[160] = "";
	json_t *o = ask_json("jingbao.v1.probe", "doctor", 5000, err, sizeof err);

	if (json_object_get(o, "seq"))
		fine("JetStream stores what is published");
	else if (o)
		wrong("see its error text", "JetStream refuses a message: %s",
			json_string_value(
				json_object_get(json_object_get(o, "error"), "description")));
	else
		wrong("is its volume full? free space, kill -9 nats-server and start it again",
			"JetStream does not store a message: %s", err);
	json_decref(o);
}

void check_bus(void)
{
	const struct bus_options o = { ctl.nats_url, ctl.nats_user, ctl.nats_password, "ops",
		true };
	char err[240];
	natsConnection *nc = bus_connect(&o, err, sizeof err);

	if (!nc) {
		wrong("start nats-server (tools/quickstart, or its service), or correct nats_user "
		      "and nats_password",
			"%s", err);
		return;
	}
	fine("nats-server answers at %s", ctl.nats_url);
	natsConnection_Destroy(nc);
	check_stranger();
	check_stream("JINGBAO");
	check_stream("JINGBAO_PROBE");
	check_publish();
}
