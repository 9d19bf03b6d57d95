/* assignment.h - the cheapest assignment of rows to columns, where a row may also stay alone at its
 * own price: shortest augmenting paths with prices (Jonker and Volgenant), dense, O(rows^2 columns)
 * at worst. Exact; the same input gives the same output, equal totals are decided by the order of
 * rows and columns. Pure; thread: any.
 */
#ifndef DISPATCH_ASSIGNMENT_H
#define DISPATCH_ASSIGNMENT_H

#include <stdbool.h>
#include <stddef.h>
#include "dispatch/work.h"

#define ASSIGNMENT_ALONE ((size_t)-1)

struct assignment_problem {
	size_t rows, columns;
	const double *cost;  /* [row * columns + column]; INFINITY: not allowed */
	const double *alone; /* [row]; finite */
};

/* ret[row] is a column or ASSIGNMENT_ALONE. False when memory is out. */
bool assignment_solve(const struct assignment_problem *p, struct engine_work *w, size_t *ret);

#endif
