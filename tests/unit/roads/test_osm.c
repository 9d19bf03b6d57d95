/* test_osm.c - OpenStreetMap extracts made here, byte by byte, become the roads they describe. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>
#include "osm/osm.h"

/* ---- a small world: nodes, and ways with their tags ---- */

struct place {
	int64_t id;
	double lon, lat;
};
struct line {
	int64_t id;
	int64_t refs[12];
	const char *tags[12]; /* key, value, ... */
};

/* A ring road with a ramp to a street, a roundabout, a dead end street, and what is no road.
 *
 *     1---2---3---4      way 10: motorway 1 2 3 4 (one-way by itself), 4 back to 1: way 11
 *          \             way 12: ramp 2 -> 5
 *     6-----5-----7      way 13: street 6 5 7
 *                        way 14: roundabout 7 8 9 7
 *                        way 15: 9 -> 10 one-way "-1", so 10 -> 9; way 16: 9 -> 10 back
 */
static const struct place places[] = { { 1, 108.90, 34.21 }, { 2, 108.91, 34.21 },
	{ 3, 108.92, 34.211 }, { 4, 108.93, 34.21 }, { 5, 108.912, 34.20 }, { 6, 108.90, 34.20 },
	{ 7, 108.93, 34.20 }, { 8, 108.931, 34.201 }, { 9, 108.931, 34.199 }, { 10, 108.94, 34.19 },
	{ 11, 108.95, 34.19 }, { 12, -0.5, -12.25 } };

static const struct line lines[] = {
	{ 10, { 1, 2, 3, 4 },
		{ "highway", "motorway", "name", "西安绕城高速", "maxspeed", "100" } },
	{ 11, { 4, 7 }, { "highway", "motorway_link" } },
	{ 12, { 2, 5 }, { "highway", "motorway_link", "maxspeed", "40" } },
	{ 13, { 6, 5, 7 },
		{ "highway", "secondary", "maxspeed:forward", "60", "maxspeed:backward", "40" } },
	{ 14, { 7, 8, 9, 7 }, { "highway", "tertiary", "junction", "roundabout" } },
	{ 15, { 9, 10 }, { "highway", "residential", "oneway", "-1" } },
	{ 16, { 9, 10 },
		{ "highway", "residential", "oneway", "yes", "access", "private", "motor_vehicle",
			"yes" } },
	{ 17, { 6, 1 }, { "highway", "unclassified", "oneway", "no" } },
	{ 20, { 10, 11 }, { "highway", "footway" } },
	{ 21, { 10, 11 }, { "highway", "residential", "access", "no" } },
	{ 22, { 10, 11 }, { "highway", "service", "service", "driveway" } },
	{ 23, { 10, 11 }, { "highway", "primary", "area", "yes" } },
	{ 24, { 10, 11 }, { "building", "yes" } },
	{ 25, { 10, 11 }, { "highway", "residential", "motorcar", "no", "access", "yes" } },
};
enum { PLACES = sizeof(places) / sizeof(places[0]), LINES = sizeof(lines) / sizeof(lines[0]) };

static size_t count(const int64_t *refs)
{
	size_t n = 0;

	while (n < 12 && refs[n])
		n++;
	return n;
}

/* ---- writing PBF, by the public description and nothing else ---- */

struct out {
	uint8_t v[1 << 16];
	size_t n;
};

static void byte(struct out *o, unsigned b)
{
	assert_true(o->n < sizeof(o->v));
	o->v[o->n++] = (uint8_t)b;
}

static void varint(struct out *o, uint64_t v)
{
	for (; v > 127; v >>= 7)
		byte(o, (unsigned)(v & 127) | 128);
	byte(o, (unsigned)v);
}

static void zigzag(struct out *o, int64_t v)
{
	varint(o, (uint64_t)v << 1 ^ (uint64_t)(v >> 63));
}

static void number(struct out *o, unsigned field, uint64_t v)
{
	varint(o, field << 3);
	varint(o, v);
}

static void bytes(struct out *o, unsigned field, const void *v, size_t n)
{
	varint(o, field << 3 | 2);
	varint(o, n);
	for (size_t i = 0; i < n; i++)
		byte(o, ((const uint8_t *)v)[i]);
}

