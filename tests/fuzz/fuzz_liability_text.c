/* fuzz_liability_text.c - strokes, article references and hints from any text end in an answer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "liability/articles.h"
#include "liability/document.h"
#include "liability/scenarios.h"
#include "liability/strokes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void bounds(void *arg, int x, int y, bool first)
{
	size_t *n = arg;
	(void)first;
	if (x < 0 || x > STROKES_W || y < 0 || y > STROKES_H || ++*n > STROKE_POINTS_MAX)
		abort();
}

static void hints(const char *text)
{
	static const char *const words[] = { "追尾", "a", "变更车道" };
	static const struct scenario all[] = {
		{ .code = "S01", .key = "REAR_END", .words = words, .n_words = 1 },
		{ .code = "S02", .key = "SINGLE", .words = words + 1, .n_words = 1 },
		{ .code = "S03", .key = "X", .words = words, .n_words = 3 },
	};
	struct hint h[2];
	if (scenario_hints(all, 3, text, 1, h, 2) > 2)
		abort();
}

/* A document of whatever a packed message holds is built or refused, within its arena. */
static void document(const uint8_t *data, size_t size)
{
	struct arena a;
	arena_init(&a, 1 << 20);
	Pb__DocumentPrint *p = pb__document_print__unpack(&a.pb, size, data);
	if (p && p->determination)
		(void)document_build(p, &a);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char cited[512];
	size_t n = 0;
	char *text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	(void)strokes_read(text, bounds, &n);
	(void)article_text(text, cited, sizeof(cited));
	hints(text);
	document(data, size);
	free(text);
	return 0;
}
