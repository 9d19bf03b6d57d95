/* fault.h - what is wrong with a request: one code, one text, and the fields at fault.
 *
 * A fault_list lives in an arena; the first code and text win, field faults add up to a limit.
 * Texts are lower case, say what first, quote names in single quotes, hold no SQL and no personal
 * data.
 */
#ifndef KIT_FAULT_H
#define KIT_FAULT_H

#include "kit/arena.h"
#include "jingbao/v1/common.pb-c.h"

enum { FAULTS_MAX = 32 };

struct fault_list {
	struct arena *arena;
	Pb__Code code; /* OK while nothing failed */
	const char *text;
	uint32_t retry_after_s;
	Pb__FieldFault *fields[FAULTS_MAX]; /* further ones are counted, not kept */
	size_t n_fields, n_dropped;
};

void faults_init(struct fault_list *f, struct arena *a);

/* Keeps the first failure and returns the code kept. */
Pb__Code fault_set(struct fault_list *f, Pb__Code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds a field fault; sets INVALID with a general text when nothing failed before. */
void fault_field(struct fault_list *f, const char *pointer, const char *rule, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Total over Pb__Code. */
int fault_http_status(Pb__Code code);
const char *code_name(Pb__Code code);
Pb__Code code_from_name(const char *name); /* unknown names are INTERNAL */

#endif
