/* sim_internal.h - what sim.c (events and commands) and sim_setup.c (beginning and end) share. */
#ifndef BOARD_SIM_INTERNAL_H
#define BOARD_SIM_INTERNAL_H

#include "queue.h"
#include "sim.h"

enum { ID_MAX = 24, OUT_MAX = 8192 };

enum happening { CALL, ANSWER, EXPIRE, ARRIVE, CLEAR, LEG, DUTY, TICK };

struct car {
	struct vehicle v;
	long call;     /* assigned; -1 none */
	long offer;    /* offered; -1 none */
	unsigned trip; /* cancels arrivals and legs of earlier trips */
	unsigned asked;
	bool on_scene, on_duty, idle; /* idle: to be sent home */
	uint32_t home;
	size_t leg;
	double free_since, busy_since, trip_from;
	double sent_fix;
};

struct live {
	long call;
	double idle_wait, last;
};

struct sim {
	const struct sim_setup *set;
	struct sim_result *ret;
	struct clock clock;
	struct queue queue;
	struct engine e;
	struct car *cars;
	size_t *slot, *car_of; /* car -> slot of the engine's array, and back */
	struct live *live;     /* beside e.incidents */
	char (*unit_ids)[ID_MAX], (*call_ids)[ID_MAX];
	struct demand demand;
	struct zone *zones;
	struct ranking scratch;
	struct engine_command *out;
	double now;
	size_t log_size, steps_size, recent, recent_from;
	bool ticking;
	bool failed;
};

/* Keeps the first broken assertion. */
void sim_violate(struct sim *s, const char *what, long call, long car);
/* A car's time at work ends now. */
void sim_end_busy(struct sim *s, struct car *c);

/* False when memory is out. */
bool sim_allocate(struct sim *s);
void sim_begin(struct sim *s);
void sim_finish(struct sim *s);
void sim_release(struct sim *s);

#endif
