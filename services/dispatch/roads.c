/* roads.c - a road graph's bytes: loaded, checked in full, saved, and read by accessors. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "dispatch/roads_image.h"

bool roads_fail(struct roads_fault *f, const char *fmt, ...)
{
	va_list ap;

	if (!f || f->text[0])
		return false;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	return false;
}

void image_layout(const struct image_header *h, uint64_t ret[static PARTS])
{
	const uint64_t bytes[] = {
		[PART_NODES] = (h->n_nodes + UINT64_C(1)) * sizeof(struct image_node),
		[PART_EDGES] = (uint64_t)h->n_edges * sizeof(struct roads_edge),
		[PART_ARCS] = (uint64_t)h->n_edges * sizeof(struct image_arc),
		[PART_POINTS] = (uint64_t)h->n_points * sizeof(struct image_point),
		[PART_ZONES] = (uint64_t)h->n_zones * sizeof(struct image_zone),
		[PART_CELLS] = ((uint64_t)h->columns * h->rows + 1) * sizeof(uint32_t),
		[PART_ITEMS] = (uint64_t)h->n_items * sizeof(uint32_t),
		[PART_NAMES] = h->name_bytes,
		[PART_SOURCE] = h->source_bytes,
	};
	uint64_t at = sizeof(struct image_header);

	for (int i = 0; i < PART_END; i++) {
		at = (at + 7) & ~UINT64_C(7);
		ret[i] = at;
		at += bytes[i];
	}
	ret[PART_END] = (at + 7) & ~UINT64_C(7);
}

void image_digest(const void *image, size_t len, uint8_t ret[static 32])
{
	struct image_header h;
	crypto_generichash_state s;

	memcpy(&h, image, sizeof(h));
	memset(h.digest, 0, sizeof(h.digest));
	crypto_generichash_init(&s, NULL, 0, sizeof(h.digest));
	crypto_generichash_update(&s, (const unsigned char *)&h, sizeof(h));
	crypto_generichash_update(&s, (const unsigned char *)image + sizeof(h), len - sizeof(h));
	crypto_generichash_final(&s, ret, sizeof(h.digest));
}

/* ---- checking ---- */

static bool check_header(const struct image_header *h, size_t len, struct roads_fault *f)
{
	uint64_t parts[PARTS];
	uint8_t digest[32];

	if (len < sizeof(*h) || memcmp(h->magic, ROADS_MAGIC, sizeof(h->magic)) != 0)
		return roads_fail(f, "not a road graph of this project's format");
	if (h->order != ROADS_ORDER)
		return roads_fail(f, "made on a machine of another byte order");
	if (h->version != ROADS_VERSION)
		return roads_fail(f, "version %u of the format, this program reads version %d",
			h->version, ROADS_VERSION);
	if (h->size != len)
		return roads_fail(f, "%zu bytes long, but written with %llu: cut short or added to",
			len, (unsigned long long)h->size);
	if (h->n_nodes > ROADS_NODES_MAX || h->n_zones > ROADS_ZONES_MAX || h->n_zones < 1 ||
		h->columns > 100000 || h->rows > 100000 || h->cell_e7 <= 0 || h->name_bytes < 1 ||
		h->source_bytes < 1)
		return roads_fail(f, "its header holds impossible counts");
	image_layout(h, parts);
	if (parts[PART_END] != len)
		return roads_fail(f, "its counts make %llu bytes, it has %zu",
			(unsigned long long)parts[PART_END], len);
	image_digest(h, len, digest);
	if (memcmp(digest, h->digest, sizeof(digest)) != 0)
		return roads_fail(f, "its checksum is wrong: the content was damaged");
	return true;
}

static bool check_nodes(const struct roads *r, struct roads_fault *f)
{
	const struct image_header *h = r->head;

	if (r->nodes[0].first_out || r->nodes[0].first_in ||
		r->nodes[h->n_nodes].first_out != h->n_edges ||
		r->nodes[h->n_nodes].first_in != h->n_edges)
		return roads_fail(f, "the lists of edges don't add up");
	for (uint32_t i = 0; i < h->n_nodes; i++) {
		const struct image_node *n = &r->nodes[i];
		if (n->first_out > n[1].first_out || n->first_in > n[1].first_in)
			return roads_fail(f, "node %u: its lists of edges overlap", i);
		if (!geo_valid(point_place(n->at)))
			return roads_fail(f, "node %u: outside the world", i);
	}
	return true;
}

