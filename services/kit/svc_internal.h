/* svc_internal.h - the parts of the skeleton, for the kit's own files only.
 *
 *   nats.c threads --push--> inbox --take--> service thread --(statement batches, transactions)-->
 * PG
 *                                   \--prepare--> pool threads --push back--/
 *   transport thread: outbox -> JetStream; keeps the durable consumer alive; notices a lost stream.
 */
#ifndef KIT_SVC_INTERNAL_H
#define KIT_SVC_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include "kit/bus.h"
#include "kit/db_internal.h"
#include "kit/svc.h"

enum {
	BATCH_LIMIT = 256,
	INBOX_LIMIT = 8192, /* waiting RPCs; beyond it callers are told BUSY */
	CODES = PB__CODE__INTERNAL + 1,
	ARENA_CEILING = 4 << 20, /* bytes one message may cost */
};

/* ---- units of work ---- */

enum work_kind { WORK_RPC, WORK_EVENT, WORK_TICK };

struct work {
	struct work *next;
	struct call call;
	struct arena arena;
	enum work_kind kind;
	natsMsg *msg;
	size_t method; /* index in rpcs.bindings */
	ProtobufCMessage *in;
	const struct event_handler *handler;
	struct event_info event;
	uint64_t stream_seq;
	unsigned epoch;   /* events: of the subscription */
	int64_t began_us; /* steady clock */
	int64_t due_ms;   /* wall clock; the caller waits no longer; 0 no limit */
	Pb__Code code;    /* outcome of prepare */
};

struct work *work_new(struct svc *s, enum work_kind kind);
void work_free(struct svc *s, struct work *w);

/* ---- inbox: the one door between threads ---- */

struct inbox_item {
	natsMsg *msg;       /* a new RPC or event ... */
	struct work *ready; /* ... or a work whose prepare has ended */
	bool event;
	unsigned epoch; /* events: of the subscription it came by */
};

struct inbox {
	pthread_mutex_t lock;
	struct inbox_item *ring;
	size_t head, count, size;
	size_t limit; /* of requests; events and prepared works always find room */
	bool hushed;  /* events don't ring: they are looked for in time */
	int wake_fd;
};

bool inbox_init(struct inbox *b, size_t limit);
void inbox_release(struct inbox *b);
/* False: full, or no memory. An event must never be dropped: the consumer acknowledges all up to a
 * later one. JetStream's limit of unacknowledged messages bounds them. */
bool inbox_push(struct inbox *b, struct inbox_item item);
size_t inbox_take(struct inbox *b, struct inbox_item *out, size_t max);
size_t inbox_count(struct inbox *b);
/* While hushed, events that come wake nobody. */
void inbox_hush(struct inbox *b, bool on);

/* ---- the transport thread ---- */

struct transport {
	pthread_t thread;
	bool running;
	int wake_fd;
	struct db db;
	natsConnection *nc;
	jsCtx *js;
	_Atomic bool stop;
	bool leader, standing;        /* publishes; has said that it waits to */
	bool reader;                  /* consumes the events */
	bool crowded;                 /* others stand by */
	uint64_t first_seq, last_seq; /* of the stream, when last looked at */
	int64_t next_check_us, next_count_us;
	pthread_mutex_t lock; /* guards the texts */
	char relay_problem[200], consumer_problem[200];
};

bool transport_start(struct svc *s);
void transport_wake(struct svc *s);
void transport_stop(struct svc *s); /* sends what is left, bounded */

/* ---- prepare pool ---- */

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct work *first, *last;
	pthread_t *threads;
	size_t n_threads;
	_Atomic size_t busy; /* queued or running */
	bool stop;
};

bool pool_start(struct svc *s, size_t threads);
void pool_put(struct svc *s, struct work *w);
void pool_stop(struct svc *s);

/* ---- requests written in lots (gather.c) ---- */

bool gather_open(struct svc *s); /* connects and checks its statements; true when there is none */
bool gather_start(struct svc *s);
bool gather_takes(const struct svc *s, const struct work *w);
void gather_put(struct svc *s, struct work *w);
size_t gather_busy(const struct svc *s);
void gather_stop(struct svc *s);

/* ---- counters ---- */

struct method_stats {
	_Atomic uint64_t calls[CODES];
	_Atomic uint64_t us;
};

struct stats {
	struct method_stats *methods;
	_Atomic uint64_t batches, batched, events, events_skipped, dead_letters, retries;
	_Atomic int64_t outbox_waiting, outbox_oldest_us, sent;
	_Atomic int64_t db_down_since;
	_Atomic int64_t rebuilt;
};

/* One subscription to the durable consumer. The consumer numbers what it delivers; a number missed
 * was lost on the way, and nothing behind it may be handled or acknowledged. */
