/* graph.h - reads a city's road graph from files of many makings, or makes one up.
 *
 * Nodes: an id and a position. Arcs: two node ids and a time, a length or a class. Header names
 * that are understood are listed in graph.c (and in the README). JEMSS cities too: tables named
 * "nodes" and "arcs", times in days by travel mode, undirected arcs.
 */
#ifndef BOARD_GRAPH_H
#define BOARD_GRAPH_H

#include "city.h"
#include "csv.h"

struct graph_options {
	const char *closed; /* roads whose name begins so; NULL: none */
	double trip_kmh;
	int mode; /* JEMSS travel mode, from 1 */
};

/* NULL with a text naming file, line and column. */
struct city *graph_read(const char *nodes, const char *arcs, const struct graph_options *o,
	char error[static CSV_ERROR_MAX]);
/* A made-up city of `side` x `side` junctions, for where no real one is at hand. */
struct city *graph_make(int side, const struct graph_options *o, char error[static CSV_ERROR_MAX]);

/* Longitude and latitude of a row, checked; names swapped columns. */
bool csv_lonlat(
	const struct csv_table *t, const struct csv_row *r, int lon, int lat, struct lonlat *ret);
/* The place of the node named in a column. */
bool city_node_at(const struct city *c, const struct csv_table *t, const struct csv_row *r,
	int column, struct lonlat *ret);

#endif
