/* router.h - method and path to a route: the contract's RPCs and the gateway's own few.
 *
 * A pattern segment is a literal, {var}, or {var} with a literal tail ({id}:verb, {id}.pdf); the
 * most literal match wins. Segments are matched as sent and variables decoded after, so an encoded
 * colon belongs to the value. Built once at start; pure after; thread: any. */
#ifndef GATEWAY_ROUTER_H
#define GATEWAY_ROUTER_H

#include "gateway/target.h"
#include "kit/meta.h"

enum { VARS_MAX = 4 };

/* Routes the gateway answers itself. */
enum own_route {
	OWN_NONE, /* an RPC of the contract */
	OWN_HEALTHZ,
	OWN_READYZ,
	OWN_OPENAPI,
	OWN_EVENTS,
	OWN_TICKETS,
};

struct pattern_segment {
	const char *literal; /* whole segment when var is empty, else the tail */
	const char *var;     /* "" none */
};

struct route {
	const struct method_meta *method; /* never NULL; own routes have one of their own */
	enum own_route own;
	size_t index; /* 0..n_routes-1, for counters */
	size_t n_segments;
	struct pattern_segment segments[SEGMENTS_MAX];
};

struct match {
	const struct route *route; /* NULL: not found, or allow says which methods there are */
	struct param vars[VARS_MAX];
	size_t n_vars;
	char allow[64]; /* "GET, HEAD, POST" when only the method is wrong */
};

struct router;
/* NULL when the contract holds a pattern this cannot read; message on stderr. */
struct router *router_new(const struct contract *k);
void router_free(struct router *r);
size_t router_count(const struct router *r);
const struct route *router_route(const struct router *r, size_t i);
/* False: the arena is full or a variable's value can't be decoded. */
bool router_match(const struct router *r, const char *verb, const struct target *t, struct arena *a,
	struct match *ret);

#endif
