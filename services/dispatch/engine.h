/* engine.h - who goes: a deterministic core without I/O or clock. Events with their time go in,
 * commands come out; the service persists the commands, a simulator plays them.
 *
 * The caller owns the memory: arrays of units and incidents, whole (a simulator, a region) or only
 * those that matter to the event (one incident and the nearest units). The outcome doesn't depend
 * on the order of the arrays: ties are broken by expected time, then by who has waited longer, then
 * by id. Nothing is decided by what isn't in these arrays and the event.
 *
 * Two-phase hand-over. Under a policy that diverts, an incident whose unit is under way may be
 * offered to another (COMMAND_OFFER with `replaces`), and a unit under way may be offered another
 * incident. Until the new one accepts, nothing changes for the old one: the incident keeps `unit`,
 * the offer stands in `next_unit`. A unit under way that accepts keeps its trip until its own
 * incident was taken over (COMMAND_PENDING); then both change hands in one step.
 *
 * Whoever declined or let an offer lapse is not asked again for that incident until every available
 * unit has been, and then not within reask_s.
 *
 * Thread: any, one engine per thread.
 */
#ifndef DISPATCH_ENGINE_H
#define DISPATCH_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "dispatch/policy.h"
#include "dispatch/travel.h"

#define ENGINE_POLICY "nearest"
enum { ENGINE_POLICY_VERSION = 1, ENGINE_ASKED_MAX = 64, ENGINE_WANTED_MAX = 4 };

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
	bool doubtful;                /* an impossible jump, or marked simulated by the phone */
	double speed_mps, course_deg; /* the course counts above 1 m/s */
};

struct unit {
	const char *id;
	enum unit_state state;
	int64_t since_us; /* of the state */
	struct fix fix;
	struct lonlat post;
	bool has_post;
	const char *incident; /* offered or assigned; NULL when none */
	const char *next;     /* EN_ROUTE and offered this other incident; NULL when not */
	bool next_accepted;   /* ... and accepted it: goes there once its own is taken over */
	unsigned trip_swaps;  /* times taken off a trip since the last arrival */
};

/* A unit that was offered the incident before. */
struct asked {
	const char *unit;
	bool declined; /* the last time; else it lapsed */
	unsigned times;
	int64_t last_us;
};

/* A further responder of an incident that wants several. */
struct helper {
	const char *unit;
	bool assigned; /* else offered */
	int64_t expires_us;
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

	double severity;         /* weight of its lateness; 0 counts as 1 */
	const char *next_unit;   /* ASSIGNED and offered to this one, who is to replace `unit` */
	int64_t next_expires_us; /* ... until */
	unsigned swaps;          /* times it changed hands */
	int64_t hold_until_us;   /* not to be offered before; 0: at once */
	const char *queued_unit; /* kept for this unit, which is at work elsewhere */
	int64_t queued_us;
	unsigned wanted; /* responders; 0 counts as 1 */
	struct helper helpers[ENGINE_WANTED_MAX - 1];
	size_t n_helpers;
	bool old_lane;    /* in overload: its unit came out of the share for hopeless ones */
	bool remote_told; /* COMMAND_REMOTE was given */
	/* Why it waits, as of the last plan: a constant word, NULL when it doesn't. One of held,
	 * queued, nobody_available, all_asked, overload, not_planned. */
	const char *waits;
};

/* Where incidents are to be expected: for cover and re-posting. The caller's; may be shared. */
struct zone {
	struct lonlat at;
	double share; /* of the demand; all together 1 */
	double busy;  /* probability that a unit that could come is busy, 0..1 */
};
struct post_site {
	const char *id;
	struct lonlat at;
};
struct demand {
	const struct zone *zones;
	size_t n_zones;
	double rate_per_s; /* incidents expected now */
	const struct post_site *posts;
	size_t n_posts;
	/* [post * n_zones + zone]: driving seconds in free flow; NULL: by straight line. */
	const float *drive_s;
};

struct engine_work; /* memory kept between steps */

struct engine {
	struct policy policy;
	struct unit *units;
	size_t n_units;
	struct incident *incidents;
	size_t n_incidents;
	struct travel_model travel;  /* `to` NULL: straight line */
	const struct demand *demand; /* NULL: no cover, no re-posting */
	/* NULL: made and freed by each step; then commands carry no decision. */
	struct engine_work *work;
};

/* ---- ranking ---- */

enum {
	CANDIDATE_NEAREST = 1,
	CANDIDATE_STALE = 2,
	CANDIDATE_DOUBTFUL = 4,
	CANDIDATE_POST = 8,
	CANDIDATE_ASKED = 16,
	CANDIDATE_CHEAPEST = 32, /* least cost for this incident alone */
	CANDIDATE_CHOSEN = 64,   /* by the assignment as a whole */
	CANDIDATE_DIVERTED =
		128,             /* under way to another incident, which somebody else takes over */
	CANDIDATE_CURRENT = 256, /* under way to this incident now */
	CANDIDATE_COVER = 512,   /* its leaving would cost cover */
	CANDIDATE_NEEDED = 1024, /* better for this incident, but of more use to another */
	CANDIDATE_POSITIONS = 2048, /* too many positions are stale: closest available */
	CANDIDATE_OLD_LANE = 4096,  /* in overload: from the share kept for the oldest */
	ENGINE_REASONS_MAX = 13
};

