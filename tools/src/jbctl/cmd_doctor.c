/* cmd_doctor.c - jbctl doctor: every check, plainly, with what to do; status 1 when one is wrong.
 */
#include <stdarg.h>
#include <stdio.h>
#include "doctor.h"
#include "jbctl.h"

static int n_wrong, n_doubtful;

static void report(const char *mark, const char *todo, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

static void report(const char *mark, const char *todo, const char *fmt, va_list ap)
{
	printf("%-6s ", mark);
	vprintf(fmt, ap);
	putchar('\n');
	if (todo)
		printf("       -> %s\n", todo);
	fflush(stdout);
}

void fine(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report("ok", NULL, fmt, ap);
	va_end(ap);
}

void wrong(const char *todo, const char *fmt, ...)
{
	va_list ap;

	n_wrong++;
	va_start(ap, fmt);
	report("WRONG", todo, fmt, ap);
	va_end(ap);
}

void doubtful(const char *todo, const char *fmt, ...)
{
	va_list ap;

	n_doubtful++;
	va_start(ap, fmt);
	report("note", todo, fmt, ap);
	va_end(ap);
}

int cmd_doctor(int argc, char **argv)
{
	(void)argv;
	if (argc)
		return ctl_usage("doctor");
	check_machine();
	check_database();
	check_bus();
	check_services();
	printf("\n%d wrong, %d to note\n", n_wrong, n_doubtful);
	return n_wrong ? 1 : 0;
}
