/* engine.h - who goes: a deterministic core without I/O or clock. Events with their time go in,
 * commands come out; the service persists the commands, a simulator plays them.
 *
 * The caller owns the memory: arrays of units and incidents, whole (a simulator) or only those that
 * matter to the event (the service loads one incident and the nearest units from the database). The
 * outcome doesn't depend on the order of the arrays: ties are broken by expected time, then by who
 * has waited longer, then by id.
 *
 * Policy "nearest", version 1: the available unit with the least expected travel time; positions
 * older than 60 s, doubtful ones and those of a post instead of a person are ranked down by the
 * seconds in struct policy; whoever declined or let an offer lapse is not asked again for that
 * incident until every available unit has been, and then not within reask_s.
 *
 * Thread: any, one engine per thread.
 */
#ifndef DISPATCH_ENGINE_H
#define DISPATCH_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "dispatch/travel.h"

#define ENGINE_POLICY "nearest"
enum { ENGINE_POLICY_VERSION = 1, ENGINE_ASKED_MAX = 64 };

enum unit_state {
	UNIT_OFF_DUTY,
	UNIT_AVAILABLE,
	UNIT_OFFERED,
	UNIT_EN_ROUTE,
	UNIT_ON_SCENE,
	UNIT_ON_BREAK,
};

enum incident_state {
	INCIDENT_WAITING, /* neither open offer nor live assignment */
	INCIDENT_OFFERED,
	INCIDENT_ASSIGNED,
	INCIDENT_SERVED, /* the responder's work is done */
	INCIDENT_ENDED,  /* the incident is over, or left the rapid lane */
};

struct fix {
	struct lonlat at;
	int64_t at_us; /* 0: none */
	double accuracy_m;
	bool doubtful; /* an impossible jump, or marked simulated by the phone */
};

struct unit {
	const char *id;
	enum unit_state state;
	int64_t since_us; /* of the state */
	struct fix fix;
	struct lonlat post;
	bool has_post;
	const char *incident; /* offered or assigned; NULL when none */
};

/* A unit that was offered the incident before. */
struct asked {
	const char *unit;
	bool declined; /* the last time; else it lapsed */
	unsigned times;
	int64_t last_us;
};

struct incident {
	const char *id;
	struct lonlat at;
	int64_t accepted_us, promised_us;
	enum incident_state state;
	const char *unit; /* offered or assigned; NULL when none */
	int64_t offer_expires_us;
	struct asked asked[ENGINE_ASKED_MAX];
	size_t n_asked;
	bool warned_nobody, warned_risk;
};

struct policy {
	int64_t offer_us;  /* life of an offer */
	int64_t stale_us;  /* a fix older than this is stale */
	int64_t forget_us; /* a fix older than this counts as none */
	int64_t reask_us;  /* rest before a unit is asked again for the same incident */
	double stale_s;    /* ranked down by */
	double doubtful_s;
	double post_s;
	double risk; /* warn when the best is on time with less than this probability */
};
extern const struct policy engine_default_policy;

struct engine {
	struct policy policy;
	struct unit *units;
	size_t n_units;
	struct incident *incidents;
	size_t n_incidents;
};

/* ---- ranking ---- */

enum {
	CANDIDATE_NEAREST = 1,
	CANDIDATE_STALE = 2,
	CANDIDATE_DOUBTFUL = 4,
	CANDIDATE_POST = 8,
	CANDIDATE_ASKED = 16
};

struct candidate {
	const struct unit *unit;
	struct travel travel;
	double rank_s; /* what the order is by */
	double on_time;
	double fix_age_s; /* -1: the post's position was used */
	unsigned reasons; /* CANDIDATE_ bits */
	unsigned asked;   /* times asked before */
};

struct rejection {
	const struct unit *unit;
	const char *reason; /* constant word */
};

struct ranking {
	struct candidate *candidates; /* best first; room for n_units */
	size_t n_candidates;
	struct rejection *rejections; /* room for n_units */
	size_t n_rejections;
};

/* Fills the two arrays of `r`, which have room for n_units each. */
void engine_rank(
	const struct engine *e, const struct incident *in, int64_t now_us, struct ranking *r);
/* Names of the reason bits, in order; returns how many. */
size_t candidate_reasons(unsigned reasons, const char *ret[static 5]);
const char *unit_state_name(enum unit_state s);
const char *incident_state_name(enum incident_state s);

/* ---- events and commands ---- */

enum engine_event_kind {
	EVENT_OPENED,   /* the incident is in the array, WAITING; unit: who came upon it, or NULL */
	EVENT_CLOSED,   /* the incident ended or left the lane */
	EVENT_POSITION, /* unit, fix */
	EVENT_DUTY,     /* unit, duty: OFF_DUTY, AVAILABLE or ON_BREAK */
	EVENT_ACCEPT,   /* incident, unit */
	EVENT_DECLINE,
	EVENT_EXPIRE,
	EVENT_ARRIVE,
	EVENT_CLEAR,
	EVENT_RELEASE,
	EVENT_ASSIGN, /* by hand: incident, unit */
	EVENT_TICK,   /* lapsed offers end, waiting incidents are offered, oldest first */
};

struct engine_event {
	enum engine_event_kind kind;
	int64_t now_us;
	const char *incident, *unit;
	struct fix fix;
	enum unit_state duty;
};

enum engine_command_kind {
	COMMAND_OFFER,     /* candidate holds the figures */
	COMMAND_END_OFFER, /* word: ACCEPTED, DECLINED, EXPIRED, WITHDRAWN */
	COMMAND_ASSIGN,
	COMMAND_ARRIVED,
	COMMAND_END_ASSIGNMENT, /* word: CLEARED, RELEASED, CANCELLED */
	COMMAND_STATUS,         /* the unit's state changed */
	COMMAND_WARN,           /* word: nobody_available, promise_at_risk */
	COMMAND_REFUSE, /* the event doesn't fit the state; word says why; nothing changed */
};

struct engine_command {
	enum engine_command_kind kind;
	struct incident *incident;
	struct unit *unit;
	struct candidate candidate;
	const char *word;
};

/* Room one event needs at most: a step never writes more than this many commands per incident and
 * stops (a later tick goes on) when `max` is nearly used up. */
enum { ENGINE_COMMANDS_PER_INCIDENT = 8 };

/* Applies one event, changes the world accordingly, and returns the number of commands written.
 * `scratch` has room for n_units candidates and rejections. */
size_t engine_step(struct engine *e, const struct engine_event *ev, struct ranking *scratch,
	struct engine_command *out, size_t max);

#endif
