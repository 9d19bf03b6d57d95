/* roads_read.c - reading a road graph: nodes, edges, names, points. */
#include <string.h>
#include "dispatch/roads_image.h"

size_t roads_n_nodes(const struct roads *r)
{
	return r->head->n_nodes;
}

size_t roads_n_edges(const struct roads *r)
{
	return r->head->n_edges;
}

struct lonlat roads_node_at(const struct roads *r, uint32_t node)
{
	return point_place(r->nodes[node].at);
}

int64_t roads_node_id(const struct roads *r, uint32_t node)
{
	return r->nodes[node].id;
}

int64_t roads_find_node(const struct roads *r, int64_t id)
{
	for (uint32_t i = 0; i < r->head->n_nodes; i++)
		if (r->nodes[i].id == id)
			return i;
	return ROADS_NONE;
}

const struct roads_edge *roads_edges(const struct roads *r)
{
	return r->edges;
}

void roads_out(const struct roads *r, uint32_t node, uint32_t *ret_first, uint32_t *ret_end)
{
	*ret_first = r->nodes[node].first_out;
	*ret_end = r->nodes[node + 1].first_out;
}

const char *roads_edge_name(const struct roads *r, uint32_t edge)
{
	return r->names + r->edges[edge].name;
}

size_t roads_edge_points(const struct roads *r, uint32_t edge, struct lonlat *ret, size_t max)
{
	const struct roads_edge *e = &r->edges[edge];
	size_t n = e->inner + (size_t)2;

	for (uint32_t i = 0; i < n && i < max; i++)
		ret[i] = point_place(edge_point(r, e, i));
	return n;
}

size_t roads_n_zones(const struct roads *r)
{
	return r->head->n_zones;
}

const char *roads_zone_code(const struct roads *r, size_t zone)
{
	return r->zones[zone].code;
}

void roads_bounds(const struct roads *r, struct lonlat *ret_sw, struct lonlat *ret_ne)
{
	*ret_sw = point_place(r->head->sw);
	*ret_ne = point_place(r->head->ne);
}

const char *roads_source(const struct roads *r)
{
	return r->source;
}

const char *roads_digest(const struct roads *r)
{
	return r->digest;
}