static void part(struct out *o, unsigned field, const struct out *p)
{
	bytes(o, field, p->v, p->n);
}

static unsigned text_index(struct out *table, const char *texts[], unsigned *n, const char *s)
{
	for (unsigned i = 0; i < *n; i++)
		if (!strcmp(texts[i], s))
			return i;
	bytes(table, 1, s, strlen(s));
	texts[*n] = s;
	return (*n)++;
}

static void write_ways(struct out *group, struct out *table)
{
	static struct out way, keys, vals, refs;
	const char *texts[100];
	unsigned n = 0;

	text_index(table, texts, &n, "");
	for (size_t i = 0; i < LINES; i++) {
		int64_t last = 0;
		way.n = keys.n = vals.n = refs.n = 0;
		for (size_t k = 0; lines[i].tags[k]; k += 2) {
			varint(&keys, text_index(table, texts, &n, lines[i].tags[k]));
			varint(&vals, text_index(table, texts, &n, lines[i].tags[k + 1]));
		}
		for (size_t k = 0; k < count(lines[i].refs); k++) {
			zigzag(&refs, lines[i].refs[k] - last);
			last = lines[i].refs[k];
		}
		number(&way, 1, (uint64_t)lines[i].id);
		part(&way, 2, &keys);
		part(&way, 3, &vals);
		part(&way, 8, &refs);
		part(group, 3, &way);
	}
}

/* Half of the nodes one by one, half dense. */
static void write_nodes(struct out *group, int64_t granularity, int64_t offset)
{
	static struct out node, ids, lats, lons, dense;
	int64_t id = 0, lat = 0, lon = 0;

	ids.n = lats.n = lons.n = dense.n = 0;
	for (size_t i = 0; i < PLACES; i++) {
		int64_t y = (llround(places[i].lat * 1e9) - offset) / granularity;
		int64_t x = (llround(places[i].lon * 1e9) - offset) / granularity;
		if (i % 2) {
			node.n = 0;
			varint(&node, 1 << 3);
			zigzag(&node, places[i].id);
			varint(&node, 8 << 3);
			zigzag(&node, y);
			varint(&node, 9 << 3);
			zigzag(&node, x);
			part(group, 1, &node);
			continue;
		}
		zigzag(&ids, places[i].id - id);
		zigzag(&lats, y - lat);
		zigzag(&lons, x - lon);
		id = places[i].id;
		lat = y;
		lon = x;
	}
	part(&dense, 1, &ids);
	part(&dense, 8, &lats);
	part(&dense, 9, &lons);
	part(group, 2, &dense);
}

static void blob(struct out *file, const char *type, const struct out *content, bool packed)
{
	static struct out body, head;
	static uint8_t z[1 << 16];

	body.n = head.n = 0;
	if (packed) {
		uLongf n = sizeof(z);
		assert_int_equal(compress(z, &n, content->v, content->n), Z_OK);
		number(&body, 2, content->n);
		bytes(&body, 3, z, n);
	} else {
		bytes(&body, 1, content->v, content->n);
	}
	bytes(&head, 1, type, strlen(type));
	number(&head, 3, body.n);
	for (int shift = 24; shift >= 0; shift -= 8)
		byte(file, (unsigned)(head.n >> shift) & 255);
	for (size_t i = 0; i < head.n; i++)
		byte(file, head.v[i]);
	for (size_t i = 0; i < body.n; i++)
		byte(file, body.v[i]);
}

static const struct out *pbf(const char *feature)
{
	static struct out file, header, block, table, group;

	file.n = header.n = block.n = table.n = group.n = 0;
	bytes(&header, 4, "OsmSchema-V0.6", 14);
	bytes(&header, 4, feature, strlen(feature));
	blob(&file, "OSMHeader", &header, false);
	blob(&file, "SomethingElse", &header, false);
	write_nodes(&group, 100, 0);
	part(&block, 2, &group);
	blob(&file, "OSMData", &block, true);
	/* The same nodes counted another way: a later mention is the same place. */
	block.n = group.n = 0;
	write_nodes(&group, 50, 1000);
	part(&block, 2, &group);
	number(&block, 17, 50);
	number(&block, 19, 1000);
	number(&block, 20, 1000);
	blob(&file, "OSMData", &block, false);
	block.n = group.n = 0;
	write_ways(&group, &table);
	part(&block, 1, &table);
	part(&block, 2, &group);
	blob(&file, "OSMData", &block, true);
	return &file;
}

