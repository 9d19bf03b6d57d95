/* test_access.c - who may see a case's photos, and who the suspicions. */
#include "support.h"

#include "evidence/access.h"

#define ROLE(name) (1u << PB__ROLE__VALUE__##name)

static const struct access_facts stranger = { "case-1", "610113", false, false, false };
static const struct access_facts his = { "case-1", "610113", true, false, false };
static const struct access_facts papers = { "case-1", "610113", true, true, true };
static const struct access_facts insured = { "case-1", "610113", false, true, false };

static struct call caller(uint32_t roles, const char *districts, const char *incident)
{
	return (struct call){ .who = { .roles = roles,
				      .subject = "x",
				      .name = "",
				      .org = "",
				      .districts = districts,
				      .incident_id = incident,
				      .party_id = "" } };
}

static void each_role_sees_its_own(void **state)
{
	const struct {
		uint32_t roles;
		const char *districts, *incident;
		const struct access_facts *facts;
		bool sees, flags;
	} cases[] = {
		{ ROLE(DISPATCHER), "", "", &stranger, true, true },
		{ ROLE(SUPERVISOR), "", "", &stranger, true, true },
		{ ROLE(AUDITOR), "", "", &stranger, true, true },
		{ ROLE(OFFICER), "", "", &stranger, true, true },
		{ ROLE(OFFICER), "610113", "", &stranger, true, true },
		{ ROLE(OFFICER), "610102 610113", "", &stranger, true, true },
		{ ROLE(OFFICER), "610102 610112", "", &stranger, false, true },
		{ ROLE(OFFICER), "6101139", "", &stranger, false, true },
		{ ROLE(BRIGADE), "610112", "", &stranger, false, true },
		{ ROLE(RESPONDER), "", "", &stranger, false, false },
		{ ROLE(RESPONDER), "", "", &his, true, false },
		{ ROLE(RESPONDER), "", "", &insured, false, false },
		{ ROLE(INSURER), "", "", &stranger, false, false },
		{ ROLE(INSURER), "", "", &insured, true, false },
		{ ROLE(ASSESSOR), "", "", &insured, true, false },
		{ ROLE(ASSESSOR), "", "", &his, false, false },
		{ ROLE(PARTY), "", "case-1", &stranger, true, false },
		{ ROLE(PARTY), "", "case-2", &stranger, false, false },
		{ ROLE(PARTY), "", "", &stranger, false, false },
		{ ROLE(PARTY), "", "case-1", &papers, false, false },
		{ ROLE(OFFICER), "", "", &papers, true, true },
		{ ROLE(RESPONDER), "", "", &papers, true, false },
		{ ROLE(ADMIN), "", "", &stranger, false, false },
		{ 0, "", "case-1", &his, false, false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct call c = caller(cases[i].roles, cases[i].districts, cases[i].incident);
		if (access_allows(&c, cases[i].facts) != cases[i].sees ||
			access_sees_flags(&c) != cases[i].flags)
			fail_msg("case %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_role_sees_its_own) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
