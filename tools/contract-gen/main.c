/* main.c - contract-gen: DESCRIPTOR_SET OUT_DIR; the tables, the OpenAPI document, the permissions.
 */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_out(const char *dir, const char *name)
{
	char *path = gen_printf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	if (!f) {
		fprintf(stderr, "contract-gen: cannot write '%s': %s\n", path, strerror(errno));
		exit(1);
	}
	return f;
}

static void close_out(FILE *f, const char *name)
{
	if (ferror(f) | fclose(f)) {
		fprintf(stderr, "contract-gen: cannot write '%s'\n", name);
		exit(1);
	}
}

static void write_json(const char *dir, const char *name, const json_t *v)
{
	FILE *f = open_out(dir, name);
	json_dumpf(v, f, JSON_INDENT(2));
	fputc('\n', f);
	close_out(f, name);
}

static void write_all(const struct model *m, const char *dir, const char *base)
{
	json_t *openapi = emit_openapi(m, base), *nats = emit_nats(m);
	json_t *methods = emit_methods(m);
	char *text = json_dumps(openapi, JSON_COMPACT);
	if (!text || !nats || !methods) {
		fputs("contract-gen: cannot print the OpenAPI document\n", stderr);
		exit(1);
	}
	FILE *h = open_out(dir, "contract.gen.h");
	emit_header(m, h);
	close_out(h, "contract.gen.h");
	FILE *c = open_out(dir, "contract.gen.c");
	emit_source(m, text, c);
	close_out(c, "contract.gen.c");
	write_json(dir, "openapi.json", openapi);
	write_json(dir, "nats-permissions.json", nats);
	write_json(dir, "methods.json", methods);
	free(text);
	json_decref(openapi);
	json_decref(nats);
	json_decref(methods);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fputs("usage: contract-gen DESCRIPTOR_SET OUT_DIR OPENAPI_BASE\n", stderr);
		return 2;
	}
	const struct model *m = model_read(argv[1]);
	unsigned n = model_check(m, stderr);
	if (n) {
		fprintf(stderr, "contract-gen: %u error%s; nothing written\n", n,
			n == 1 ? "" : "s");
		return 1;
	}
	write_all(m, argv[2], argv[3]);
	return 0;
}
