/* stream_open.c - GET /v1/events: its parameters, and a new client from a request. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "gateway/metrics.h"
#include "gateway/respond.h"
#include "gateway/stream_internal.h"
#include "kit/timeutil.h"

enum { BLOCK = 2048 };

static char *spaced_types(const char *list)
{
	char *copy = *list ? strdup(list) : NULL;

	for (char *p = copy; p && *p; p++) {
		if (*p == ',')
			*p = ' ';
	}
	return copy;
}

static bool type_known(const struct contract *k, const char *word, size_t n)
{
	for (size_t i = 0; i < k->n_events; i++) {
		const char *full = k->events[i]->desc->name,
			   *brief = k->events[i]->desc->short_name;
		if ((strlen(brief) == n && strncmp(brief, word, n) == 0) ||
			(strlen(full) == n && strncmp(full, word, n) == 0))
			return true;
	}
	return false;
}

static void check_params(struct req *r)
{
	for (size_t i = 0; i < r->target.n_params; i++) {
		const struct param *p = &r->target.params[i];
		if (strcmp(p->name, "types") == 0) {
			for (const char *w = p->value; *w; w += *w == ',') {
				size_t n = strcspn(w, ",");
				if (n && !type_known(r->g->contract, w, n))
					fault_field(&r->faults, "/types", "enum",
						"'%.*s' is not an event", (int)n, w);
				w += n;
			}
		} else if (strcmp(p->name, "incident") == 0) {
			if (!uuid_valid(p->value))
				fault_field(&r->faults, "/incident", "format", "must be a UUID");
		} else if (strcmp(p->name, "ticket") != 0) {
			char *at = arena_printf(&r->arena, "/%s", p->name);
			fault_field(&r->faults, at ? at : "", "unknown", "no such parameter");
		}
	}
}

static struct client *client_new(struct req *r)
{
	struct client *c = calloc(1, sizeof *c);
	const char *incident = param_get(r->target.params, r->target.n_params, "incident");
	const char *types = param_get(r->target.params, r->target.n_params, "types");
	const char *last = req_header(r, "Last-Event-ID");

	if (!c || !(c->who = who_copy(&r->who))) {
		free(c);
		return NULL;
	}
	c->s = r->g->stream;
	c->mhd = r->mhd;
	c->conn = r->conn;
	c->incident = incident ? strdup(incident) : NULL;
	c->types = types ? spaced_types(types) : NULL;
	c->want = (struct filter){ c->incident, c->types };
	c->progress_us = mono_us();
	c->beat_us = c->progress_us + settings.heartbeat_ms * US_PER_MS;
	client_special(c, ": ok\n\n"); /* so that the headers go out at once */
	if (event_id_parse(last, c->epoch, &c->seq))
		c->seq++;
	else if (*last)
		snprintf(c->epoch, sizeof c->epoch,
			"0"); /* not one of ours: as from another stream */
	else
		c->from_start = true;
	return c;
}

/* NULL: welcome. Else the answer to give instead. */
static const char *no_room(struct stream *s, struct client *c, bool stray)
{
	const char *why = NULL;

	pthread_mutex_lock(&s->lock);
	if (s->stop || s->n_clients >= (size_t)settings.streams)
		why = "too many streams are open";
	else if (stray && s->n_strays >= (size_t)settings.strays)
		why = "";
	if (!why) {
		c->stray = stray;
		s->n_strays += stray;
		s->n_clients++;
		/* Who comes back gets where everyone is; who is new asks for that himself. */
		c->live_place = c->from_start ? s->live.head : s->live.tail;
		c->next = s->clients;
		if (s->clients)
			s->clients->prev = c;
		s->clients = c;
		if (*s->epoch)
			client_begin(c);
	}
	pthread_mutex_unlock(&s->lock);
	return why;
}

/* By keep-alive it came to a daemon that serves requests; a new connection finds the right one. */
static enum MHD_Result redirect(struct req *r)
{
	metrics_count(r->g->metrics, COUNT_REDIRECTED);
	req_out(r, "Location", r->raw);
	r->close = true;
	return respond_empty(r, 307);
}

enum MHD_Result stream_answer(struct req *r)
{
	check_params(r);
	if (req_refused(r))
		return respond_refusal(r);
	if (r->head)
		return respond(r, 200, "text/event-stream", "", 0);
	struct client *c = client_new(r);
	if (!c)
		return MHD_NO;
	const char *why = no_room(r->g->stream, c, r->door != DOOR_STREAM);
	if (why) {
		client_free(c);
		if (!*why)
			return redirect(r);
		req_refuse(r, PB__CODE__BUSY, "%s", why);
		return respond_refusal(r);
	}
	struct MHD_Response *resp = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, BLOCK, client_read, c, client_closed);
	if (!resp) {
		client_closed(c);
		return MHD_NO;
	}
	MHD_add_response_header(resp, "Content-Type", "text/event-stream");
	MHD_add_response_header(resp, "X-Accel-Buffering", "no");
	enum MHD_Result ok = respond_with(r, 200, resp);
	if (r->conn)
		atomic_store(&r->conn->due_us, 0); /* a stream has no end; stall_ms cuts the deaf */
	return ok;
}