static const char *xml(void)
{
	static char s[1 << 16];
	size_t n = 0;

	n += (size_t)snprintf(
		s, sizeof(s), "<?xml version='1.0' encoding='UTF-8'?>\n<osm version=\"0.6\">\n");
	for (size_t i = 0; i < PLACES; i++)
		n += (size_t)snprintf(s + n, sizeof(s) - n,
			" <node id=\"%lld\" lat=\"%.7f\" lon=\"%.7f\"><tag k=\"a\" "
			"v=\"b\"/></node>\n",
			(long long)places[i].id, places[i].lat, places[i].lon);
	for (size_t i = 0; i < LINES; i++) {
		n += (size_t)snprintf(
			s + n, sizeof(s) - n, " <way id=\"%lld\">", (long long)lines[i].id);
		for (size_t k = 0; k < count(lines[i].refs); k++)
			n += (size_t)snprintf(s + n, sizeof(s) - n, "<nd ref=\"%lld\"/>",
				(long long)lines[i].refs[k]);
		for (size_t k = 0; lines[i].tags[k]; k += 2)
			n += (size_t)snprintf(s + n, sizeof(s) - n, "<tag k=\"%s\" v=\"%s\"/>",
				lines[i].tags[k], lines[i].tags[k + 1]);
		n += (size_t)snprintf(s + n, sizeof(s) - n, "</way>\n");
	}
	snprintf(s + n, sizeof(s) - n, "</osm>\n");
	return s;
}

/* ---- what must come out ---- */

static struct roads *read_xml(const char *text, struct osm_report *rep, struct roads_fault *f)
{
	f->text[0] = 0;
	return osm_from_xml("a.osm", text, strlen(text), NULL, NULL, rep, f);
}

static struct roads *read_pbf(
	const void *v, size_t n, struct osm_report *rep, struct roads_fault *f)
{
	f->text[0] = 0;
	return osm_from_pbf("a.osm.pbf", v, n, NULL, NULL, rep, f);
}

/* The edge between two nodes of the source. */
static const struct roads_edge *edge(const struct roads *r, int64_t from, int64_t to)
{
	int64_t a = roads_find_node(r, from), b = roads_find_node(r, to);

	for (uint32_t i = 0; i < roads_n_edges(r); i++)
		if (roads_edges(r)[i].from == a && roads_edges(r)[i].to == b)
			return &roads_edges(r)[i];
	return NULL;
}

static void check_world(const struct roads *r)
{
	const struct roads_edge *e;

	assert_int_equal(roads_find_node(r, 3), ROADS_NONE); /* only a bend */
	assert_int_equal(roads_find_node(r, 11), ROADS_NONE);
	e = edge(r, 2, 4);
	assert_non_null(e);
	assert_int_equal(e->inner, 1);
	assert_int_equal(e->class_, ROAD_MOTORWAY);
	assert_int_equal(e->limit, 100);
	assert_string_equal(roads_edge_name(r, (uint32_t)(e - roads_edges(r))), "西安绕城高速");
	assert_null(edge(r, 4, 2)); /* a motorway is one-way without being told */
	assert_non_null(edge(r, 2, 5));
	assert_null(edge(r, 5, 2)); /* so is its ramp */
	assert_int_equal(edge(r, 5, 7)->limit, 60);
	assert_int_equal(edge(r, 7, 5)->limit, 40);
	/* The roundabout is left at 9 and cut nowhere else. */
	assert_int_equal(edge(r, 7, 9)->inner, 1);
	assert_true(edge(r, 7, 9)->flags & ROADS_ROUNDABOUT);
	assert_non_null(edge(r, 9, 7));
	assert_int_equal(edge(r, 9, 7)->inner, 0);
	/* Against the drawing, and with it where a more particular word allows. */
	assert_int_equal(edge(r, 10, 9)->way, 15);
	assert_int_equal(edge(r, 9, 10)->way, 16);
	assert_non_null(edge(r, 1, 6));
	assert_non_null(edge(r, 6, 1));
	assert_int_equal(roads_n_nodes(r), 8);
	struct lonlat at = roads_node_at(r, (uint32_t)roads_find_node(r, 10));
	assert_float_equal(at.lon, 108.94, 1e-7);
	assert_float_equal(at.lat, 34.19, 1e-7);
}

