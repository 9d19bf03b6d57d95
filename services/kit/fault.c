/* fault.c - collects what is wrong with a request; the one table of codes, names and statuses. */
#include "kit/fault.h"

#include <stdarg.h>
#include <string.h>

static const struct {
	const char *name;
	int http;
} codes[] = {
	[PB__CODE__OK] = { "OK", 200 },
	[PB__CODE__INVALID] = { "INVALID", 400 },
	[PB__CODE__TOO_LARGE] = { "TOO_LARGE", 413 },
	[PB__CODE__UNAUTHENTICATED] = { "UNAUTHENTICATED", 401 },
	[PB__CODE__FORBIDDEN] = { "FORBIDDEN", 403 },
	[PB__CODE__NOT_FOUND] = { "NOT_FOUND", 404 },
	[PB__CODE__CONFLICT] = { "CONFLICT", 409 },
	[PB__CODE__REFUSED] = { "REFUSED", 422 },
	[PB__CODE__UNSUPPORTED] = { "UNSUPPORTED", 415 },
	[PB__CODE__TOO_MANY] = { "TOO_MANY", 429 },
	[PB__CODE__BUSY] = { "BUSY", 503 },
	[PB__CODE__INTERNAL] = { "INTERNAL", 500 },
};
enum { CODES = sizeof codes / sizeof codes[0] };

static const char no_room[] = "no room left to say what is wrong";

void faults_init(struct fault_list *f, struct arena *a)
{
	*f = (struct fault_list){ .arena = a, .code = PB__CODE__OK, .text = "" };
}

Pb__Code fault_set(struct fault_list *f, Pb__Code code, const char *fmt, ...)
{
	if (f->code != PB__CODE__OK || code == PB__CODE__OK)
		return f->code;
	va_list ap;
	va_start(ap, fmt);
	const char *text = arena_vprintf(f->arena, fmt, ap);
	va_end(ap);
	f->code = code;
	f->text = text ? text : no_room;
	return code;
}

void fault_field(struct fault_list *f, const char *pointer, const char *rule, const char *fmt, ...)
{
	if (f->code == PB__CODE__OK)
		(void)fault_set(f, PB__CODE__INVALID, "the request is not valid: see 'errors'");
	if (f->n_fields == FAULTS_MAX) {
		f->n_dropped++;
		return;
	}
	Pb__FieldFault *x = ARENA_NEW(f->arena, Pb__FieldFault);
	if (!x) {
		f->n_dropped++;
		return;
	}
	va_list ap;
	va_start(ap, fmt);
	const char *detail = arena_vprintf(f->arena, fmt, ap);
	va_end(ap);
	const char *where = arena_strdup(f->arena, pointer);
	const char *what = arena_strdup(f->arena, rule);
	pb__field_fault__init(x);
	x->pointer = where ? where : "";
	x->rule = what ? what : "";
	x->detail = detail ? detail : no_room;
	f->fields[f->n_fields++] = x;
}

int fault_http_status(Pb__Code code)
{
	if ((unsigned)code < CODES)
		return codes[code].http;
	return codes[PB__CODE__INTERNAL].http;
}

const char *code_name(Pb__Code code)
{
	return (unsigned)code < CODES ? codes[code].name : codes[PB__CODE__INTERNAL].name;
}

Pb__Code code_from_name(const char *name)
{
	for (unsigned i = 0; i < CODES; i++) {
		if (strcmp(codes[i].name, name) == 0)
			return (Pb__Code)i;
	}
	return PB__CODE__INTERNAL;
}
