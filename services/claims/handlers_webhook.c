/* handlers_webhook.c - an insurer says where it wants to be told, and looks how that went. */
#include "claims/claims.h"

#include <string.h>
#include <strings.h>

#include "claims/webhook.h"
#include "kit/timeutil.h"

/* A lost answer must not lose the secret: for this long the same call tells it again. */
enum { SECRET_TOLD_S = 60 };

static Pb__Code check_url(struct call *c, const char *url)
{
	bool https = strncasecmp(url, "https://", 8) == 0;
	bool http = strncasecmp(url, "http://", 7) == 0;
	if (!https && !(http && claims_settings.webhook_allow_http))
		return call_fail_field(c, "/url", "scheme", "must be an https%s address",
			claims_settings.webhook_allow_http ? " or http" : "");
	const char *host = url + (https ? 8 : 7);
	if (memchr(host, '@', strcspn(host, "/?#")))
		return call_fail_field(c, "/url", "userinfo", "must not hold a user or password");
	return PB__CODE__OK;
}

static const char *new_secret(struct call *c)
{
	char secret[WEBHOOK_SECRET_TEXT];
	webhook_new_secret(secret);
	const char *s = arena_strdup(c->arena, secret);
	return s ? s : "";
}

static Pb__Code add_endpoint(
	struct call *c, const Pb__PutWebhookEndpointRequest *in, Pb__WebhookEndpoint **ret)
{
	Pb__WebhookEndpoint *e = ARENA_NEW(c->arena, Pb__WebhookEndpoint);
	if (!e)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	pb__webhook_endpoint__init(e);
	e->endpoint_id = in->endpoint_id;
	e->insurer = c->who.org;
	e->url = in->url;
	e->disabled = in->disabled;
	e->disabled_reason = in->disabled ? "by the insurer" : "";
	e->secret = new_secret(c);
	e->created_at = e->changed_at = c->at_us;
	*ret = e;
	Pb__Code code = store_add_endpoint(c, e);
	return code ? code : store_catch_up_endpoint(c, e->insurer, e->endpoint_id);
}

static Pb__Code change_endpoint(
	struct call *c, const Pb__PutWebhookEndpointRequest *in, struct endpoint_row *row)
{
	Pb__WebhookEndpoint *e = row->pb;
	bool fresh = c->at_us - row->secret_made_at < SECRET_TOLD_S * US_PER_S;
	bool rotate = in->rotate_secret && !fresh;
	bool same = strcmp(e->url, in->url) == 0 && !e->disabled == !in->disabled && !rotate;
	e->url = in->url;
	if (rotate)
		e->secret = new_secret(c);
	if (!same) {
		e->disabled = in->disabled;
		e->disabled_reason = in->disabled ? "by the insurer" : "";
		e->changed_at = c->at_us;
	}
	Pb__Code code = same ? PB__CODE__OK : store_change_endpoint(c, e, rotate);
	if (!rotate && !fresh)
		e->secret = "";
	return code;
}

Pb__Code put_webhook_endpoint(
	struct call *c, const Pb__PutWebhookEndpointRequest *in, Pb__PutWebhookEndpointReply *out)
{
	struct endpoint_row row;
	if (!*c->who.org)
		return call_fail(c, PB__CODE__FORBIDDEN, "the caller belongs to no insurer");
	Pb__Code e = check_url(c, in->url);
	if (!e)
		e = store_endpoint(c, c->who.org, in->endpoint_id, true, &row);
	if (e)
		return e;
	if (!row.pb)
		return add_endpoint(c, in, &out->endpoint);
	out->endpoint = row.pb;
	return change_endpoint(c, in, &row);
}

static Pb__Code own_endpoint(struct call *c, const char *id, Pb__WebhookEndpoint **ret)
{
	struct endpoint_row row;
	Pb__Code e = store_endpoint(c, c->who.org, id, false, &row);
	if (!e && !row.pb)
		return call_fail(c, PB__CODE__NOT_FOUND, "there is no webhook endpoint '%s'", id);
	*ret = row.pb;
	return e;
}

Pb__Code get_webhook_endpoint(
	struct call *c, const Pb__GetWebhookEndpointRequest *in, Pb__GetWebhookEndpointReply *out)
{
	Pb__Code e = own_endpoint(c, in->endpoint_id, &out->endpoint);
	if (!e)
		out->endpoint->secret = "";
	return e;
}

Pb__Code list_deliveries(
	struct call *c, const Pb__ListDeliveriesRequest *in, Pb__ListDeliveriesReply *out)
{
	Pb__WebhookEndpoint *endpoint = NULL;
	Pb__Code e = own_endpoint(c, in->endpoint_id, &endpoint);
	return e ? e : store_deliveries(c, c->who.org, in, out);
}

Pb__Code replay_delivery(
	struct call *c, const Pb__ReplayDeliveryRequest *in, Pb__ReplayDeliveryReply *out)
{
	Pb__WebhookEndpoint *endpoint = NULL;
	Pb__Code e = own_endpoint(c, in->endpoint_id, &endpoint);
	if (!e && endpoint->disabled)
		return call_fail(c, PB__CODE__REFUSED,
			"the endpoint is disabled (%s): enable it first",
			endpoint->disabled_reason);
	if (!e)
		e = store_replay(c, c->who.org, in, &out->delivery);
	if (!e && !out->delivery)
		return call_fail(
			c, PB__CODE__NOT_FOUND, "there is no delivery '%s'", in->delivery_id);
	return e;
}
