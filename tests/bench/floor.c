/* floor.c - what a command can't be faster than here: N commits of one row and N bus round trips,
 * one after another. Prints JSON with the medians in milliseconds.
 *
 * usage: bench-floor NATS_URL NATS_USER NATS_PASSWORD PG_CONNINFO ROUNDS
 * The database needs a table bench_floor(id bigint, body bytea), made by the caller.
 */
#include <libpq-fe.h>
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kit/timeutil.h"

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, by_value);
	return v[n / 2];
}

static double commits(const char *conninfo, double *v, size_t n)
{
	PGconn *pg = PQconnectdb(conninfo);
	PGresult *r;

	if (PQstatus(pg) != CONNECTION_OK) {
		fprintf(stderr, "bench-floor: %s", PQerrorMessage(pg));
		exit(1);
	}
	r = PQprepare(pg, "one",
		"insert into bench_floor values (1, decode(repeat('ab', 250), 'hex'))", 0, NULL);
	PQclear(r);
	for (size_t i = 0; i < n; i++) {
		int64_t at = mono_us();

		r = PQexecPrepared(pg, "one", 0, NULL, NULL, NULL, 1);
		if (PQresultStatus(r) != PGRES_COMMAND_OK) {
			fprintf(stderr, "bench-floor: %s", PQresultErrorMessage(r));
			exit(1);
		}
		PQclear(r);
		v[i] = (double)(mono_us() - at) / 1000;
	}
	PQfinish(pg);
	return median(v, n);
}

static void on_echo(natsConnection *nc, natsSubscription *sub, natsMsg *m, void *arg)
{
	(void)sub;
	(void)arg;
	natsConnection_Publish(
		nc, natsMsg_GetReply(m), natsMsg_GetData(m), natsMsg_GetDataLength(m));
	natsMsg_Destroy(m);
}

static natsConnection *connect_bus(char **argv)
{
	natsOptions *o = NULL;
	natsConnection *nc = NULL;
	natsStatus s = natsOptions_Create(&o);

	if (s == NATS_OK)
		s = natsOptions_SetURL(o, argv[1]);
	if (s == NATS_OK && *argv[2])
		s = natsOptions_SetUserInfo(o, argv[2], argv[3]);
	if (s == NATS_OK)
		s = natsOptions_SetSendAsap(o, true);
	if (s == NATS_OK)
		s = natsConnection_Connect(&nc, o);
	natsOptions_Destroy(o);
	if (s != NATS_OK) {
		fprintf(stderr, "bench-floor: %s\n", natsStatus_GetText(s));
		exit(1);
	}
	return nc;
}

static double round_trips(char **argv, double *v, size_t n)
{
	natsConnection *nc = connect_bus(argv), *echo = connect_bus(argv);
	natsSubscription *sub = NULL;
	char body[500] = { 0 };

	if (natsConnection_Subscribe(&sub, echo, "bench.floor", on_echo, NULL) != NATS_OK)
		exit(1);
	natsConnection_Flush(echo);
	for (size_t i = 0; i < n; i++) {
		natsMsg *reply = NULL;
		int64_t at = mono_us();

		if (natsConnection_Request(&reply, nc, "bench.floor", body, sizeof body, 2000) !=
			NATS_OK) {
			fprintf(stderr, "bench-floor: no echo\n");
			exit(1);
		}
		natsMsg_Destroy(reply);
		v[i] = (double)(mono_us() - at) / 1000;
	}
	natsSubscription_Destroy(sub);
	natsConnection_Destroy(nc);
	natsConnection_Destroy(echo);
	return median(v, n);
}

int main(int argc, char **argv)
{
	size_t n = argc == 6 ? strtoul(argv[5], NULL, 10) : 0;
	double *v = n ? calloc(n, sizeof *v) : NULL;
	double commit_ms, trip_ms;

	if (!v) {
		fprintf(stderr,
			"usage: bench-floor NATS_URL NATS_USER NATS_PASSWORD PG_CONNINFO ROUNDS\n");
		return 2;
	}
	commit_ms = commits(argv[4], v, n);
	trip_ms = round_trips(argv, v, n);
	printf("{\"commitMs\":%.4f,\"roundTripMs\":%.4f,\"floorMs\":%.4f}\n", commit_ms, trip_ms,
		2 * commit_ms + 2 * trip_ms);
	free(v);
	return 0;
}
