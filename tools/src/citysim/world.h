/* world.h - what the simulated people share: the addresses, the clock, the cases, the photos.
 *
 * Everyone is a thread with an HTTP connection and an account of his own and knows nothing but what
 * the service tells him. Only the stopwatch (struct sim_case) is shared, under one lock.
 */
#ifndef CITYSIM_WORLD_H
#define CITYSIM_WORLD_H

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "http.h"
#include "tape.h"

enum leg { ORDERED, ACCEPTED, ARRIVED, SUBMITTED, DETERMINED, SERVED, HANDED_OFF, CLOSED, LEGS };

struct sim_case {
	char order_no[48];
	char incident_id[40]; /* "" until the order was taken */
	struct accident what;
	int64_t at_us[LEGS]; /* wall clock; 0: not seen */
	char phase[24];      /* last seen */
	char failure[160];   /* "" fine */
};

struct photo {
	unsigned char *data;
	size_t len;
};

struct world {
	const char *base;
	double speed; /* city seconds per wall second */
	json_t *who;  /* the accounts file; owns the next two */
	json_t *accounts, *clients;
	json_t *posts; /* code -> {lon, lat} */
	struct tape tape;
	struct sim_case *cases;
	size_t n_cases;
	struct photo *photos;
	size_t n_photos;
	pthread_mutex_t lock;
	_Atomic bool stop; /* everything is closed, or time is up */
	_Atomic unsigned long repeats, refusals;
	_Atomic int people; /* threads that have signed in */
	const char *run;    /* distinguishes this run's order numbers */
};

/* A person: what a thread gets. */
struct person {
	struct world *w;
	pthread_t thread;
	const char *username, *password, *post, *org;
	bool client; /* an API client, not an account */
	unsigned seed;
};

void *clerk_main(void *world); /* the 122 centre: orders in, watches them to the end */
void *responder_main(void *person);
void *officer_main(void *person);
void *insurer_main(void *person); /* claims system: username and password are client id, secret */

/* Sleeps city seconds, at least a millisecond; less when the world stops. */
void city_sleep(struct world *w, double seconds);
/* The case of an incident, NULL when it isn't ours. Its stopwatch is set once per leg. */
struct sim_case *world_case(struct world *w, const char *incident_id);
void world_stamp(struct world *w, const char *incident_id, enum leg leg);
void world_fail(struct world *w, const char *incident_id, const char *what);
/* Logs in as the person; false when the world stopped before it worked. */
bool person_sign_in(struct person *p, struct http *h);

/* The accounts file; url NULL: the file's. False with a message on stderr. */
bool world_read_accounts(struct world *w, const char *file, const char *url);
/* The nth account with a role, NULL when there are not so many. */
const json_t *world_account(const struct world *w, const char *role, size_t nth);
/* Where the posts are, as the service says. */
bool world_read_posts(struct world *w);
/* An order as the 122 centre sends it; i tells plates and phone numbers apart. */
json_t *order_body(const char *order_no, struct lonlat place, size_t i);

/* Takes a leg of a path in replies, "" and 0 when missing. */
const char *text_at(const json_t *v, const char *a, const char *b);
double number_at(const json_t *v, const char *a, const char *b);

int report_print(struct world *w); /* the table; number of cases not closed */

#endif
