/* positions.c - newest positions by id: a hash table of slots; the grid is in positions_grid.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/positions_internal.h"

enum { FIRST_SLOTS = 64 };

/* FNV-1a, eight bytes a step, with the finish of splitmix64. */
static uint64_t hash_id(const char id[ID_MAX])
{
	uint64_t h = UINT64_C(0xcbf29ce484222325), word;

	for (size_t i = 0; i < ID_MAX; i += sizeof word) {
		memcpy(&word, id + i, sizeof word);
		h = (h ^ word) * UINT64_C(0x100000001b3);
		h ^= h >> 29;
	}
	h *= UINT64_C(0xbf58476d1ce4e5b9);
	return h ^ h >> 32;
}

/* Zero-padded, so that ids compare and hash by whole words. */
static bool pad_id(const char *id, char ret[ID_MAX])
{
	size_t n = strnlen(id, ID_MAX);

	if (!n || n == ID_MAX)
		return false;
	memset(ret, 0, ID_MAX);
	memcpy(ret, id, n);
	return true;
}

/* The place of the id in the table, or of the hole where it would go. */
static size_t find(const struct positions *p, const char id[ID_MAX])
{
	size_t mask = p->table_size - 1, i = hash_id(id) & mask;

	while (p->table[i] != NONE && memcmp(p->cold[p->table[i]].id, id, ID_MAX) != 0)
		i = (i + 1) & mask;
	return i;
}

static bool grow(struct positions *p)
{
	size_t room = p->room ? p->room * 2 : FIRST_SLOTS;
	struct hot *hot = realloc(p->hot, room * sizeof *hot);
	struct cold *cold = hot ? realloc(p->cold, room * sizeof *cold) : NULL;
	int32_t *table = cold ? malloc(room * 4 * sizeof *table) : NULL;

	if (hot)
		p->hot = hot;
	if (cold)
		p->cold = cold;
	if (!table)
		return false;
	free(p->table);
	p->table = table;
	p->table_size = room * 4;
	p->room = room;
	for (size_t i = 0; i < p->table_size; i++)
		p->table[i] = NONE;
	for (size_t i = 0; i < p->n; i++)
		p->table[find(p, p->cold[i].id)] = (int32_t)i;
	return grid_rebuild(p);
}

struct positions *positions_new(void)
{
	struct positions *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->cell_deg = 0.01;
	if (grow(p))
		return p;
	positions_free(p);
	return NULL;
}

void positions_free(struct positions *p)
{
	if (!p)
		return;
	free(p->hot);
	free(p->cold);
	free(p->table);
	free(p->cells);
	free(p);
}

size_t positions_count(const struct positions *p)
{
	return p->n;
}

struct unit_vector unit_vector(struct lonlat at)
{
	double lon = at.lon * (M_PI / 180), lat = at.lat * (M_PI / 180), c = cos(lat);

	return (struct unit_vector){ c * cos(lon), c * sin(lon), sin(lat) };
}

/* Of the same instant, one and the same of the two wins whichever came first. */
static bool newer(const struct fix *a, const struct fix *b)
{
	if (a->at_us != b->at_us)
		return a->at_us > b->at_us;
	if (a->at.lon != b->at.lon)
		return a->at.lon < b->at.lon;
	return a->at.lat < b->at.lat;
}

static enum put move(struct positions *p, size_t slot, const struct fix *fix)
{
	if (!newer(fix, &p->cold[slot].fix))
		return PUT_NOT_NEWER;
	p->cold[slot].fix = *fix;
	p->hot[slot].at = unit_vector(fix->at);
	grid_move(p, slot, fix->at);
	return PUT_NEWER;
}

enum put positions_put(struct positions *p, const char *id, const struct fix *fix)
{
	char key[ID_MAX];

	if (!pad_id(id, key) || !geo_valid(fix->at))
		return PUT_REFUSED;
	size_t place = find(p, key);
	if (p->table[place] != NONE)
		return move(p, (size_t)p->table[place], fix);
	if (p->n == p->room) {
		if (!grow(p))
			return PUT_REFUSED;
		place = find(p, key);
	}
	size_t slot = p->n++;
	p->table[place] = (int32_t)slot;
	p->cold[slot].fix = *fix;
	memcpy(p->cold[slot].id, key, ID_MAX);
	p->hot[slot] = (struct hot){ .at = unit_vector(fix->at), .cell = NONE };
	grid_move(p, slot, fix->at);
	return PUT_NEWER;
}

/* The slot of an id, NONE when unknown. */
static int32_t slot_of(const struct positions *p, const char *id)
{
	char key[ID_MAX];

	return pad_id(id, key) ? p->table[find(p, key)] : NONE;
}

bool positions_tag(struct positions *p, const char *id, uint32_t tags)
{
	int32_t slot = slot_of(p, id);

	if (slot != NONE)
		p->hot[slot].tags = tags;
	return slot != NONE;
}

bool positions_get(const struct positions *p, const char *id, struct fix *ret, uint32_t *ret_tags)
{
	int32_t slot = slot_of(p, id);

	if (slot == NONE)
		return false;
	if (ret)
		*ret = p->cold[slot].fix;
	if (ret_tags)
		*ret_tags = p->hot[slot].tags;
	return true;
}

/* Linear probing without tombstones: what follows the hole moves up. */
static void close_hole(struct positions *p, size_t hole)
{
	size_t mask = p->table_size - 1;

	for (size_t i = (hole + 1) & mask; p->table[i] != NONE; i = (i + 1) & mask) {
		size_t home = hash_id(p->cold[p->table[i]].id) & mask;
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		p->table[hole] = p->table[i];
		hole = i;
	}
	p->table[hole] = NONE;
}

void positions_remove(struct positions *p, const char *id)
{
	int32_t slot = slot_of(p, id);
	size_t last = p->n - 1;

	if (slot == NONE)
		return;
	grid_take(p, (size_t)slot);
	close_hole(p, find(p, p->cold[slot].id));
	if ((size_t)slot != last) { /* the last one fills the gap */
		p->table[find(p, p->cold[last].id)] = slot;
		grid_renumber(p, last, (size_t)slot);
		p->hot[slot] = p->hot[last];
		p->cold[slot] = p->cold[last];
	}
	p->n--;
}