struct event_reader {
	struct svc *s;
	unsigned epoch;
	uint64_t expect; /* the next delivery's number */
	_Atomic bool broken;
};

struct svc {
	const struct service *def;
	struct db db;
	_Atomic bool emitted; /* an event was packed since the relay was last woken */
	natsConnection *nc;
	natsSubscription *rpc_sub, *health_sub, *stats_sub;
	natsSubscription *event_sub;    /* the transport thread's to make and remake */
	struct event_reader readers[2]; /* of this subscription and the one before */
	_Atomic unsigned event_epoch;   /* counts subscriptions */
	struct {
		char to[256]; /* reply subject of the last event settled */
		unsigned epoch;
		size_t count; /* settled and not yet acknowledged */
		int64_t since_us;
	} ack;
	bool deliveries_missed; /* the transport thread's */
	struct inbox inbox;
	struct pool pool;
	struct gatherer *gatherer; /* NULL none */
	struct transport transport;
	struct stats stats;
	pthread_mutex_t free_lock;
	struct work *free;
	size_t n_free;
	_Atomic bool ready, draining;
	struct work *held_first, *held_last; /* events waiting for a retry, in order */
	int64_t held_until_us;
	unsigned held_tries;
};

/* ---- command line (svc_options.c); exits by itself for --help, --version and mistakes ---- */

enum svc_mode { MODE_RUN, MODE_CHECK };
enum svc_mode svc_read_options(int argc, char **argv, const struct service *d,
	const struct config_item *const *tables, const char **ret_file);
int svc_log_level(const char *name);

/* What every service can be told; see config_common in svc_config.c. */
struct common_settings {
	const char *nats_url, *nats_user, *nats_password, *db, *log_level, *stream;
	long batch_max, pool_threads, outbox_keep_hours;
};
extern struct common_settings common;
extern const struct config_item config_common[];

/* ---- running handlers (exec.c) ---- */

/* Runs bound statement works in one pipeline and one commit, sorted; on return every work's call
 * has its rows or its fault. Never leaves a work undecided: lost connections end as BUSY. */
struct exec_one {
	struct work *w;
	struct db_wires *wires;
	const struct db_stmt *mark; /* sent right behind, same fate; NULL none */
	struct db_wires *mark_wires;
	struct db_rows rows;
	bool has_rows;
};
void exec_statements(struct svc *s, struct exec_one *jobs, size_t n);
/* Runs `body` in a transaction; retries serialisation failures. Codes: body's, BUSY, INTERNAL. */
typedef Pb__Code (*tx_body)(struct work *w, void *arg);
Pb__Code exec_transaction(struct svc *s, struct work *w, tx_body body, void *arg);

enum tx_end {
	TX_ENDED,   /* committed, or rolled back for the fault in the call */
	TX_AGAIN,   /* rolled back for a passing reason */
	TX_REFUSED, /* the commit was refused: ret_state */
	TX_LOST,    /* the connection is of no use any more */
};
/* Runs the transaction once. */
enum tx_end tx_try(struct svc *s, struct work *w, tx_body body, void *arg, char ret_state[6]);
/* The handler has returned: where it wanted rows that are still to come is gone. */
void tx_forget_rows(struct call *c);
/* Sets the call's fault from a failed result. */
Pb__Code fault_from_result(struct call *c, const struct db_stmt *st, const PGresult *r);

/* ---- RPC and events ---- */

bool rpc_subscribe(struct svc *s);
/* The caller has gone: nothing more is worth doing for him. */
bool work_overdue(const struct work *w);
/* Decodes, checks, authorises. NULL: already refused and freed. */
struct work *rpc_accept(struct svc *s, natsMsg *m);
void rpc_serve(struct svc *s, struct work **works, size_t n);
void rpc_refuse_busy(struct svc *s, natsMsg *m, const char *why);

struct work *event_accept(struct svc *s, natsMsg *m, unsigned epoch);
/* Puts the event aside. True when the letter is safe. */
bool dead_letter(struct svc *s, struct work *w, const char *reason);
void events_serve(struct svc *s, struct work **works, size_t n);
/* Tells JetStream what is settled, when it is due. */
void events_acknowledge(struct svc *s, bool at_once);
void events_drop_held(struct svc *s);

bool health_subscribe(struct svc *s);
extern const struct db_stmt *const kit_statements[];       /* service connection */
extern const struct db_stmt *const transport_statements[]; /* transport connection */
extern const struct db_stmt stmt_outbox_insert, stmt_inbox_mark, stmt_inbox_known, stmt_inbox_one,
	stmt_dead_letter, stmt_repeat_lock, stmt_repeat_find, stmt_repeat_keep;

#endif
