/* test_settlement.c - the split to the fen: the worked examples, and what must hold for any case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "claims/settlement.h"

#define G(x) PB__GRADE__VALUE__##x
#define C(x) PB__COVER__VALUE__##x

static const struct settle_limits limits = { 200000, 10000 };
static const int64_t plenty = INT64_C(100000000);

static struct settle_party insured(int64_t yuan, Pb__Grade__Value g)
{
	return (struct settle_party){ .damage_fen = yuan * 100,
		.grade = g,
		.motor = true,
		.compulsory = true,
		.commercial = true,
		.sum_insured_fen = plenty };
}

/* What cover of payer pays payee, in fen. */
static int64_t paid(
	const struct settle_result *r, Pb__Cover__Value cover, size_t payer, size_t payee)
{
	int64_t sum = 0;
	for (size_t i = 0; i < r->n; i++) {
		const struct settle_line *l = &r->lines[i];
		if (l->cover == cover && l->payer == payer && l->payee == payee)
			sum += l->amount_fen;
	}
	return sum;
}

static void worked_examples(void **state)
{
	(void)state;
	static const struct {
		int64_t a, b;
		Pb__Grade__Value ga, gb;
		int64_t ci_ab, tpl_ab, b_keeps, ci_ba, tpl_ba, a_keeps;
	} t[] = {
		{ 3000, 5000, G(FULL), G(NONE), 2000, 3000, 0, 100, 0, 2900 },
		{ 3000, 5000, G(MAIN), G(SECONDARY), 2000, 2100, 900, 2000, 300, 700 },
		{ 1500, 1800, G(EQUAL), G(EQUAL), 1800, 0, 0, 1500, 0, 0 },
		{ 6000, 4200, G(EQUAL), G(EQUAL), 2000, 1100, 1100, 2000, 2000, 2000 },
	};
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct settle_party p[] = { insured(t[i].a, t[i].ga), insured(t[i].b, t[i].gb) };
		struct settle_result r;
		assert_null(settle(p, 2, &limits, &r));
		assert_int_equal(paid(&r, C(COMPULSORY), 0, 1), t[i].ci_ab * 100);
		assert_int_equal(paid(&r, C(COMMERCIAL), 0, 1), t[i].tpl_ab * 100);
		assert_int_equal(paid(&r, C(OWN), 1, 1), t[i].b_keeps * 100);
		assert_int_equal(r.kept_fen[1], t[i].b_keeps * 100);
		assert_int_equal(paid(&r, C(COMPULSORY), 1, 0), t[i].ci_ba * 100);
		assert_int_equal(paid(&r, C(COMMERCIAL), 1, 0), t[i].tpl_ba * 100);
		assert_int_equal(paid(&r, C(OWN), 0, 0), t[i].a_keeps * 100);
		assert_int_equal(paid(&r, C(PARTY), 0, 1) + paid(&r, C(PARTY), 1, 0), 0);
	}
}

static void single_vehicle(void **state)
{
	(void)state;
	static const Pb__Grade__Value may[] = { G(FULL), G(NONE) };
	for (size_t i = 0; i < 2; i++) {
		struct settle_party p = insured(3000, may[i]);
		struct settle_result r;
		assert_null(settle(&p, 1, &limits, &r));
		assert_int_equal(r.n, 1);
		assert_int_equal(r.lines[0].cover, C(OWN));
		assert_int_equal(r.kept_fen[0], 300000);
		assert_int_equal(r.paid_by_others_fen[0], 0);
	}
	struct settle_party p = insured(3000, G(EQUAL));
	struct settle_result r;
	assert_non_null(settle(&p, 1, &limits, &r));
}

static void nobody_at_fault(void **state)
{
	(void)state;
	struct settle_party p[] = { insured(3000, G(NONE)), insured(50, G(NONE)) };
	struct settle_result r;
	assert_null(settle(p, 2, &limits, &r));
	assert_int_equal(paid(&r, C(COMPULSORY), 1, 0), 10000);
	assert_int_equal(r.kept_fen[0], 290000);
	assert_int_equal(paid(&r, C(COMPULSORY), 0, 1), 5000);
	assert_int_equal(r.kept_fen[1], 0);
}

static void refusals(void **state)
{
	(void)state;
	struct settle_party p[] = { insured(1, G(FULL)), insured(1, G(NONE)), insured(1, G(NONE)) };
	struct settle_result r = { .n = 77 };
	assert_non_null(strstr(settle(p, 3, &limits, &r), "无责代赔"));
	assert_non_null(settle(p, 0, &limits, &r));
	p[1].grade = G(FULL);
	assert_non_null(settle(p, 2, &limits, &r));
	p[1].grade = G(UNSPECIFIED);
	assert_non_null(settle(p, 2, &limits, &r));
	p[1].grade = G(NONE);
	p[1].damage_fen = -1;
	assert_non_null(settle(p, 2, &limits, &r));
	assert_int_equal(r.n, 77); /* untouched */
}

