/* deliver.c - due deliveries out of the database to the sender, and how they went back in. */
#include "claims/claims.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "claims/sender.h"
#include "claims/webhook.h"
#include "kit/log.h"
#include "kit/timeutil.h"

static _Atomic int64_t delivered, failed_attempts, given_up, endpoints_gone;

const struct metric claims_metrics[] = {
	{ "jb_claims_webhooks_delivered_total", "webhooks answered 2xx", false, &delivered },
	{ "jb_claims_webhook_failures_total", "webhook attempts that failed", false,
		&failed_attempts },
	{ "jb_claims_webhooks_given_up_total", "webhooks given up after the last attempt", false,
		&given_up },
	{ "jb_claims_endpoints_gone_total", "endpoints disabled because they answered 410", false,
		&endpoints_gone },
	{ 0 },
};

Pb__Code deliver_start(struct call *c)
{
	struct sender_settings s = {
		.allow_http = claims_settings.webhook_allow_http,
		.allow_private = claims_settings.webhook_allow_private,
		.timeout_s = claims_settings.webhook_timeout_s,
		.parallel = (size_t)claims_settings.webhook_parallel,
		.ca_file = claims_settings.webhook_ca_file,
	};
	if (!sender_start(&s))
		return call_fail(c, PB__CODE__INTERNAL, "the webhook sender can't start");
	return PB__CODE__OK;
}

void deliver_stop(void)
{
	sender_stop();
}

/* Our schedule, or later when the receiver asks for it. */
static int64_t next_attempt(const struct call *c, const struct parcel *p)
{
	int64_t wait = webhook_wait_us(p->attempts, randombytes_random());
	int64_t asked = (int64_t)p->retry_after_s * US_PER_S;
	if (wait < 0)
		return 0;
	return c->at_us + (asked > wait ? asked : wait);
}

static Pb__Code end_attempt(struct call *c, const struct parcel *p)
{
	struct attempt_end e = { .delivery_id = p->delivery_id,
		.attempts = p->attempts,
		.status = (int32_t)p->status,
		.error = p->error };
	enum webhook_fate fate = webhook_fate(p->status);
	if (fate == WEBHOOK_DELIVERED) {
		e.state = "DELIVERED";
		e.error = "";
		atomic_fetch_add(&delivered, 1);
		return store_end_attempt(c, &e);
	}
	atomic_fetch_add(&failed_attempts, 1);
	e.next_attempt_at = fate == WEBHOOK_GONE ? 0 : next_attempt(c, p);
	e.state = e.next_attempt_at ? "WAITING" : "FAILED";
	Pb__Code code = store_end_attempt(c, &e);
	if (!code && fate == WEBHOOK_GONE)
		code = store_disable_endpoint(c, p->insurer, p->endpoint_id, "answered 410 Gone");
	if (e.next_attempt_at)
		return code;
	atomic_fetch_add(fate == WEBHOOK_GONE ? &endpoints_gone : &given_up, 1);
	char quoted[160];
	log_warn("webhook given up", "delivery=%s insurer=%s status=%ld why=%s", p->delivery_id,
		p->insurer, p->status, log_quote(p->error, quoted, sizeof quoted));
	return code;
}

/* If this transaction fails the outcome is forgotten; the lease runs out and it is sent again. */
static Pb__Code take_back(struct call *c, bool *ret_any)
{
	Pb__Code e = PB__CODE__OK;
	struct parcel *p = sender_take_ended();
	*ret_any = p != NULL;
	while (p) {
		struct parcel *next = p->next;
		if (!e)
			e = end_attempt(c, p);
		parcel_free(p);
		p = next;
	}
	return e;
}

static struct parcel *pack_parcel(const struct leased *l)
{
	struct parcel *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->delivery_id = strdup(l->delivery_id);
	p->insurer = strdup(l->insurer);
	p->endpoint_id = strdup(l->endpoint_id);
	p->url = strdup(l->url);
	p->secret = strdup(l->secret);
	p->previous_secret = strdup(l->previous_secret);
	p->body = strdup(l->body);
	p->attempts = l->attempts;
	if (p->delivery_id && p->insurer && p->endpoint_id && p->url && p->secret &&
		p->previous_secret && p->body)
		return p;
	parcel_free(p);
	return NULL;
}

Pb__Code deliver_tick(struct call *c, bool *ret_more)
{
	enum { AT_ONCE = 32, LEASE_MARGIN_S = 5 };
	struct leased *due;
	size_t n = 0, room;
	Pb__Code e = take_back(c, ret_more);
	room = sender_room();
	if (e || !room)
		return e;
	int limit = room < AT_ONCE ? (int)room : AT_ONCE;
	e = store_lease(c, limit, (claims_settings.webhook_timeout_s + LEASE_MARGIN_S) * US_PER_S,
		&due, &n);
	for (size_t i = 0; !e && i < n; i++) {
		struct parcel *p = pack_parcel(&due[i]);
		if (p)
			sender_push(p);
	}
	*ret_more = *ret_more || n == (size_t)limit;
	return e;
}
