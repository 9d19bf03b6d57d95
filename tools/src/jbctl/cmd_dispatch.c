/* cmd_dispatch.c - jbctl dispatch explain: a decision made again from its record, and why in plain
 * words. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/record.h"
#include "jbctl.h"
#include "contract/contract.gen.h"
#include "kit/json.h"
#include "kit/timeutil.h"
#include "kit/uuid.h"

enum { COMMANDS = 384, MEMORY = 64 << 20 };

/* ---- the record ---- */

static Pb__Decision *fetch(const char *id, struct arena *a)
{
	char request[64], *reply = NULL;
	Pb__GetDecisionReply *r;

	snprintf(request, sizeof request, "{\"id\":\"%s\"}", id);
	if (!ctl_rpc("Dispatch.GetDecision", request, &reply))
		ctl_die("%s", reply ? reply : "no answer");
	r = (Pb__GetDecisionReply *)json_stored_to_message(
		&pb_meta_get_decision_reply, reply, strlen(reply), a);
	free(reply);
	if (!r || !r->decision)
		ctl_die("the answer can't be read");
	return r->decision;
}

static bool is_whole(const Pb__Decision *d)
{
	uint8_t digest[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof digest + 1];

	crypto_hash_sha256(digest, d->inputs.data, d->inputs.len);
	sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
	return !strcmp(hex, d->digest);
}

/* ---- in plain words ---- */

static const char *words(const char *reason)
{
	static const struct {
		const char *reason, *text;
	} table[] = {
		{ "nearest", "is the nearest" },
		{ "least_risk", "is the least risk for this incident alone" },
		{ "best_overall", "is the best for all open incidents together" },
		{ "stale_fix", "has an old position" },
		{ "doubtful_fix", "has a doubtful position" },
		{ "post_position", "has no position: his post's counts" },
		{ "asked_before", "was asked before" },
		{ "cover", "would leave his surroundings uncovered" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!strcmp(table[i].reason, reason))
			return table[i].text;
	return reason;
}

static void tell_candidate(const Pb__Candidate *k, const char *chosen)
{
	printf("  %c %s expected in %.0f s (in 9 of 10 cases within %.0f s), late with %.1f %%",
		strcmp(k->responder_id, chosen) ? ' ' : '*', k->responder_id, k->eta_s,
		k->eta_p90_s, 100 * (1 - k->on_time_probability));
	for (size_t i = 0; i < k->n_reasons; i++)
		printf("%s %s", i ? "," : ":", words(k->reasons[i]));
	putchar('\n');
}

static const Pb__Candidate *soonest(const Pb__ListCandidatesReply *r)
{
	const Pb__Candidate *best = NULL;

	for (size_t i = 0; r && i < r->n_items; i++)
		if (!best || r->items[i]->eta_s < best->eta_s)
			best = r->items[i];
	return best;
}

static const Pb__Candidate *find(const Pb__ListCandidatesReply *r, const char *id)
{
	for (size_t i = 0; r && i < r->n_items; i++)
		if (!strcmp(r->items[i]->responder_id, id))
			return r->items[i];
	return NULL;
}

/* Only where the soonest one wasn't taken is there anything to ask. */
static void tell_why_not_closest(const Pb__Decision *d)
{
	const Pb__Candidate *near = soonest(d->ranked), *taken = find(d->ranked, d->chosen_id);

	if (!near || !taken || near == taken)
		return;
	printf("Why not the closest: %s would be there %.0f s sooner", near->responder_id,
		taken->eta_s - near->eta_s);
	if (*d->bypass_reason)
		printf("; the dispatcher's reason stands on record");
	for (size_t i = 0; i < near->n_reasons; i++)
		if (strcmp(near->reasons[i], "nearest") != 0)
			printf("; he %s", words(near->reasons[i]));
	if (!strcmp(d->kind, "OFFER") || !strcmp(d->kind, "HAND_OVER"))
		printf("; all open incidents together are served better this way");
	puts(".");
}

static void tell(const Pb__Decision *d)
{
	char at[TIME_TEXT_MAX];

	printf("Decision %s, %s, incident %s\n", d->decision_id, d->kind,
		*d->incident_id ? d->incident_id : "none");
	printf("At %s, policy %s version %u, region %s epoch %lld\n", time_to_text(d->at, at),
		d->policy, d->policy_version, d->region, (long long)d->epoch);
	printf("Chosen: %s\n", *d->chosen_id ? d->chosen_id : "nobody");
	for (size_t i = 0; d->ranked && i < d->ranked->n_items; i++)
		tell_candidate(d->ranked->items[i], d->chosen_id);
	tell_why_not_closest(d);
}

/* ---- once more ---- */

static bool decides_same(const Pb__Decision *d, const struct engine_command *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct engine_command *k = &out[i];
		if (k->kind == COMMAND_OFFER && k->incident &&
			!strcmp(k->incident->id, d->incident_id))
			return !strcmp(k->unit->id, d->chosen_id);
		if (k->kind == COMMAND_REMOTE && !strcmp(d->kind, "REMOTE") && k->incident &&
			!strcmp(k->incident->id, d->incident_id))
			return true;
		if (k->kind == COMMAND_REPOST && !strcmp(d->kind, "REPOST"))
			return !strcmp(k->unit->id, d->chosen_id);
	}
	return false;
}

static int decide_again(const Pb__Decision *d, const Pb__DecisionInputs *in, struct arena *a)
{
	static struct tape tape;
	struct engine engine;
	struct demand demand;
	struct ranking scratch;
	const char *why;
	struct engine_command *out = ARENA_ARRAY(a, struct engine_command, COMMANDS);
	size_t n;

	if (!record_restore(in, &tape, a, &engine, &demand, &why)) {
		printf("It can't be made again: %s.\n", why);
		return 1;
	}
	scratch.candidates = ARENA_ARRAY(a, struct candidate, engine.n_units + 1);
	scratch.rejections = ARENA_ARRAY(a, struct rejection, engine.n_units + 1);
	engine.work = engine_work_new();
	if (!out || !scratch.candidates || !scratch.rejections || !engine.work)
		ctl_die("out of memory");
	n = record_step(&engine, in->at, *in->freed ? in->freed : NULL, &scratch, out,
		in->n_incidents > 1 ? COMMANDS : 48);
	bool same = !tape.failed && decides_same(d, out, n);
	printf("Made again from %zu incidents, %zu responders and %zu answers of '%s': %s.\n",
		in->n_incidents, in->n_units, in->n_travels, in->travel_model,
		same ? "the same" : "DIFFERENT");
	engine_work_free(engine.work);
	tape_free(&tape);
	return same ? 0 : 1;
}

static int explain(const char *id)
{
	struct arena a;
	Pb__Decision *d;
	Pb__DecisionInputs *in;
	int rc = 0;

	arena_init(&a, MEMORY);
	d = fetch(id, &a);
	tell(d);
	if (!d->inputs.len) {
		puts("Made by hand or on the spot: there is nothing to make again.");
	} else if (!is_whole(d)) {
		puts("The inputs are not what was recorded: their digest differs.");
		rc = 1;
	} else {
		in = pb__decision_inputs__unpack(&a.pb, d->inputs.len, d->inputs.data);
		rc = in ? decide_again(d, in, &a) : 1;
		if (!in)
			puts("The inputs can't be read.");
	}
	arena_release(&a);
	return rc;
}

int cmd_dispatch(int argc, char **argv)
{
	if (argc != 2 || strcmp(argv[0], "explain") != 0 || !uuid_valid(argv[1]))
		return ctl_usage("dispatch explain ID (of a decision or an incident)");
	return explain(argv[1]);
}
