/* step.h - one step of the engine: the moves that change the world and say so. Internal to the
 * engine (engine.c, engine_*.c, plan*.c).
 */
#ifndef DISPATCH_STEP_H
#define DISPATCH_STEP_H

#include "dispatch/engine.h"
#include "dispatch/work.h"

struct step {
	struct engine *e;
	const struct engine_event *ev;
	struct ranking *scratch;
	struct engine_work *work;
	struct engine_command *out;
	size_t n, max;
};

/* ---- engine_moves.c ---- */

struct unit *find_unit(const struct engine *e, const char *id);
struct incident *find_incident(const struct engine *e, const char *id);
/* The first incident after `last` in serving order (older first, then id) that is in `state`. */
struct incident *next_in_order(
	const struct engine *e, const struct incident *last, enum incident_state state);
/* Room for one more decision. */
bool room(const struct step *s);
struct engine_command *say(struct step *s, enum engine_command_kind kind, struct incident *in,
	struct unit *u, const char *word);
void refuse(struct step *s, struct incident *in, struct unit *u, const char *why);
void set_unit(struct step *s, struct unit *u, enum unit_state state, const struct incident *in);
void set_incident(struct incident *in, enum incident_state state, const struct unit *u);
void remember_asked(struct incident *in, const struct unit *u, bool declined, int64_t now_us);

/* Offers the incident to a free unit, or to one under way; `c` has the figures. */
void make_offer(struct step *s, struct incident *in, struct unit *u, const struct candidate *c,
	const struct decision *d);
/* Ends the open offer of `in` to `u`, as lead, replacement or helper, with every offer that was
 * made for its sake; a free unit gets the state `then`. */
void offer_ends(struct step *s, struct incident *in, struct unit *u, const char *outcome,
	enum unit_state then);
/* The unit, which has no trip, has accepted: it gets the incident, and who had it before is free or
 * goes where it agreed to go. */
void hand_over(struct step *s, struct incident *in, struct unit *u);
/* Takes back the offers that hang on this unit's trip: its replacement's and its own. */
void untangle(struct step *s, struct unit *u);
/* Ends the live assignment of the incident's lead, with what hangs on it. */
void trip_ends(struct step *s, struct incident *in, const char *how, enum incident_state then,
	enum unit_state unit_then);
void trip_begins(struct step *s, struct incident *in, struct unit *u, enum unit_state state);

/* ---- engine_helpers.c: further responders of an incident ---- */

struct helper *find_helper(struct incident *in, const char *unit);
size_t helpers_missing(const struct incident *in);
void offer_helper(struct step *s, struct incident *in, struct unit *u, const struct candidate *c);
void accept_helper(struct step *s, struct incident *in, struct unit *u);
/* Ends a helper's offer (word is an outcome) or assignment. */
void end_helper(struct step *s, struct incident *in, struct unit *u, const char *word,
	enum unit_state then);
void end_helpers(struct step *s, struct incident *in, const char *word);
/* Makes the first helper that has accepted the lead of a leaderless incident; false if none. */
bool promote_helper(struct step *s, struct incident *in);

/* ---- engine_hand.c: the dispatcher's hand ---- */

void on_assign(struct step *s, struct incident *in, struct unit *u);
void on_hold(struct step *s, struct incident *in);
void on_queue(struct step *s, struct incident *in, struct unit *u);
void on_want(struct step *s, struct incident *in);
void on_undo(struct step *s, struct incident *in, struct unit *u);
void on_stand_down(struct step *s, struct unit *u);

/* ---- plan.c ---- */

/* Decides everything that can be decided now. */
void make_plan(struct step *s);
/* A unit that became free and isn't needed: perhaps a better post. */
void suggest_post(struct step *s, struct unit *u);

#endif
