/* doctor_database.c - PostgreSQL: reachable, durable, migrated, roles limited; the outboxes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "doctor.h"
#include "jbctl.h"
#include "kit/timeutil.h"

static PGconn *pg;

/* The first field of the first row; malloc'd; NULL when the query failed or gave nothing. */
static char *value(const char *sql)
{
	PGresult *r = PQexec(pg, sql);
	char *v = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) ? strdup(PQgetvalue(r, 0, 0))
								       : NULL;

	PQclear(r);
	return v;
}

static void check_setting(const char *name)
{
	char sql[100], *v;

	snprintf(sql, sizeof sql, "show %s", name);
	v = value(sql);
	if (v && !strcmp(v, "off"))
		wrong("turn it on in postgresql.conf: acknowledged orders could be lost",
			"PostgreSQL runs with %s off", name);
	free(v);
}

static void check_clock_of_database(void)
{
	char *v = value("select (extract(epoch from clock_timestamp()) * 1000000)::bigint");
	long long off = v ? llabs(strtoll(v, NULL, 10) - now_us()) / 1000 : 0;

	if (off > 1000)
		wrong("synchronise the clocks of both machines",
			"PostgreSQL's clock is %lld ms away from this machine's", off);
	free(v);
}

static void check_migrations(void)
{
	char *v = value("select count(*) || ' migrations, the last: ' || max(name)"
			" from public.schema_migration");

	if (v)
		fine("%s", v);
	else
		wrong("run the migrations in db/ (tools/dev-stack up, or the migrate container)",
			"no migrations are recorded");
	free(v);
}

static void check_roles(void)
{
	char *v = value("select string_agg(rolname, ', ') from pg_roles where rolname like 'jb\\_%'"
			" and (rolsuper or rolcreaterole or rolbypassrls)");

	if (v && *v)
		wrong("alter role ... nosuperuser nocreaterole nobypassrls",
			"roles that may far too much: %s", v);
	else
		fine("the services' roles have no special rights");
	free(v);
}

static void check_outbox(const char *schema)
{
	char sql[256], *v, *end;
	long waiting, age;

	snprintf(sql, sizeof sql,
		"select count(*) || ' ' || coalesce(extract(epoch from now() - min(recorded_at)),"
		" 0)::int from %s.outbox where sent_at is null",
		schema);
	v = value(sql);
	if (!v) {
		wrong("grant jb_ops what db/0001 grants it", "%s.outbox can't be read: %s", schema,
			PQerrorMessage(pg));
		return;
	}
	waiting = strtol(v, &end, 10);
	age = strtol(end, NULL, 10);
	if (waiting && age > 10)
		wrong("see the service's health below and its log: it, or JetStream, is in trouble",
			"%s: %ld events wait to be published, the oldest for %ld s", schema,
			waiting, age);
	free(v);
}

static void check_dead(const char *schema)
{
	char sql[128], *v;

	snprintf(sql, sizeof sql, "select count(*) from %s.dead_letter where resolved_at is null",
		schema);
	v = value(sql);
	if (v && strcmp(v, "0") != 0)
		wrong("jbctl dead-letters list; then retry or resolve each",
			"%s: %s events could not be handled", schema, v);
	free(v);
}

void check_database(void)
{
	if (!*ctl.db) {
		wrong("set 'db' in the settings", "no database is configured for jbctl");
		return;
	}
	pg = PQconnectdb(ctl.db);
	if (PQstatus(pg) != CONNECTION_OK) {
		wrong("start PostgreSQL (tools/quickstart, or its service); see its log",
			"PostgreSQL does not answer: %s", PQerrorMessage(pg));
		PQfinish(pg);
		return;
	}
	fine("PostgreSQL %d.%d answers", PQserverVersion(pg) / 10000, PQserverVersion(pg) % 10000);
	check_setting("fsync");
	check_setting("synchronous_commit");
	check_setting("full_page_writes");
	check_clock_of_database();
	check_migrations();
	check_roles();
	for (const char *const *s = ctl_schemas; *s; s++) {
		check_outbox(*s);
		check_dead(*s);
	}
	PQfinish(pg);
}
