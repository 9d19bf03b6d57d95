/* assignment.c - shortest augmenting paths; each row brings a column of its own for staying alone.
 */
#include <math.h>
#include "dispatch/assignment.h"

/* Rows are added one by one. From the new row the shortest alternating path in reduced costs is
 * searched to a free column or to some row's staying alone; the prices then keep every reduced cost
 * at zero or above and those of the matched pairs at zero. */
struct solver {
	const struct assignment_problem *p;
	double *u;      /* price of a row */
	double *v;      /* price of a column */
	size_t *row_of; /* column -> row, ASSIGNMENT_ALONE when free */
	size_t *column_of;
	double *dist;    /* to a column, in this search */
	size_t *from;    /* column -> row before it on its path */
	size_t *open;    /* columns not yet reached, in order; then those reached */
	double *reached; /* distance at which a row was reached */
	size_t *rows;    /* rows reached */
	size_t n_rows, n_open;
};

static bool take(struct solver *s, struct engine_work *w)
{
	size_t n = s->p->rows, m = s->p->columns;

	s->u = WORK_ARRAY(w, double, n + 1);
	s->v = WORK_ARRAY(w, double, m + 1);
	s->row_of = WORK_ARRAY(w, size_t, m + 1);
	s->dist = WORK_ARRAY(w, double, m + 1);
	s->from = WORK_ARRAY(w, size_t, m + 1);
	s->open = WORK_ARRAY(w, size_t, m + 1);
	s->reached = WORK_ARRAY(w, double, n + 1);
	s->rows = WORK_ARRAY(w, size_t, n + 1);
	return s->u && s->v && s->row_of && s->dist && s->from && s->open && s->reached && s->rows;
}

static double cheapest_reduced(const struct solver *s, size_t row)
{
	const double *c = s->p->cost + row * s->p->columns;
	double best = s->p->alone[row];

	for (size_t j = 0; j < s->p->columns; j++)
		if (c[j] - s->v[j] < best)
			best = c[j] - s->v[j];
	return best;
}

/* Shortens the way to the open columns over a row reached at distance `d`; returns the position in
 * `open` of the nearest, n_open when none can be reached. */
static size_t relax(struct solver *s, size_t row, double d)
{
	const double *c = s->p->cost + row * s->p->columns;
	double base = d - s->u[row], least = INFINITY;
	size_t nearest = s->n_open;

	for (size_t k = 0; k < s->n_open; k++) {
		size_t j = s->open[k];
		double via = base + c[j] - s->v[j];
		if (via < s->dist[j]) {
			s->dist[j] = via;
			s->from[j] = row;
		}
		if (s->dist[j] < least) {
			least = s->dist[j];
			nearest = k;
		}
	}
	return nearest;
}

/* Removes the k-th open column, keeping the order of the rest. */
static size_t close_column(struct solver *s, size_t k)
{
	size_t j = s->open[k];

	s->n_open--;
	for (; k < s->n_open; k++)
		s->open[k] = s->open[k + 1];
	s->open[s->n_open] = j;
	return j;
}

static void reprice(struct solver *s, double end)
{
	for (size_t k = 0; k < s->n_rows; k++)
		s->u[s->rows[k]] += end - s->reached[k];
	for (size_t k = s->n_open; k < s->p->columns; k++) {
		size_t j = s->open[k];
		if (s->dist[j] < end)
			s->v[j] += s->dist[j] - end;
	}
}

/* Gives `column` to the row before it, that row's former column to the row before that, ... */
static void augment(struct solver *s, size_t column, size_t start)
{
	for (;;) {
		size_t row = s->from[column], former = s->column_of[row];
		s->column_of[row] = column;
		s->row_of[column] = row;
		if (row == start)
			return;
		column = former;
	}
}

static void stay_alone(struct solver *s, size_t row, size_t start)
{
	size_t former = s->column_of[row];

	s->column_of[row] = ASSIGNMENT_ALONE;
	if (row != start)
		augment(s, former, start);
}

static void add_row(struct solver *s, size_t start)
{
	size_t row = start, alone = start;
	double d = 0, alone_at = INFINITY;

	s->u[start] = cheapest_reduced(s, start);
	s->n_rows = 0;
	s->n_open = s->p->columns;
	for (size_t j = 0; j < s->p->columns; j++) {
		s->open[j] = j;
		s->dist[j] = INFINITY;
	}
	for (;;) {
		s->rows[s->n_rows] = row;
		s->reached[s->n_rows++] = d;
		if (d + s->p->alone[row] - s->u[row] < alone_at) {
			alone_at = d + s->p->alone[row] - s->u[row];
			alone = row;
		}
		size_t k = relax(s, row, d);
		if (k == s->n_open || !(s->dist[s->open[k]] < alone_at)) {
			reprice(s, alone_at);
			stay_alone(s, alone, start);
			return;
		}
		size_t j = close_column(s, k);
		d = s->dist[j];
		if (s->row_of[j] == ASSIGNMENT_ALONE) {
			reprice(s, d);
			augment(s, j, start);
			return;
		}
		row = s->row_of[j];
	}
}

bool assignment_solve(const struct assignment_problem *p, struct engine_work *w, size_t *ret)
{
	struct solver s = { .p = p, .column_of = ret };

	if (!take(&s, w))
		return false;
	for (size_t j = 0; j < p->columns; j++) {
		s.v[j] = 0;
		s.row_of[j] = ASSIGNMENT_ALONE;
	}
	for (size_t i = 0; i < p->rows; i++)
		ret[i] = ASSIGNMENT_ALONE;
	for (size_t i = 0; i < p->rows; i++)
		add_row(&s, i);
	return true;
}
