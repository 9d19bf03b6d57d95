/* pool.c - runs prepare handlers on a few threads, so that slow CPU or file work never holds up the
 * service thread; a finished work goes back through the inbox. */
#include "kit/svc_internal.h"

#include <stdlib.h>

static struct work *next_work(struct pool *p)
{
	struct work *w;

	pthread_mutex_lock(&p->lock);
	while (!p->first && !p->stop)
		pthread_cond_wait(&p->more, &p->lock);
	w = p->first;
	if (w) {
		p->first = w->next;
		if (!p->first)
			p->last = NULL;
	}
	pthread_mutex_unlock(&p->lock);
	return w;
}

static void *pool_main(void *arg)
{
	struct svc *s = arg;
	struct work *w;

	while ((w = next_work(&s->pool))) {
		const struct rpc_binding *b = &s->def->rpcs.bindings[w->method];

		/* Under overload work for callers who have gone would starve those who wait. */
		w->code = work_overdue(w) ? fault_set(&w->call.faults, PB__CODE__BUSY,
						    "the request waited too long")
					  : b->prepare(s->def->rpcs.handlers, &w->call, w->in);
		if (!inbox_push(&s->inbox, (struct inbox_item){ .ready = w }))
			abort(); /* no memory for a pointer */
		atomic_fetch_sub(&s->pool.busy, 1);
	}
	return NULL;
}

bool pool_start(struct svc *s, size_t threads)
{
	struct pool *p = &s->pool;

	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	p->threads = calloc(threads, sizeof *p->threads);
	if (!p->threads)
		return false;
	while (p->n_threads < threads) {
		if (pthread_create(&p->threads[p->n_threads], NULL, pool_main, s) != 0)
			return false;
		p->n_threads++;
	}
	return true;
}

void pool_put(struct svc *s, struct work *w)
{
	struct pool *p = &s->pool;

	atomic_fetch_add(&p->busy, 1);
	w->next = NULL;
	pthread_mutex_lock(&p->lock);
	if (p->last)
		p->last->next = w;
	else
		p->first = w;
	p->last = w;
	pthread_cond_signal(&p->more);
	pthread_mutex_unlock(&p->lock);
}

void pool_stop(struct svc *s)
{
	struct pool *p = &s->pool;

	if (!p->threads)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->n_threads; i++)
		pthread_join(p->threads[i], NULL);
	free(p->threads);
	p->threads = NULL;
}
