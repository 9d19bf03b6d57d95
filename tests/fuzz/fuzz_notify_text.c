/* fuzz_notify_text.c - templates and texts of any content: filled in or refused, links gone. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "notify/provider.h"
#include "notify/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *value(void *arg, const char *name, size_t len)
{
	(void)arg;
	return len > 0 && name[0] == 'a' ? "值" : NULL;
}

static void redacted(const char *text, struct arena *a)
{
	const char *out = render_redacted(text, a);
	for (const char *p = out ? strstr(out, "/p/") : NULL; p; p = strstr(p + 3, "/p/"))
		if ((p[3] >= 'a' && p[3] <= 'z' && strncmp(p + 3, "***", 3) != 0))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	size_t len;
	struct outgoing m = { .id = "x", .phone = "y" };
	char *text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	arena_init(&a, 1 << 20);
	(void)render_text(text, value, NULL, &a);
	redacted(text, &a);
	(void)is_mobile(text);
	memcpy(m.body, text, size < BODY_MAX ? size : BODY_MAX - 1);
	free(outgoing_json(&m, &len));
	arena_release(&a);
	free(text);
	return 0;
}