static void both_forms_give_the_same_graph(void **state)
{
	struct roads_fault f;
	struct osm_report rep;
	struct roads *a = read_xml(xml(), &rep, &f);

	(void)state;
	if (!a)
		fail_msg("%s", f.text);
	assert_int_equal(rep.ways, LINES);
	assert_int_equal(rep.ways_kept, 8);
	check_world(a);
	const struct out *p = pbf("DenseNodes");
	struct roads *b = read_pbf(p->v, p->n, &rep, &f);
	if (!b)
		fail_msg("%s", f.text);
	check_world(b);
	assert_string_equal(roads_digest(a), roads_digest(b));
	roads_free(a);
	roads_free(b);
}

static void a_ring_is_cut_in_two(void **state)
{
	struct roads_fault f;
	struct roads *r = read_xml(
		"<osm><node id='1' lat='34' lon='108'/><node id='2' lat='34.01' lon='108'/>"
		"<node id='3' lat='34.01' lon='108.01'/><node id='4' lat='34' lon='107.99'/>"
		"<way id='1'><nd ref='1'/><nd ref='2'/><nd ref='3'/><nd ref='1'/>"
		"<tag k='highway' v='residential'/></way>"
		"<way id='2'><nd ref='4'/><nd ref='4'/><nd ref='1'/><tag k='highway' "
		"v='residential'/></way>"
		"</osm>",
		NULL, &f);

	(void)state;
	if (!r)
		fail_msg("%s", f.text);
	for (uint32_t i = 0; i < roads_n_edges(r); i++)
		assert_int_not_equal(roads_edges(r)[i].from, roads_edges(r)[i].to);
	assert_non_null(edge(r, 1, 4));
	assert_non_null(edge(r, 3, 1));
	roads_free(r);
}

static void a_box_cuts_the_world(void **state)
{
	struct roads_fault f = { "" };
	struct osm_box box = { 108.89, 34.195, 108.925, 34.215 };
	struct osm_report rep;
	struct roads *r = osm_from_xml("a.osm", xml(), strlen(xml()), &box, NULL, &rep, &f);

	(void)state;
	if (!r)
		fail_msg("%s", f.text);
	assert_true(rep.nodes_missing >= 4);
	assert_non_null(edge(r, 6, 5));
	assert_null(edge(r, 5, 7));
	roads_free(r);
}