static bool check_edge(const struct roads *r, uint32_t i)
{
	const struct image_header *h = r->head;
	const struct roads_edge *e = &r->edges[i];

	return e->from < h->n_nodes && e->to < h->n_nodes && i >= r->nodes[e->from].first_out &&
	       i < r->nodes[e->from + 1].first_out && e->name < h->name_bytes &&
	       (uint64_t)e->shape + e->inner <= h->n_points && e->zone < h->n_zones &&
	       e->class_ < ROAD_CLASSES && e->base_ms > 0;
}

static bool check_arc(const struct roads *r, uint32_t i)
{
	const struct image_arc *a = &r->arcs[i];
	const struct roads_edge *e = a->edge < r->head->n_edges ? &r->edges[a->edge] : NULL;

	return e && a->from == e->from && a->base_ms == e->base_ms && a->kind == edge_kind(e) &&
	       i >= r->nodes[e->to].first_in && i < r->nodes[e->to + 1].first_in;
}

static bool check_grid(const struct roads *r, struct roads_fault *f)
{
	uint64_t n = (uint64_t)r->head->columns * r->head->rows;

	if (r->cells[0] != 0 || r->cells[n] != r->head->n_items)
		return roads_fail(f, "the grid doesn't add up");
	for (uint64_t i = 0; i < n; i++)
		if (r->cells[i] > r->cells[i + 1])
			return roads_fail(f, "the grid's cells overlap");
	for (uint32_t i = 0; i < r->head->n_items; i++)
		if (r->items[i] >= r->head->n_edges)
			return roads_fail(f, "the grid names an edge that isn't there");
	return true;
}

static bool check_texts(const struct roads *r, struct roads_fault *f)
{
	const struct image_header *h = r->head;

	if (r->names[0] || r->names[h->name_bytes - 1] || r->source[h->source_bytes - 1])
		return roads_fail(f, "its texts don't end");
	for (uint32_t i = 0; i < h->n_zones; i++)
		if (!memchr(r->zones[i].code, 0, sizeof(r->zones[i].code)))
			return roads_fail(f, "zone %u: its code doesn't end", i);
	return true;
}

static bool check_content(const struct roads *r, struct roads_fault *f)
{
	if (!check_nodes(r, f) || !check_grid(r, f) || !check_texts(r, f))
		return false;
	for (uint32_t i = 0; i < r->head->n_edges; i++)
		if (!check_edge(r, i))
			return roads_fail(f, "edge %u: it doesn't fit the graph", i);
	for (uint32_t i = 0; i < r->head->n_edges; i++)
		if (!check_arc(r, i))
			return roads_fail(f, "arc %u: it doesn't fit its edge", i);
	return true;
}

/* ---- opening ---- */

static void attach(struct roads *r, const void *image)
{
	const char *base = image;
	uint64_t at[PARTS];

	r->head = image;
	image_layout(r->head, at);
	r->nodes = (const void *)(base + at[PART_NODES]);
	r->edges = (const void *)(base + at[PART_EDGES]);
	r->arcs = (const void *)(base + at[PART_ARCS]);
	r->points = (const void *)(base + at[PART_POINTS]);
	r->zones = (const void *)(base + at[PART_ZONES]);
	r->cells = (const void *)(base + at[PART_CELLS]);
	r->items = (const void *)(base + at[PART_ITEMS]);
	r->names = base + at[PART_NAMES];
	r->source = base + at[PART_SOURCE];
	sodium_bin2hex(r->digest, sizeof(r->digest), r->head->digest, sizeof(r->head->digest));
}

struct roads *roads_from_image(const void *image, size_t len, struct roads_fault *f)
{
	struct roads *r;

