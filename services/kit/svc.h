/* svc.h - the skeleton every daemon stands on: main() is a declaration handed to svc_main.
 *
 * svc_main owns the order: options, config, log, signals, database (every statement checked), NATS
 * (subscribe in the queue group of the service's name), readiness, loop, drain, stop. Each binary
 * gets --help (purpose and config table), --check (config, NATS and all SQL against the schema,
 * then exit), --version. Before readiness it may exit with a message; after it, it answers BUSY and
 * recovers. SIGTERM drains: no request taken is lost; a second one exits at once.
 *
 * Threads: one service thread runs bind, answer, run, event and tick handlers, so services need no
 * locks; prepare handlers run on a small pool; the outbox relay has a thread and a connection of
 * its own; nats.c's threads only push into the inbox.
 */
#ifndef KIT_SVC_H
#define KIT_SVC_H

#include "kit/call.h"
#include "kit/config.h"
#include "kit/gather.h"
#include "kit/meta.h"

enum { RPC_PREPARE = 1, RPC_BIND = 2, RPC_RUN = 4 };

/* Written by contract-gen for each RPC: typed adapters from a table of handlers. */
struct rpc_binding {
	const struct method_meta *method;
	unsigned (*has)(const void *handlers);
	Pb__Code (*prepare)(const void *handlers, struct call *c, const ProtobufCMessage *in);
	Pb__Code (*bind)(const void *handlers, struct call *c, const ProtobufCMessage *in);
	Pb__Code (*answer)(const void *handlers, struct call *c, const ProtobufCMessage *in,
		const struct db_rows *rows, ProtobufCMessage *out);
	Pb__Code (*run)(const void *handlers, struct call *c, const ProtobufCMessage *in,
		ProtobufCMessage *out);
};

struct rpc_table {
	const struct rpc_binding *bindings; /* intake_bindings */
	size_t n;                           /* INTAKE_RPCS */
	const void *handlers;               /* const struct intake_handlers * */
};

/* Consumed events. Exactly one of bind and run. Delivered in stream order, at least once; the kit's
 * inbox makes the effect happen once. OK and CONFLICT/REFUSED/NOT_FOUND settle the event (the
 * latter are logged: an event that no longer applies); BUSY and INTERNAL are retried; a data error
 * of SQL, or INVALID, goes to the dead letters. */
struct event_handler {
	const ProtobufCMessageDescriptor *type;
	Pb__Code (*bind)(struct call *c, const struct event_info *e, const ProtobufCMessage *event);
	Pb__Code (*run)(struct call *c, const struct event_info *e, const ProtobufCMessage *event);
	/* Optional: false for an event of this type that changes nothing here. It is then settled
	 * without the database, so only what stays true for ever may decide. */
	bool (*concerns)(const ProtobufCMessage *event);
};

/* Periodic work in a transaction of its own. A tick takes due rows with `for update skip locked
 * limit n`; it is called again at once while it sets *ret_more. */
struct tick {
	const char *name;
	unsigned period_ms;
	Pb__Code (*run)(struct call *c, bool *ret_more);
};

struct service {
	const char *name;                        /* also schema, queue group, durable: "intake" */
	const char *purpose;                     /* one sentence */
	const struct config_item *config;        /* own rows, closed by { 0 }; NULL none */
	const struct db_stmt *const *statements; /* closed by NULL; NULL: no database */
	struct rpc_table rpcs;
	const struct event_handler *events; /* closed by { 0 } */
	/* How long an event may wait for others to share its commit: 0 where somebody waits for
	 * what comes of it. A request ends the wait. */
	unsigned patience_ms;
	bool takes_asides;        /* also events declared `aside` */
	const struct tick *ticks; /* closed by { 0 } */
	/* After config and database, before the first message; may load data with db_run. */
	Pb__Code (*start)(struct call *c);
	void (*stop)(void);
	const struct gather *gather;  /* requests written in lots (gather.h); NULL none */
	const struct metric *metrics; /* own counters, closed by { 0 } */
};

int svc_main(int argc, char **argv, const struct service *s);

/* A counter or gauge of the service; bump with atomic_fetch_add on value. */
struct metric {
	const char *name; /* "jb_intake_orders_total" */
	const char *help;
	bool gauge;
	_Atomic int64_t *value;
};

/* The contract is linked in by the service, not known to the kit. */
extern const struct contract jb_contract;

#endif
