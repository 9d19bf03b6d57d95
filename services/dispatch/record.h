/* record.h - what a plan was made from, as a message that can be stored, and the engine made from
 * it again: the same core over the same inputs must decide the same.
 *
 * Times of travel are inputs: the tape notes every answer of the model, in order, rounded to what
 * is stored; played back it answers the same questions without the model.
 * Pure; thread: one at a time a tape.
 */
#ifndef DISPATCH_RECORD_H
#define DISPATCH_RECORD_H

#include "dispatch/engine.h"
#include "jingbao/v1/dispatch.pb-c.h"
#include "kit/arena.h"

struct tape_call {
	struct lonlat target;
	size_t n, first; /* figures */
};
enum { TAPE_DISTANCE, TAPE_ETA, TAPE_P90, TAPE_SIGMA, TAPE_FIGURES };

struct tape {
	struct travel_model model; /* recorded; unused when playing */
	struct tape_call *calls;
	size_t n_calls, calls_room;
	int32_t *figures[TAPE_FIGURES];
	size_t n_figures, figures_room;
	size_t played;
	bool failed; /* no memory; or, playing, another question than the recorded one */
};

/* Empties the tape; it keeps its memory. */
void tape_start(struct tape *t, struct travel_model model);
/* The recorded answers, from a stored message. False without memory. */
bool tape_load(struct tape *t, const Pb__DecisionInputs *in);
struct travel_model tape_recorder(struct tape *t);
struct travel_model tape_player(struct tape *t);
void tape_free(struct tape *t);

/* The world before the step; `freed`: a unit whose work has just ended, NULL none. Names are
 * pointed at, not copied. NULL without memory. */
Pb__DecisionInputs *record_world(const struct engine *e, int64_t now_us, const char *travel_name,
	const char *freed, struct arena *a);
/* What was asked of the model during it. */
bool record_travel(Pb__DecisionInputs *in, const struct tape *t, struct arena *a);

/* The engine as it was; *ret_why says what is missing (a constant text) when that can't be. */
bool record_restore(const Pb__DecisionInputs *in, struct tape *t, struct arena *a,
	struct engine *ret, struct demand *demand, const char **ret_why);
/* The step itself: the end of the freed unit's work, or a look at everything as it is. The array of
 * incidents has room for one more. Returns the commands written. */
size_t record_step(struct engine *e, int64_t now_us, const char *freed, struct ranking *scratch,
	struct engine_command *out, size_t max);

#endif
