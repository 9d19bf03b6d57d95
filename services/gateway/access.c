/* access.c - who asks and whether he may: tokens, tickets, roles, cross-site requests. */
#include "gateway/access.h"

#include <string.h>
#include <strings.h>
#include <sodium.h>
#include "gateway/loose.h"
#include "gateway/text.h"
#include "kit/timeutil.h"

enum { TOKEN_MAX = 512 };

static const uint32_t anyone = 1u << PB__ROLE__VALUE__ANYONE;

/* Apps that know HTTP Basic alone: the password is the token, whoever the user is. */
static const char *basic_password(struct req *r, const char *auth)
{
	char *raw = arena_alloc(&r->arena, TOKEN_MAX);
	size_t n;

	if (strncasecmp(auth, "Basic ", 6) != 0 || !raw ||
		sodium_base642bin((unsigned char *)raw, TOKEN_MAX - 1, auth + 6, strlen(auth + 6),
			" ", &n, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
		return "";
	raw[n] = '\0';
	const char *password = strchr(raw, ':');
	return password ? password + 1 : "";
}

/* The bearer token or the session cookie; "" when there is none. */
static const char *token_of(struct req *r)
{
	const char *auth = req_header(r, "Authorization");

	if (strncasecmp(auth, "Bearer ", 7) == 0)
		return auth + 7 + strspn(auth + 7, " ");
	if (*auth)
		return is_loose(r) ? basic_password(r, auth) : "";
	if (is_loose(r)) { /* no cookie: a GET that changes something must not be forged */
		const char *named = loose_query_token(r);
		return named ? named : "";
	}
	const char *cookie = MHD_lookup_connection_value(r->mhd, MHD_COOKIE_KIND, "jb_session");
	r->by_cookie = cookie && *cookie;
	return cookie ? cookie : "";
}

static bool token_sound(const char *t)
{
	size_t n = strlen(t);

	for (size_t i = 0; i < n; i++) {
		if (t[i] <= ' ' || t[i] > '~')
			return false;
	}
	return n >= 1 && n <= TOKEN_MAX;
}

static bool safe_verb(const char *v)
{
	return strcmp(v, "GET") == 0 || strcmp(v, "HEAD") == 0 || strcmp(v, "OPTIONS") == 0;
}

/* The host of "https://host:port" is the one asked for. */
static bool same_origin(const char *origin, const char *host)
{
	const char *p = strstr(origin, "://");

	return p && *host && strcasecmp(p + 3, host) == 0;
}

static bool origin_listed(const char *origin)
{
	size_t n = strlen(origin);
	const char *p = strstr(settings.cors_origins, origin);

	return n && p && (p == settings.cors_origins || p[-1] == ' ') && (!p[n] || p[n] == ' ');
}

/* A cookie goes along by itself, so a change asked for with one must show that our own page asks.
 */
static bool forged(const struct req *r)
{
	const char *origin = req_header(r, "Origin");

	if (!r->by_cookie || safe_verb(r->verb))
		return false;
	if (*origin)
		return !same_origin(origin, req_header(r, "Host")) && !origin_listed(origin);
	return !*req_header(r, "X-Requested-With");
}

/* A device's token is good for a few RPCs, whatever its owner's roles. */
static bool token_covers(const struct req *r)
{
	const char *p = r->who.methods;
	size_t service = strlen(r->method->service), name = strlen(r->method->name);

	if (!*p)
		return true;
	while (*p) {
		size_t n = strcspn(p, " ");
		if (n == service + 1 + name && !strncmp(p, r->method->service, service) &&
			p[service] == '.' && !strncmp(p + service + 1, r->method->name, name))
			return true;
		p += n + strspn(p + n, " ");
	}
	return false;
}

/* The principal is known (or nobody): may he call this route? */
static enum access_step decide(struct req *r)
{
	if (!token_covers(r)) {
		req_refuse(r, PB__CODE__FORBIDDEN, "this token is good for '%s' alone",
			r->who.methods);
		return ACCESS_REFUSED;
	}
	if (!(r->who.p.roles & r->method->roles) && !(r->method->roles & anyone)) {
		req_refuse(r, PB__CODE__FORBIDDEN, "'%s' is not for this role", r->method->name);
		return ACCESS_REFUSED;
	}
	if (forged(r)) {
		req_refuse(r, PB__CODE__FORBIDDEN,
			"a change by cookie needs the page's own Origin or X-Requested-With");
		return ACCESS_REFUSED;
	}
	return ACCESS_GO;
}

static bool within_rate(struct req *r)
{
	uint32_t wait;

	if (rate_take(r->g->rate, r->address, mono_us(), &wait))
		return true;
	req_refuse(r, PB__CODE__TOO_MANY, "too many requests from this address");
	r->faults.retry_after_s = wait;
	return false;
}

static enum access_step unauthenticated(struct req *r, const char *why)
{
	if (r->optional_auth) {
		r->who.p.roles = anyone;
		return decide(r);
	}
	/* Guessing costs as much as signing in. */
	if (within_rate(r))
		req_refuse(r, PB__CODE__UNAUTHENTICATED, "%s", why);
	return ACCESS_REFUSED;
}

static enum access_step by_ticket(struct req *r, const char *ticket)
{
	token_hash(ticket, r->token);
	if (!sessions_take(r->g->tickets, r->token, &r->arena, &r->who))
		return unauthenticated(r, "the ticket is unknown, used or expired");
	return decide(r);
}

static enum access_step ask_identity(struct req *r, const char *token)
{
	Pb__AuthenticateRequest q = PB__AUTHENTICATE_REQUEST__INIT;

	if (!r->g->authenticate) {
		req_refuse(r, PB__CODE__INTERNAL, "there is nobody to check tokens");
		return ACCESS_REFUSED;
	}
	q.token = token;
	r->sessions_ended = sessions_ended(r->g->sessions);
	r->who.p.roles = 1u << PB__ROLE__VALUE__SYSTEM; /* the gateway itself asks */
	(void)req_ask(r, STAGE_AUTH, r->g->authenticate, &q.base);
	return ACCESS_WAIT;
}

static enum access_step by_token(struct req *r, const char *token)
{
	r->optional_auth = r->method->roles & anyone;
	if (r->method->roles == anyone || !token_sound(token))
		return unauthenticated(
			r, *token ? "the token is not one of ours" : "sign in first");
	token_hash(token, r->token);
	if (sessions_find(r->g->sessions, r->token, &r->arena, &r->who))
		return decide(r);
	return ask_identity(r, token);
}

static bool has_body(const struct req *r)
{
	return r->guard.length > 0 || r->guard.chunked;
}

enum access_step access_begin(struct req *r)
{
	const char *ticket = param_get(r->target.params, r->target.n_params, "ticket");

	if (r->match.route->own == OWN_EVENTS && ticket)
		return by_ticket(r, ticket);
	bool health = r->match.route->own == OWN_HEALTHZ || r->match.route->own == OWN_READYZ;
	if ((r->method->roles & anyone) && !health && !within_rate(r))
		return ACCESS_REFUSED;
	const char *token = token_of(r);
	if (!*token && is_loose(r) && *req_header(r, "Authorization") == '\0' && has_body(r)) {
		r->late_token = true;
		return ACCESS_GO;
	}
	return by_token(r, token);
}

enum access_step access_by_body(struct req *r)
{
	const char *token = loose_body_token(r);

	if (req_refused(r))
		return ACCESS_REFUSED;
	return by_token(r, token ? token : "");
}

static const char *joined(char *const *words, size_t n, struct arena *a)
{
	struct text t;

	text_init(&t, a, 64);
	for (size_t i = 0; i < n; i++) {
		text_put(&t, i ? " " : "");
		text_put(&t, words[i]);
	}
	return text_end(&t, NULL);
}

bool who_from_message(const Pb__Principal *p, struct arena *a, struct who *ret)
{
	*ret = (struct who){ .session_id = p->session_id, .expires_at_us = p->expires_at };
	for (size_t i = 0; i < p->n_roles; i++) {
		if (p->roles[i] > 0 && p->roles[i] < 32)
			ret->p.roles |= 1u << p->roles[i];
	}
	/* Nobody signs in as these. */
	ret->p.roles &= ~(anyone | 1u << PB__ROLE__VALUE__SYSTEM);
	ret->p.subject = p->subject;
	ret->p.name = p->name;
	ret->p.org = p->org;
	ret->p.incident_id = p->incident_id;
	ret->p.party_id = p->party_id;
	ret->p.districts = joined((char *const *)(uintptr_t)p->districts, p->n_districts, a);
	ret->methods = joined((char *const *)(uintptr_t)p->methods, p->n_methods, a);
	return ret->p.districts != NULL && ret->methods != NULL;
}

static enum access_step refused_by_identity(struct req *r)
{
	const char *code = NULL;

	natsMsgHeader_Get(r->reply, "Fault-Code", &code);
	if (code && (strcmp(code, "UNAUTHENTICATED") == 0 || strcmp(code, "NOT_FOUND") == 0 ||
			    strcmp(code, "INVALID") == 0))
		return unauthenticated(r, "the token is unknown or has ended");
	req_refuse(r, code && strcmp(code, "BUSY") == 0 ? PB__CODE__BUSY : PB__CODE__INTERNAL,
		"the token can't be checked now");
	return ACCESS_REFUSED;
}

enum access_step access_answered(struct req *r)
{
	const char *code = NULL;

	r->who.p.roles = 0;
	if (r->how != RELAY_REPLY) {
		req_refuse(r, PB__CODE__BUSY, "the token can't be checked now");
		return ACCESS_REFUSED;
	}
	if (natsMsgHeader_Get(r->reply, "Fault-Code", &code) == NATS_OK && code)
		return refused_by_identity(r);
	Pb__AuthenticateReply *m = pb__authenticate_reply__unpack(&r->arena.pb,
		(size_t)natsMsg_GetDataLength(r->reply),
		(const uint8_t *)natsMsg_GetData(r->reply));
	natsMsg_Destroy(r->reply);
	r->reply = NULL;
	if (!m || !m->principal || !who_from_message(m->principal, &r->arena, &r->who)) {
		req_refuse(r, PB__CODE__INTERNAL, "the token can't be checked");
		return ACCESS_REFUSED;
	}
	sessions_keep(r->g->sessions, r->token, &r->who, r->sessions_ended);
	return decide(r);
}
