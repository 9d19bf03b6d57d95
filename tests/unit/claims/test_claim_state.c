/* test_claim_state.c - the moves of a claim: forward only, and the same in C and in the database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "claims/claim_state.h"

#define S(x) PB__CLAIM_STATE__VALUE__##x

/* The longest way to each state; a legal move always leads further. */
static void forward_only(void **state)
{
	(void)state;
	static const int rank[CLAIM_STATES] = { [S(UNSPECIFIED)] = 0,
		[S(NOTIFIED)] = 1,
		[S(ACKNOWLEDGED)] = 2,
		[S(SURVEY_REQUESTED)] = 3,
		[S(DISPUTED)] = 4,
		[S(APPROVED)] = 5,
		[S(PAID)] = 6,
		[S(REJECTED)] = 7 };
	for (int from = 0; from < CLAIM_STATES; from++) {
		bool any = false;
		for (int to = 0; to < CLAIM_STATES; to++) {
			bool may = claim_may_move(
				(Pb__ClaimState__Value)from, (Pb__ClaimState__Value)to);
			any = any || may;
			if (may)
				assert_true(rank[to] > rank[from]);
		}
		assert_int_equal(any, !claim_is_final((Pb__ClaimState__Value)from));
	}
	assert_false(claim_may_move((Pb__ClaimState__Value)99, S(PAID)));
	assert_false(claim_may_move(S(APPROVED), (Pb__ClaimState__Value)-1));
}

static void verbs(void **state)
{
	(void)state;
	const char *allowed[CLAIM_STATES];
	assert_int_equal(claim_allowed(S(NOTIFIED), allowed), 1);
	assert_string_equal(allowed[0], "acknowledge");
	assert_int_equal(claim_allowed(S(ACKNOWLEDGED), allowed), 4);
	assert_int_equal(claim_allowed(S(APPROVED), allowed), 1);
	assert_string_equal(allowed[0], "pay");
	assert_int_equal(claim_allowed(S(PAID), allowed), 0);
	assert_null(claim_verb(S(NOTIFIED)));
}

static void same_as_the_migration(void **state)
{
	(void)state;
	static char sql[65536];
	FILE *in = fopen(JB_SOURCE_DIR "/db/0060_create_claims.sql", "r");
	assert_non_null(in);
	sql[fread(sql, 1, sizeof sql - 1, in)] = '\0';
	fclose(in);
	char *rows = strstr(sql, "insert into claims.claim_move");
	assert_non_null(rows);
	*strchr(rows, ';') = '\0';
	const ProtobufCEnumDescriptor *d = &pb__claim_state__value__descriptor;
	for (unsigned i = 0; i < d->n_values; i++) {
		for (unsigned k = 0; k < d->n_values; k++) {
			char row[80];
			snprintf(row, sizeof row, "('%s', '%s')", d->values[i].name,
				d->values[k].name);
			assert_int_equal(strstr(rows, row) != NULL,
				claim_may_move((Pb__ClaimState__Value)d->values[i].value,
					(Pb__ClaimState__Value)d->values[k].value));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forward_only),
		cmocka_unit_test(verbs),
		cmocka_unit_test(same_as_the_migration),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