static void without_cover(void **state)
{
	(void)state;
	struct settle_party p[] = { insured(10000, G(FULL)), insured(5000, G(NONE)) };
	struct settle_result r;
	p[0].compulsory = false; /* owes himself what the cover would have paid */
	p[0].commercial = false;
	assert_null(settle(p, 2, &limits, &r));
	assert_int_equal(paid(&r, C(PARTY), 0, 1), 500000);
	assert_int_equal(paid(&r, C(COMPULSORY), 0, 1), 0);
	assert_int_equal(r.kept_fen[1], 0);

	p[0] = insured(10000, G(FULL));
	p[0].sum_insured_fen = 100000; /* 5000 - 2000 = 3000 due, 1000 insured */
	assert_null(settle(p, 2, &limits, &r));
	assert_int_equal(paid(&r, C(COMMERCIAL), 0, 1), 100000);
	assert_int_equal(paid(&r, C(PARTY), 0, 1), 200000);

	p[0].sum_insured_fen = 0; /* not on record: the insurer knows its own contract */
	assert_null(settle(p, 2, &limits, &r));
	assert_int_equal(paid(&r, C(COMMERCIAL), 0, 1), 300000);

	p[0].motor = p[0].compulsory = p[0].commercial = false; /* a bicycle */
	assert_null(settle(p, 2, &limits, &r));
	assert_int_equal(paid(&r, C(PARTY), 0, 1), 500000);
	assert_int_equal(paid(&r, C(COMPULSORY), 1, 0), 10000);
}

static uint64_t seed = 88172645463325252u;

static uint64_t rnd(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static struct settle_party anyone(Pb__Grade__Value g)
{
	static const int64_t round_ones[] = { 0, 1, 9999, 10000, 10001, 199999, 200000, 200001 };
	struct settle_party p = { .grade = g, .motor = rnd(8) != 0 };
	p.damage_fen = rnd(3) ? (int64_t)rnd(3000000) : round_ones[rnd(8)];
	p.compulsory = p.motor && rnd(6);
	p.commercial = p.compulsory && rnd(3);
	p.sum_insured_fen = rnd(3) ? (int64_t)rnd(2000000) : 0;
	return p;
}

static void sums(const struct settle_party *p, size_t n, const struct settle_result *r)
{
	for (size_t v = 0; v < n; v++) {
		int64_t sum = 0;
		for (size_t i = 0; i < r->n; i++) {
			assert_true(r->lines[i].amount_fen > 0);
			assert_true(r->lines[i].payee < n && r->lines[i].payer < n);
			if (r->lines[i].payee == v)
				sum += r->lines[i].amount_fen;
			if (r->lines[i].limit_fen)
				assert_true(r->lines[i].amount_fen <= r->lines[i].limit_fen);
		}
		assert_int_equal(sum, p[v].damage_fen); /* to the fen */
		assert_int_equal(r->kept_fen[v] + r->paid_by_others_fen[v], p[v].damage_fen);
		assert_true(r->kept_fen[v] >= 0);
	}
}

/* The other way round the same sums come out, with the sides changed. */
static void mirrored(const struct settle_result *r, const struct settle_result *m)
{
	assert_int_equal(r->n, m->n);
	for (int cover = C(COMPULSORY); cover <= (int)C(OWN); cover++) {
		for (size_t from = 0; from < 2; from++) {
			for (size_t to = 0; to < 2; to++)
				assert_int_equal(paid(r, (Pb__Cover__Value)cover, from, to),
					paid(m, (Pb__Cover__Value)cover, 1 - from, 1 - to));
		}
	}
}

static void any_case(void **state)
{
	(void)state;
	static const Pb__Grade__Value pairs[][2] = { { G(FULL), G(NONE) }, { G(NONE), G(FULL) },
		{ G(MAIN), G(SECONDARY) }, { G(SECONDARY), G(MAIN) }, { G(EQUAL), G(EQUAL) },
		{ G(NONE), G(NONE) } };
	for (int i = 0; i < 300000; i++) {
		const Pb__Grade__Value *g = pairs[rnd(6)];
		struct settle_party p[] = { anyone(g[0]), anyone(g[1]) };
		struct settle_party other[] = { p[1], p[0] };
		struct settle_result r, m;
		assert_null(settle(p, 2, &limits, &r));
		assert_null(settle(other, 2, &limits, &m));
		sums(p, 2, &r);
		mirrored(&r, &m);
	}
}

/* More damage never means that anyone is paid less. */
static void monotonic(void **state)
{
	(void)state;
	for (int i = 0; i < 50000; i++) {
		struct settle_party p[] = { anyone(G(MAIN)), anyone(G(SECONDARY)) };
		struct settle_result before, after;
		assert_null(settle(p, 2, &limits, &before));
		p[0].damage_fen += (int64_t)rnd(100000);
		assert_null(settle(p, 2, &limits, &after));
		assert_true(after.paid_by_others_fen[0] >= before.paid_by_others_fen[0]);
		assert_int_equal(after.paid_by_others_fen[1], before.paid_by_others_fen[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worked_examples),
		cmocka_unit_test(single_vehicle),
		cmocka_unit_test(nobody_at_fault),
		cmocka_unit_test(refusals),
		cmocka_unit_test(without_cover),
		cmocka_unit_test(any_case),
		cmocka_unit_test(monotonic),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
