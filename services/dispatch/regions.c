/* regions.c - which regions this process owns, and the work that comes with it: leases, lending.
 *
 * What is held here is only a belief, to save asking; the lease row decides, inside every
 * transaction that does a region's work.
 */
#include <string.h>
#include <unistd.h>
#include "dispatch/dispatch.h"
#include "kit/uuid.h"

static char self[UUID_TEXT];
static struct leases held;

const char *process_id(void)
{
	return self;
}

Pb__Code region_hold(struct call *c, const char *region, int64_t *ret_epoch)
{
	bool ours = false;

	*ret_epoch = 0;
	for (size_t i = 0; i < held.n; i++)
		if (!strcmp(held.items[i].region, region)) {
			int64_t epoch = held.items[i].epoch;
			Pb__Code e = store_hold_region(c, region, self, epoch, &ours);
			*ret_epoch = ours ? epoch : 0;
			return e;
		}
	return PB__CODE__OK;
}

/* Renews what is ours; takes what nobody holds; gives up what others should have. */
Pb__Code keep_leases(struct call *c, bool *ret_more)
{
	char host[64] = "";
	struct leases now;
	Pb__Code e;

	*ret_more = false;
	(void)gethostname(host, sizeof(host) - 1);
	e = store_renew_leases(c, self, host, &now);
	if (!e)
		e = store_balance_leases(c, self, &now);
	if (!e)
		held = now;
	return e;
}

Pb__Code regions_start(struct call *c)
{
	bool more;

	(void)uuid_v7(self);
	return keep_leases(c, &more);
}

/* ---- lending ---- */

static Pb__Code refuse(
	struct call *c, const struct borrow_row *b, const char *answer, const char *why)
{
	struct incident_row in = { .id = b->incident_id, .district = b->district };
	const char *text = arena_printf(c->arena, "region '%s' doesn't lend responder '%s': %s",
		b->lender, b->responder_id, why);
	Pb__Code e = store_answer_borrow(c, b, answer, why);

	return e ? e : tell_warning(c, &in, "borrow_refused", text ? text : why, NULL);
}

/* Answers what is asked of our regions. */
static Pb__Code answer_one(struct call *c, bool *ret_more)
{
	struct borrow_row b;
	const char *why;
	Pb__Code e = store_lock_borrow(c, self, false, &b, ret_more);

	if (e || !*ret_more)
		return e;
	e = store_lend(c, &b, &why);
	if (e)
		return e;
	return why ? refuse(c, &b, "REFUSED", why) : store_answer_borrow(c, &b, "GRANTED", "");
}

Pb__Code lend(struct call *c, bool *ret_more)
{
	Pb__Code e = answer_one(c, ret_more);
	struct borrow_row b;

	if (e || *ret_more)
		return e;
	e = store_lock_borrow(c, self, true, &b, ret_more);
	if (e)
		return e;
	return *ret_more ? refuse(c, &b, "LAPSED", "no_answer") : store_send_home(c, self);
}
