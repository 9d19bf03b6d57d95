/* router.c - method and path to a route, from the contract's own table. */
#include "gateway/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jingbao/v1/options.pb-c.h"

#define ROLE(r) (1u << PB__ROLE__VALUE__##r)

static const struct method_meta own_methods[] = {
	{ .service = "Gateway",
		.name = "Healthz",
		.verb = "GET",
		.path = "/healthz",
		.success = 200,
		.roles = ROLE(ANYONE) },
	{ .service = "Gateway",
		.name = "Readyz",
		.verb = "GET",
		.path = "/readyz",
		.success = 200,
		.roles = ROLE(ANYONE) },
	{ .service = "Gateway",
		.name = "OpenApi",
		.verb = "GET",
		.path = "/openapi.json",
		.success = 200,
		.roles = ROLE(ANYONE) },
	{ .service = "Gateway",
		.name = "Events",
		.verb = "GET",
		.path = "/v1/events",
		.success = 200,
		.roles = ~ROLE(ANYONE) },
	{ .service = "Gateway",
		.name = "StreamTickets",
		.verb = "POST",
		.path = "/v1/stream-tickets",
		.success = 201,
		.body_max = 1024,
		.roles = ~ROLE(ANYONE) },
};
enum { OWN_COUNT = sizeof own_methods / sizeof *own_methods };

struct router {
	struct route *routes;
	size_t n;
	char *text; /* copies of the patterns, cut into pieces */
};

/* One segment of a pattern, cut in place. */
static bool segment_cut(char *s, struct pattern_segment *ret)
{
	*ret = (struct pattern_segment){ .literal = s, .var = "" };
	if (*s != '{')
		return strchr(s, '{') == NULL;
	char *end = strchr(s, '}');
	if (!end || strchr(end, '{'))
		return false;
	*end = '\0';
	*ret = (struct pattern_segment){ .literal = end + 1, .var = s + 1 };
	return s[1] != '\0';
}

static bool route_cut(struct route *rt, char *path)
{
	size_t vars = 0;

	if (*path++ != '/')
		return false;
	for (char *s = path; s; s = path) {
		path = strchr(s, '/');
		if (path)
			*path++ = '\0';
		if (rt->n_segments == SEGMENTS_MAX ||
			!segment_cut(s, &rt->segments[rt->n_segments++]))
			return false;
		vars += *rt->segments[rt->n_segments - 1].var != '\0';
	}
	return vars <= VARS_MAX;
}

static bool add(struct router *r, const struct method_meta *m, enum own_route own, char **text)
{
	struct route *rt = &r->routes[r->n];
	size_t len = strlen(m->path) + 1;

	*rt = (struct route){ .method = m, .own = own, .index = r->n };
	memcpy(*text, m->path, len);
	if (!route_cut(rt, *text)) {
		fprintf(stderr, "gateway: cannot read the route pattern '%s'\n", m->path);
		return false;
	}
	*text += len;
	r->n++;
	return true;
}

struct router *router_new(const struct contract *k)
{
	struct router *r = calloc(1, sizeof *r);
	size_t bytes = 1;

	for (size_t i = 0; i < k->n_methods; i++)
		bytes += k->methods[i].path ? strlen(k->methods[i].path) + 1 : 0;
	for (size_t i = 0; i < OWN_COUNT; i++)
		bytes += strlen(own_methods[i].path) + 1;
	if (!r || !(r->routes = calloc(k->n_methods + OWN_COUNT, sizeof *r->routes)) ||
		!(r->text = malloc(bytes))) {
		router_free(r);
		return NULL;
	}
	char *text = r->text;
	bool ok = true;
	for (size_t i = 0; ok && i < OWN_COUNT; i++)
		ok = add(r, &own_methods[i], (enum own_route)(i + 1), &text);
	for (size_t i = 0; ok && i < k->n_methods; i++)
		ok = !k->methods[i].path || add(r, &k->methods[i], OWN_NONE, &text);
	if (ok)
		return r;
	router_free(r);
	return NULL;
}

void router_free(struct router *r)
{
	if (!r)
		return;
	free(r->routes);
	free(r->text);
	free(r);
}

size_t router_count(const struct router *r)
{
	return r->n;
}

const struct route *router_route(const struct router *r, size_t i)
{
	return &r->routes[i];
}

/* Bytes of s that belong to the variable; -1 when s doesn't fit the segment. */
static long var_length(const struct pattern_segment *p, const char *s)
{
	size_t n = strlen(s), tail = strlen(p->literal);

	if (!*p->var)
		return strcmp(s, p->literal) == 0 ? 0 : -1;
	if (n <= tail || strcmp(s + n - tail, p->literal) != 0)
		return -1;
	return (long)(n - tail);
}

/* How literal the fit is; 0 when it doesn't. Earlier segments weigh more. */
static unsigned long fit(const struct route *rt, const struct target *t)
{
	unsigned long score = 1;

	if (rt->n_segments != t->n_segments)
		return 0;
	for (size_t i = 0; i < rt->n_segments; i++) {
		const struct pattern_segment *p = &rt->segments[i];
		if (var_length(p, t->segments[i]) < 0)
			return 0;
		score = score * 4 + (!*p->var ? 2 : *p->literal ? 1 : 0);
	}
	return score;
}

static bool take_vars(
	const struct route *rt, const struct target *t, struct arena *a, struct match *ret)
{
	const char *fault;

	for (size_t i = 0; i < rt->n_segments; i++) {
		const struct pattern_segment *p = &rt->segments[i];
		if (!*p->var)
			continue;
		long n = var_length(p, t->segments[i]);
		const char *v = percent_decode(t->segments[i], (size_t)n, false, a, &fault);
		if (!v)
			return false;
		ret->vars[ret->n_vars++] = (struct param){ p->var, v };
	}
	return true;
}

static void allow_add(struct match *m, const char *verb)
{
	size_t n = strlen(m->allow);

	if (strstr(m->allow, verb))
		return;
	snprintf(m->allow + n, sizeof m->allow - n, "%s%s%s", n ? ", " : "", verb,
		strcmp(verb, "GET") == 0 ? ", HEAD" : "");
}

bool router_match(const struct router *r, const char *verb, const struct target *t, struct arena *a,
	struct match *ret)
{
	unsigned long best = 0;

	*ret = (struct match){ 0 };
	if (strcmp(verb, "HEAD") == 0)
		verb = "GET";
	for (size_t i = 0; i < r->n; i++) {
		const struct route *rt = &r->routes[i];
		unsigned long score = fit(rt, t);
		if (!score)
			continue;
		if (strcmp(rt->method->verb, verb) == 0 && score > best) {
			best = score;
			ret->route = rt;
		}
		allow_add(ret, rt->method->verb);
	}
	return !ret->route || take_vars(ret->route, t, a, ret);
}
