/* roads.c - times of all responders to one incident, beside a plain Dijkstra over the same graph in
 * the same run: bench-roads NODES EDGES [RESPONDERS] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/roads.h"
#include "kit/timeutil.h"

enum { INCIDENTS = 400, MOST = 4000, ROUNDS = 60 };

static uint64_t state = 42;
static double draw(void)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(state >> 11) / 9007199254740992.0;
}

static struct lonlat somewhere(const struct roads *r)
{
	struct lonlat p = roads_node_at(r, (uint32_t)(draw() * (double)roads_n_nodes(r)));

	p.lon += (draw() - 0.5) * 0.002;
	p.lat += (draw() - 0.5) * 0.002;
	return p;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void show(const char *what, double *us, size_t n)
{
	qsort(us, n, sizeof(*us), by_value);
	printf("%-44s median %8.1f us  p99 %8.1f us\n", what, us[n / 2], us[n * 99 / 100]);
}

/* The textbook: an array of labels, a binary heap with one entry a node, no stop. */
struct plain {
	double *label;
	uint32_t *heap, *pos;
	size_t n;
};

static void sift_up(struct plain *p, size_t i)
{
	while (i && p->label[p->heap[(i - 1) / 2]] > p->label[p->heap[i]]) {
		uint32_t t = p->heap[i];
		p->heap[i] = p->heap[(i - 1) / 2];
		p->heap[(i - 1) / 2] = t;
		p->pos[p->heap[i]] = (uint32_t)i;
		i = (i - 1) / 2;
		p->pos[p->heap[i]] = (uint32_t)i;
	}
}

static void sift_down(struct plain *p)
{
	for (size_t i = 0;;) {
		size_t c = 2 * i + 1;
		if (c >= p->n)
			return;
		if (c + 1 < p->n && p->label[p->heap[c + 1]] < p->label[p->heap[c]])
			c++;
		if (p->label[p->heap[i]] <= p->label[p->heap[c]])
			return;
		uint32_t t = p->heap[i];
		p->heap[i] = p->heap[c];
		p->heap[c] = t;
		p->pos[p->heap[i]] = (uint32_t)i;
		p->pos[p->heap[c]] = (uint32_t)c;
		i = c;
	}
}

static void plain_search(struct plain *p, const struct roads *r, uint32_t from)
{
	const struct roads_edge *edges = roads_edges(r);
	size_t n = roads_n_nodes(r);

	for (size_t i = 0; i < n; i++) {
		p->label[i] = 1e18;
		p->pos[i] = UINT32_MAX;
	}
	p->label[from] = 0;
	p->heap[0] = from;
	p->pos[from] = 0;
	p->n = 1;
	while (p->n) {
		uint32_t node = p->heap[0], first, end;
		p->heap[0] = p->heap[--p->n];
		p->pos[p->heap[0]] = 0;
		sift_down(p);
		roads_out(r, node, &first, &end);
		for (uint32_t e = first; e < end; e++) {
			double d = p->label[node] + edges[e].base_ms;
			uint32_t to = edges[e].to;
			if (d >= p->label[to])
				continue;
			if (p->pos[to] == UINT32_MAX) {
				p->pos[to] = (uint32_t)p->n;
				p->heap[p->n++] = to;
			}
			p->label[to] = d;
			sift_up(p, p->pos[to]);
		}
	}
}

static double bench_plain(const struct roads *r)
{
	size_t n = roads_n_nodes(r);
	struct plain p = { calloc(n, 8), calloc(n + 1, 4), calloc(n, 4), 0 };
	double us[INCIDENTS];

	for (size_t i = 0; i < INCIDENTS; i++) {
		int64_t from = mono_us();
		plain_search(&p, r, (uint32_t)(draw() * (double)n));
		us[i] = (double)(mono_us() - from);
	}
	show("plain Dijkstra over the whole graph", us, INCIDENTS);
	free(p.label);
	free(p.heap);
	free(p.pos);
	return us[INCIDENTS / 2];
}

static double bench_model(struct roads_router *q, size_t n_from, bool again)
{
	static struct travel_from from[MOST];
	static struct travel ret[MOST];
	struct travel_model m = roads_model(q);
	const struct roads *r = roads_router_graph(q);
	double us[INCIDENTS], sum = 0;

	for (size_t i = 0; i < INCIDENTS; i++) {
		struct lonlat target = somewhere(r);
		/* New places each time: nothing is remembered but what one call itself learns. */
		for (size_t k = 0; k < n_from; k++)
			from[k] =
				(struct travel_from){ somewhere(r), draw() * 360, 8, false, false };
		if (again)
			m.to(m.ctx, target, 0, from, n_from, ret);
		int64_t start = mono_us();
		m.to(m.ctx, target, 0, from, n_from, ret);
		us[i] = (double)(mono_us() - start);
		for (size_t k = 0; k < n_from; k++)
			sum += ret[k].eta_s;
	}
	char what[80];
	snprintf(what, sizeof(what), "%zu responders to one incident, %s (mean %.0f s)", n_from,
		again ? "again" : "new", sum / (double)(n_from * INCIDENTS));
	show(what, us, INCIDENTS);
	return us[INCIDENTS / 2];
}

/* The whole table of a plan: n responders that have moved since, to n open incidents asked about
 * before. */
static double bench_table(struct roads_router *q, size_t n)
{
	static struct travel_from from[MOST];
	static struct travel ret[MOST];
	static struct lonlat target[MOST];
	struct travel_model m = roads_model(q);
	double us[ROUNDS];

	for (size_t i = 0; i < n; i++)
		target[i] = somewhere(roads_router_graph(q));
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t k = 0; k < n; k++)
			from[k] = (struct travel_from){ somewhere(roads_router_graph(q)),
				draw() * 360, 8, false, true };
		int64_t start = mono_us();
		for (size_t i = 0; i < n; i++)
			m.to(m.ctx, target[i], 0, from, n, ret);
		us[round] = (double)(mono_us() - start);
	}
	us[0] = us[1]; /* the incidents were new then */
	char what[80];
	snprintf(what, sizeof(what), "%zu moved responders x %zu known incidents", n, n);
	show(what, us, ROUNDS);
	return us[ROUNDS / 2];
}

int main(int argc, char **argv)
{
	struct roads_report rep;
	struct roads_fault f = { "" };

	if (argc < 3) {
		fprintf(stderr, "usage: bench-roads NODES EDGES [RESPONDERS]\n");
		return 2;
	}
	int64_t start = mono_us();
	struct roads *r = roads_from_csv(argv[1], argv[2], NULL, &rep, &f);
	if (!r) {
		fprintf(stderr, "bench-roads: %s\n", f.text);
		return 1;
	}
	printf("%zu nodes, %zu edges, %.0f km; read and built in %.0f ms\n", rep.nodes, rep.edges,
		rep.km, (double)(mono_us() - start) / 1000);
	struct roads_router *q = roads_router_new(r, NULL);
	printf("straight line: times %.3f to agree with the graph\n", roads_fit_straight(q).factor);
	size_t n = argc > 3 ? strtoul(argv[3], NULL, 10) : 100;
	n = n < 1 ? 1 : n > MOST ? MOST : n;
	double plain = bench_plain(r), ours = bench_model(q, n, false);
	bench_model(q, n, true);
	bench_table(q, n);
	printf("ratio ours / plain %.2f; ours under 1 ms: %s\n", ours / plain,
		ours < 1000 ? "yes" : "no");
	roads_router_free(q);
	roads_free(r);
	return 0;
}
