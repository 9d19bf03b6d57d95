/* test_phases.c - every phase with every cause, compared with the table the database was given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "intake/phases.h"

#define P(name) PB__PHASE__VALUE__##name

static char *read_migration(void)
{
	FILE *f = fopen(JB_SOURCE_DIR "/db/0020_create_intake.sql", "rb");
	char *text = calloc(1, 1 << 18);

	assert_non_null(f);
	assert_true(fread(text, 1, (1 << 18) - 1, f) > 1000);
	fclose(f);
	return text;
}

static enum phase_cause cause_by_name(const char *name)
{
	for (int c = 0; c < CAUSES; c++) {
		if (strcmp(cause_name((enum phase_cause)c), name) == 0)
			return (enum phase_cause)c;
	}
	fail_msg("the migration names a cause '%s' that the code doesn't know", name);
	return CAUSES;
}

/* Both tables allow exactly the same steps. */
static void database_has_the_same_table(void **state)
{
	bool seen[PHASES][CAUSES] = { 0 };
	char *text = read_migration(), *p = text;
	char from[32], cause[32], to[32];
	int rows = 0, legal = 0;

	(void)state;
	while ((p = strstr(p, "\n\t('")) != NULL) {
		p += 2;
		if (sscanf(p, "('%31[A-Z_]', '%31[A-Za-z]', '%31[A-Z_]')", from, cause, to) != 3)
			continue;
		Pb__Phase__Value f = phase_by_name(from), t = phase_by_name(to);
		enum phase_cause c = cause_by_name(cause);
		assert_int_not_equal(f, P(UNSPECIFIED));
		if (seen[f][c])
			fail_msg("%s by %s occurs twice", from, cause);
		seen[f][c] = true;
		rows++;
		if (phase_next(f, c) != t)
			fail_msg("%s by %s: code says %s, database %s", from, cause,
				phase_name(phase_next(f, c)), to);
	}
	for (int f = 0; f < PHASES; f++)
		for (int c = 0; c < CAUSES; c++)
			legal += phase_next((Pb__Phase__Value)f, (enum phase_cause)c) != 0;
	assert_int_equal(rows, legal);
	assert_true(rows > 80);
	free(text);
}

static int rank(Pb__Phase__Value p)
{
	return p >= P(REPORTED) && p <= P(CLOSED) ? (int)p : 0;
}

/* Facts of others never move an incident back, but for the three ways back that exist. */
static void news_never_goes_back(void **state)
{
	static const enum phase_cause news[] = { CAUSE_OFFER, CAUSE_ASSIGN, CAUSE_ARRIVE,
		CAUSE_SUBMIT, CAUSE_DETERMINE, CAUSE_ASSESS, CAUSE_HAND_OFF, CAUSE_SETTLE };

	(void)state;
	for (int f = 0; f < PHASES; f++) {
		for (size_t i = 0; i < sizeof(news) / sizeof(*news); i++) {
			Pb__Phase__Value t = phase_next((Pb__Phase__Value)f, news[i]);
			if (t && (!rank((Pb__Phase__Value)f) || rank(t) <= f))
				fail_msg("%s goes back to %s", phase_name((Pb__Phase__Value)f),
					phase_name(t));
		}
	}
	assert_int_equal(phase_next(P(EN_ROUTE), CAUSE_RELEASE), P(DISPATCHING));
	assert_int_equal(phase_next(P(ON_SCENE), CAUSE_RELEASE), P(DISPATCHING));
	assert_int_equal(phase_next(P(UNDER_REVIEW), CAUSE_RETAKE), P(ON_SCENE));
}

/* Whatever order the news of a good case comes in, it ends settled. */
static void any_order_ends_settled(void **state)
{
	enum phase_cause news[] = { CAUSE_OFFER, CAUSE_ASSIGN, CAUSE_ARRIVE, CAUSE_SUBMIT,
		CAUSE_DETERMINE, CAUSE_ASSESS, CAUSE_HAND_OFF, CAUSE_SETTLE };
	enum { N = sizeof(news) / sizeof(*news) };
	unsigned short seed[3] = { 7, 7, 7 };

	(void)state;
	for (int run = 0; run < 2000; run++) {
		Pb__Phase__Value p = P(REPORTED);

		for (int i = N - 1; i > 0; i--) {
			int k = (int)(erand48(seed) * (i + 1));
			enum phase_cause t = news[i];
			news[i] = news[k];
			news[k] = t;
		}
		for (int i = 0; i < N; i++) {
			Pb__Phase__Value t = phase_next(p, news[i]);
			if (t)
				p = t;
		}
		assert_int_equal(p, P(SETTLED));
	}
	assert_int_equal(phase_next(P(SETTLED), CAUSE_CLOSE), P(CLOSED));
}

/* Nothing that is open is a trap, and nothing ended is left by news. */
static void every_open_phase_has_a_way_on(void **state)
{
	(void)state;
	for (int f = 1; f < PHASES; f++) {
		int ways = 0;
		for (int c = 0; c < CAUSES; c++)
			ways += phase_next((Pb__Phase__Value)f, (enum phase_cause)c) != 0;
		if (phase_open((Pb__Phase__Value)f))
			assert_true(ways > 0);
		else
			for (int c = CAUSE_OFFER; c <= CAUSE_SETTLE; c++)
				assert_int_equal(
					phase_next((Pb__Phase__Value)f, (enum phase_cause)c), 0);
	}
}

static void officer_can_be_had_until_hand_off(void **state)
{
	(void)state;
	for (int f = P(REPORTED); f <= P(LOSS_ASSESSED); f++)
		assert_int_equal(
			phase_next((Pb__Phase__Value)f, CAUSE_REQUEST_OFFICER), P(TO_OFFICER));
	assert_int_equal(phase_next(P(SELF_SETTLED), CAUSE_REQUEST_OFFICER), P(TO_OFFICER));
	assert_int_equal(phase_next(P(CANCELLED), CAUSE_REQUEST_OFFICER), P(TO_OFFICER));
}

static void takes_any_number(void **state)
{
	(void)state;
	assert_int_equal(phase_next((Pb__Phase__Value)999, CAUSE_OFFER), 0);
	assert_int_equal(phase_next((Pb__Phase__Value)-1, CAUSE_OFFER), 0);
	assert_int_equal(phase_next(P(REPORTED), (enum phase_cause)CAUSES), 0);
	assert_string_equal(phase_name((Pb__Phase__Value)999), "?");
	assert_int_equal(phase_by_name("NOWHERE"), 0);
	assert_int_equal(phase_first(PB__LANE__VALUE__RAPID), P(REPORTED));
	assert_int_equal(phase_first(PB__LANE__VALUE__OFFICER), P(TO_OFFICER));
	assert_int_equal(phase_first(PB__LANE__VALUE__GENERAL), P(TO_GENERAL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(database_has_the_same_table),
		cmocka_unit_test(news_never_goes_back),
		cmocka_unit_test(any_order_ends_settled),
		cmocka_unit_test(every_open_phase_has_a_way_on),
		cmocka_unit_test(officer_can_be_had_until_hand_off),
		cmocka_unit_test(takes_any_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