struct candidate {
	const struct unit *unit;
	struct travel travel;
	double rank_s; /* what the order is by under MODE_CLOSEST */
	double on_time;
	double fix_age_s; /* -1: the post's position was used */
	unsigned reasons; /* CANDIDATE_ bits */
	unsigned asked;   /* times asked before */
	double late_min;  /* expected minutes after the promise */
	double cover;     /* late arrivals expected elsewhere because it is gone */
	double cost;      /* what the order is by under the other modes (cost.h) */
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
size_t candidate_reasons(unsigned reasons, const char *ret[static ENGINE_REASONS_MAX]);
const char *unit_state_name(enum unit_state s);
const char *incident_state_name(enum incident_state s);

/* Why an incident got who it got: complete enough to be stored and explained. */
enum { ENGINE_DIGEST = 32, ENGINE_RANKED = 16 };
struct decision {
	const char *policy;
	int policy_version;
	int64_t at_us;
	uint8_t digest[ENGINE_DIGEST]; /* of all inputs of the plan (inputs.h) */
	const struct incident *incident;
	const struct unit *chosen;
	size_t n_candidates; /* in all */
	size_t n_ranked;     /* of which below, best first, with the chosen */
	struct candidate
		ranked[ENGINE_RANKED + 1]; /* the chosen one is last if not among the best */
};

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
	EVENT_TICK,   /* lapsed offers end, then as EVENT_PLAN */
	EVENT_PLAN,   /* decide now: waiting incidents are offered, trips reconsidered */
	EVENT_HOLD,   /* incident, until_us; 0 ends the hold */
	EVENT_QUEUE,  /* incident, unit: kept for it until it is free; unit NULL ends that */
	EVENT_WANT,   /* incident, wanted */
	EVENT_UNDO,   /* incident, unit: the assignment is taken back, as if never made; no plan */
	EVENT_STAND_DOWN, /* unit: off whatever it does and off duty */
	ENGINE_EVENTS
};

struct engine_event {
	enum engine_event_kind kind;
	int64_t now_us;
	const char *incident, *unit;
	struct fix fix;
	enum unit_state duty;
	int64_t until_us;
	unsigned wanted;
};

enum engine_command_kind {
	COMMAND_OFFER, /* candidate holds the figures; replaces: whose trip it would take over */
	COMMAND_END_OFFER, /* word: ACCEPTED, DECLINED, EXPIRED, WITHDRAWN */
	COMMAND_ASSIGN,
	COMMAND_ARRIVED,
	COMMAND_END_ASSIGNMENT, /* word: CLEARED, RELEASED, CANCELLED, REPLACED */
	COMMAND_STATUS,         /* the unit's state changed */
	COMMAND_WARN,           /* word: nobody_available, promise_at_risk, out_of_memory */
	COMMAND_REFUSE,  /* the event doesn't fit the state; word says why; nothing changed */
	COMMAND_PENDING, /* accepted by a unit under way; takes effect when its trip is taken over
			  */
	COMMAND_REMOTE, /* can't be in time: offer remote handling now; candidate: the best there is
			 */
	COMMAND_REPOST, /* suggestion: the unit to `post` */
	COMMAND_LEAD,   /* this further responder is the lead now */
};

struct engine_command {
	enum engine_command_kind kind;
	struct incident *incident;
	struct unit *unit;
	struct candidate candidate;
	const char *word;
	const char *replaces;            /* OFFER: unit under way to the incident, or NULL */
	bool helper;                     /* OFFER, ASSIGN ...: a further responder, not the lead */
	const struct post_site *post;    /* REPOST */
	double gain;                     /* REPOST: late arrivals saved within the horizon */
	const struct decision *decision; /* OFFER: until the next step; NULL without e->work */
};

/* Room for one event at least; a step stops deciding (a later tick goes on) when `max` is nearly
 * used up, and never writes more than ENGINE_COMMANDS_PER_INCIDENT for one decision. */
enum { ENGINE_COMMANDS_PER_INCIDENT = 8, ENGINE_COMMANDS_MIN = 32 };

/* Applies one event, changes the world accordingly, and returns the number of commands written.
 * `scratch` has room for n_units candidates and rejections; `max` >= ENGINE_COMMANDS_MIN. */
size_t engine_step(struct engine *e, const struct engine_event *ev, struct ranking *scratch,
	struct engine_command *out, size_t max);

/* Memory kept between steps; grows on demand. NULL when there is none. */
struct engine_work *engine_work_new(void);
void engine_work_free(struct engine_work *w);

#endif
