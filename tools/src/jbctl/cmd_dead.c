/* cmd_dead.c - jbctl dead-letters: events a service could not handle: look, try again, set aside.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jbctl.h"
#include "kit/json.h"
#include "kit/uuid.h"

static int list(const char *only)
{
	char sql[4096];
	size_t n = 0;
	PGresult *r;

	for (const char *const *s = ctl_schemas; *s; s++)
		if (!only || !strcmp(only, *s))
			n += (size_t)snprintf(sql + n, sizeof sql - n,
				"%sselect '%s' as service, id, replace(type, 'jingbao.v1.', '') as "
				"event,"
				" to_char(failed_at at time zone 'UTC', "
				"'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
				" as failed_at, reason from %s.dead_letter where resolved_at is "
				"null",
				n ? " union all " : "", *s, *s);
	snprintf(sql + n, sizeof sql - n, " order by 4");
	r = ctl_query(sql, 0, NULL);
	if (PQntuples(r))
		ctl_print_rows(r);
	else
		puts("no dead letters");
	PQclear(r);
	return 0;
}

/* The letter and whose it is; exits when there is none. Columns: type, subject, body (hex),
 * headers, reason, resolution. */
static PGresult *find(const char *id, const char **ret_schema)
{
	const char *params[1] = { id };

	if (!uuid_valid(id))
		ctl_die("'%s' is not an event id", id);
	for (const char *const *s = ctl_schemas; *s; s++) {
		char sql[256];
		PGresult *r;

		snprintf(sql, sizeof sql,
			"select type, subject, encode(body, 'hex'), headers, reason,"
			" coalesce(resolution, '') from %s.dead_letter where id = $1::uuid"
			" order by resolved_at nulls first",
			*s);
		r = ctl_query(sql, 1, params);
		if (PQntuples(r)) {
			*ret_schema = *s;
			return r;
		}
		PQclear(r);
	}
	ctl_die("no dead letter '%s'", id);
}

static size_t unhex(const char *hex, unsigned char *out)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned byte = 0;

		sscanf(hex + 2 * i, "%2x", &byte);
		out[i] = (unsigned char)byte;
	}
	return n;
}

static void print_event(const char *type, const char *hex)
{
	const struct msg_meta *meta = contract_message(&jb_contract, type);
	unsigned char *body = malloc(strlen(hex) / 2 + 1);
	struct arena a;
	ProtobufCMessage *m = NULL;
	char *json = NULL;
	size_t len;

	if (!body)
		ctl_die("out of memory");
	arena_init(&a, 16 << 20);
	if (meta)
		m = protobuf_c_message_unpack(meta->desc, &a.pb, unhex(hex, body), body);
	if (m)
		json = message_to_json(meta, m, (struct json_out){ .mask = true }, &a, &len);
	if (json)
		ctl_print_json(json);
	else
		printf("not readable as %s: %s\n", type, hex);
	arena_release(&a);
	free(body);
}

static int show(const char *id)
{
	const char *schema = NULL;
	PGresult *r = find(id, &schema);

	printf("service: %s\nevent:   %s\nsubject: %s\nreason:  %s\n", schema, PQgetvalue(r, 0, 0),
		PQgetvalue(r, 0, 1), PQgetvalue(r, 0, 4));
	if (*PQgetvalue(r, 0, 5))
		printf("set aside: %s\n", PQgetvalue(r, 0, 5));
	print_event(PQgetvalue(r, 0, 0), PQgetvalue(r, 0, 2));
	PQclear(r);
	return 0;
}

static void mark(const char *schema, const char *id, const char *note)
{
	const char *params[2] = { id, note };
	char sql[200];

	snprintf(sql, sizeof sql,
		"update %s.dead_letter set resolved_at = now(), resolution = $2 where id = "
		"$1::uuid",
		schema);
	PQclear(ctl_query(sql, 2, params));
}

static void forget(const char *schema, const char *id)
{
	const char *params[1] = { id };
	char sql[120];

	snprintf(sql, sizeof sql, "delete from %s.inbox where id = $1::uuid", schema);
	PQclear(ctl_query(sql, 1, params));
}

/* Again through the stream under a new Nats-Msg-Id; only this service has forgotten the event's id,
 * so only here it has an effect. */
static void publish_again(PGresult *r)
{
	json_t *headers = json_loads(PQgetvalue(r, 0, 3), 0, NULL), *v;
	const char *hex = PQgetvalue(r, 0, 2), *key;
	unsigned char *body = malloc(strlen(hex) / 2 + 1);
	char id[UUID_TEXT];
	natsMsg *m = NULL, *ack = NULL;
	natsStatus s;

	if (!body)
		ctl_die("out of memory");
	s = natsMsg_Create(
		&m, PQgetvalue(r, 0, 1), NULL, (const char *)body, (int)unhex(hex, body));
	json_object_foreach(headers, key,
		v) if (s == NATS_OK && strcmp(key, "Nats-Msg-Id") != 0 && json_is_string(v)) s =
		natsMsgHeader_Set(m, key, json_string_value(v));
	if (s == NATS_OK)
		s = natsMsgHeader_Set(m, "Nats-Msg-Id", uuid_v7(id));
	if (s == NATS_OK)
		s = natsConnection_RequestMsg(&ack, ctl_bus(), m, 5000);
	if (s != NATS_OK || strstr(natsMsg_GetData(ack), "\"error\""))
		ctl_die("JetStream did not take the event: %s",
			s == NATS_OK ? natsMsg_GetData(ack) : natsStatus_GetText(s));
	natsMsg_Destroy(ack);
	natsMsg_Destroy(m);
	json_decref(headers);
	free(body);
}

static int retry(const char *id)
{
	const char *schema = NULL;
	PGresult *r = find(id, &schema);

	forget(schema, id);
	publish_again(r);
	mark(schema, id, "sent again by jbctl");
	printf("%s is on its way to %s again; if it fails, it will be back in the list\n", id,
		schema);
	PQclear(r);
	return 0;
}

static int resolve(const char *id, const char *note)
{
	const char *schema = NULL;

	PQclear(find(id, &schema));
	mark(schema, id, note);
	printf("%s of %s is set aside\n", id, schema);
	return 0;
}

int cmd_dead_letters(int argc, char **argv)
{
	const char *verb = argc ? argv[0] : "list";

	if (!strcmp(verb, "list") && argc <= 2) {
		if (argc == 2 && !ctl_is_schema(argv[1]))
			ctl_die("no service '%s'", argv[1]);
		return list(argc == 2 ? argv[1] : NULL);
	}
	if (!strcmp(verb, "show") && argc == 2)
		return show(argv[1]);
	if (!strcmp(verb, "retry") && argc == 2)
		return retry(argv[1]);
	if (!strcmp(verb, "resolve") && argc == 3)
		return resolve(argv[1], argv[2]);
	return ctl_usage("dead-letters list [SERVICE] | show ID | retry ID | resolve ID NOTE");
}