static void tags_are_judged(void **state)
{
	static const struct {
		const char *tags[8];
		bool kept, forward, backward;
		double limit;
	} rows[] = {
		{ { "highway", "primary" }, true, true, true, 0 },
		{ { "highway", "primary", "oneway", "yes" }, true, true, false, 0 },
		{ { "highway", "primary", "oneway", "reverse" }, true, false, true, 0 },
		{ { "highway", "primary", "oneway", "reversible" }, false, false, false, 0 },
		{ { "highway", "primary", "oneway", "alternating" }, true, true, true, 0 },
		{ { "highway", "primary", "oneway", "yes", "oneway:motor_vehicle", "no" }, true,
			true, true, 0 },
		{ { "highway", "motorway", "oneway", "no" }, true, true, true, 0 },
		{ { "highway", "trunk" }, true, true, true, 0 },
		{ { "highway", "primary", "junction", "circular" }, true, true, false, 0 },
		{ { "highway", "primary", "maxspeed", "40 mph" }, true, true, true, 64.37376 },
		{ { "highway", "primary", "maxspeed", "CN:urban" }, true, true, true, 50 },
		{ { "highway", "primary", "maxspeed", "none" }, true, true, true, 0 },
		{ { "highway", "primary", "maxspeed", "99999" }, true, true, true, 0 },
		{ { "highway", "primary", "maxspeed", "60;80" }, true, true, true, 60 },
		{ { "highway", "primary", "vehicle", "no" }, false, false, false, 0 },
		{ { "highway", "primary", "access", "no", "motor_vehicle", "destination" }, true,
			true, true, 0 },
		{ { "highway", "service", "service", "alley" }, true, true, true, 0 },
		{ { "highway", "service", "service", "parking_aisle" }, false, false, false, 0 },
		{ { "highway", "construction" }, false, false, false, 0 },
		{ { "highway", "cycleway" }, false, false, false, 0 },
		{ { "waterway", "river" }, false, false, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct osm_tag tags[4];
		struct osm_road road;
		size_t n = 0;
		for (; n < 4 && rows[i].tags[2 * n]; n++)
			tags[n] = (struct osm_tag){ rows[i].tags[2 * n], rows[i].tags[2 * n + 1] };
		if (osm_judge(tags, n, &road) != rows[i].kept)
			fail_msg("row %zu", i);
		if (!rows[i].kept)
			continue;
		assert_int_equal(road.forward, rows[i].forward);
		assert_int_equal(road.backward, rows[i].backward);
		assert_float_equal(road.limit_forward, rows[i].limit, 1e-6);
	}
}

/* Cut anywhere and changed anywhere, a file is refused with its name, or read; nothing worse. */
static void damaged_extracts_are_refused(void **state)
{
	const struct out *p = pbf("DenseNodes");
	struct roads_fault f;
	size_t refused = 0;

	(void)state;
	uint8_t *v = malloc(p->n);
	for (size_t cut = 0; cut < p->n; cut++) {
		memcpy(v, p->v, cut);
		struct roads *r = read_pbf(v, cut, NULL, &f);
		if (!r)
			assert_true(strlen(f.text) > 10);
		refused += !r;
		roads_free(r);
	}
	assert_int_equal(refused, p->n); /* the ways come last */
	for (size_t at = 0; at < p->n; at++) {
		memcpy(v, p->v, p->n);
		v[at] ^= 0xff;
		roads_free(read_pbf(v, p->n, NULL, &f));
	}
	memcpy(v, p->v, 20);
	assert_null(read_pbf(v, 10, NULL, &f));
	assert_non_null(strstr(f.text, "a.osm.pbf offset 0: the file ends inside a blob's header"));
	memset(v, 0xff, 4);
	assert_null(read_pbf(v, 20, NULL, &f));
	assert_non_null(strstr(f.text, "this is no PBF file"));
	free(v);
	p = pbf("HistoricalInformation");
	assert_null(read_pbf(p->v, p->n, NULL, &f));
	assert_non_null(strstr(f.text, "needs 'HistoricalInformation'"));
}

static void xml_faults_name_the_line(void **state)
{
	static const struct {
		const char *text, *fault;
	} rows[] = {
		{ "", "a.osm line 1: no element found" },
		{ "<html></html>", "line 1: begins with <html>" },
		{ "<osm>\n<way id='x'></way></osm>", "line 2: id 'x' is not a whole number" },
		{ "<osm>\n\n<way id='1'><nd/></way></osm>", "line 3: ref ''" },
		{ "<osm><way id='1'><nd ref='1'/><nd ref='2'/><tag k='highway' v='road'/></way>\n"
		  "<node id='1' lat='91' lon='8'/></osm>",
			"line 2: node 1: 8 91 is no place" },
		{ "<osm>\n<node id='1'", "line 2: " },
		{ "<osm></osm>", "no two places are joined" },
	};
	struct roads_fault f;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_null(read_xml(rows[i].text, NULL, &f));
		if (!strstr(f.text, rows[i].fault))
			fail_msg("row %zu: %s", i, f.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_give_the_same_graph),
		cmocka_unit_test(a_ring_is_cut_in_two),
		cmocka_unit_test(a_box_cuts_the_world),
		cmocka_unit_test(tags_are_judged),
		cmocka_unit_test(damaged_extracts_are_refused),
		cmocka_unit_test(xml_faults_name_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