	if (!check_header(image, len, f))
		return NULL;
	r = calloc(1, sizeof(*r));
	if (!r) {
		roads_fail(f, "out of memory");
		return NULL;
	}
	r->len = len;
	atomic_init(&r->owners, 1);
	attach(r, image);
	if (!check_content(r, f)) {
		free(r);
		return NULL;
	}
	return r;
}

struct roads *roads_own(void *image, size_t len, struct roads_fault *f)
{
	struct roads *r = roads_from_image(image, len, f);

	if (r)
		r->owned = image;
	else
		free(image);
	return r;
}

/* Says which file a fault is about. */
static void name_file(struct roads_fault *f, const char *path)
{
	struct roads_fault inner = *f;

	snprintf(f->text, sizeof(f->text), "%.150s: %.240s", path, inner.text);
}

static int open_graph(const char *path, size_t *ret_len, struct roads_fault *f)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode)) {
		*ret_len = (size_t)st.st_size;
		if (*ret_len >= sizeof(struct image_header))
			return fd;
		roads_fail(f, "not a road graph of this project's format");
	} else {
		roads_fail(f, "can't be opened: %s", fd < 0 ? strerror(errno) : "no file");
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static struct roads *load_mapped(const char *path, struct roads_fault *f)
{
	size_t len;
	int fd = open_graph(path, &len, f);
	struct roads *r;
	void *p;

	if (fd < 0)
		return NULL;
	p = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED) {
		roads_fail(f, "can't be mapped: %s", strerror(errno));
		return NULL;
	}
	r = roads_from_image(p, len, f);
	if (r)
		r->mapped = p;
	else
		munmap(p, len);
	return r;
}

static bool read_all(int fd, char *to, size_t len)
{
	while (len) {
		ssize_t n = read(fd, to, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		to += n;
		len -= (size_t)n;
	}
	return true;
}

static struct roads *load_copy(const char *path, struct roads_fault *f)
{
	size_t len;
	int fd = open_graph(path, &len, f);
	char *bytes;
	bool whole;

	if (fd < 0)
		return NULL;
	bytes = malloc(len);
	whole = bytes && read_all(fd, bytes, len);
	close(fd);
	if (!whole) {
		free(bytes);
		roads_fail(f, bytes ? "can't be read to its end" : "out of memory");
		return NULL;
	}
	return roads_own(bytes, len, f);
}

struct roads *roads_load(const char *path, struct roads_fault *f)
{
	struct roads_fault own = { "" };
	struct roads *r = load_mapped(path, &own);

	if (!r) {
		name_file(&own, path);
		roads_fail(f, "%s", own.text);
	}
	return r;
}

struct roads *roads_read(const char *path, struct roads_fault *f)
{
	struct roads_fault own = { "" };
	struct roads *r = load_copy(path, &own);

	if (!r) {
		name_file(&own, path);
		roads_fail(f, "%s", own.text);
	}
	return r;
}

struct roads *roads_hold(struct roads *r)
{
	atomic_fetch_add(&r->owners, 1);
	return r;
}

void roads_free(struct roads *r)
{
	if (!r || atomic_fetch_sub(&r->owners, 1) != 1)
		return;
	if (r->mapped)
		munmap(r->mapped, r->len);
	free(r->owned);
	free(r);
}

/* ---- saving ---- */

static bool write_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

bool roads_save(const struct roads *r, const char *path, struct roads_fault *f)
{
	char beside[PATH_MAX];
	bool ok;
	int fd;

	if (snprintf(beside, sizeof(beside), "%s.XXXXXX", path) >= (int)sizeof(beside))
		return roads_fail(f, "%.200s: the path is too long", path);
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0)
		return roads_fail(f, "%.200s: can't be made: %s", path, strerror(errno));
	ok = write_all(fd, (const char *)r->head, r->len) && !fchmod(fd, 0644) && !fsync(fd);
	ok = !close(fd) && ok && !rename(beside, path);
	if (!ok) {
		roads_fail(f, "%.200s: can't be written: %s", path, strerror(errno));
		unlink(beside);
	}
	return ok;
}
