/* fuzz_dispatch_roads.c - lists of any text, graphs of any bytes: whole, or a fault with words; and
 * what is whole can be searched. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/roads_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct roads *r)
{
	struct roads_router *q = roads_router_new(r, NULL);
	struct travel_model m = roads_model(q);
	uint32_t last = (uint32_t)roads_n_nodes(r) - 1;
	struct travel_from from = { .at = roads_node_at(r, 0), .course_deg = 90, .speed_mps = 9 };
	struct roads_path p;
	struct travel t;

	m.to(m.ctx, roads_node_at(r, last), 0, &from, 1, &t);
	if (isnan(t.eta_s) || t.eta_s < 0)
		abort();
	if (roads_path(q, &from, roads_node_at(r, last), 0, &p))
		roads_path_free(&p);
	roads_router_free(q);
}

/* An image whose checksum is made right, so that what stands behind it is tried. */
static struct roads *from_image(const uint8_t *data, size_t size, struct roads_fault *f)
{
	struct image_header *h = calloc(1, size + sizeof(*h));
	struct roads *r;

	if (!h)
		abort();
	memcpy(h, data, size);
	memcpy(h->magic, ROADS_MAGIC, sizeof(h->magic));
	h->version = ROADS_VERSION;
	h->order = ROADS_ORDER;
	h->size = size;
	if (size >= sizeof(*h))
		image_digest(h, size, h->digest);
	r = roads_from_image(h, size, f);
	if (r)
		use(r);
	roads_free(r);
	free(h);
	return NULL;
}

static struct roads *from_lists(const uint8_t *data, size_t size, struct roads_fault *f)
{
	const uint8_t *cut = memchr(data, '\f', size);
	size_t n = cut ? (size_t)(cut - data) : size;

	return roads_from_csv_text((const char *)data, n, (const char *)data + n + (cut != NULL),
		size - n - (cut != NULL), NULL, NULL, f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct roads_fault f = { "" };
	struct roads *r;

	if (!size)
		return 0;
	if (data[0] & 0x80) {
		from_image(data + 1, size - 1, &f);
		return 0;
	}
	r = from_lists(data + 1, size - 1, &f);
	if (!r && !f.text[0])
		abort();
	if (r)
		use(r);
	roads_free(r);
	return 0;
}
