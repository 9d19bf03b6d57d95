/* store_position.h - the statements of positions_lot.c, run on the gatherer's connection. */
#ifndef DISPATCH_STORE_POSITION_H
#define DISPATCH_STORE_POSITION_H

#include "dispatch/engine.h"
#include "kit/gather.h"

/* One row of the track. */
struct track_row {
	const char *responder;
	int64_t at_us, received_us;
	struct lonlat wgs84, given;
	int datum; /* Pb__Datum__Value */
	double accuracy_m, speed_mps, course_deg;
	bool mock, poor;
};

/* What is known of who reports. */
struct reporter {
	const char *id;
	bool known; /* and not disabled */
	int64_t newest_us;
	const int64_t *from_us, *until_us; /* shifts */
	size_t n_shifts;
	/* after the lot */
	bool written; /* something new of his */
};

/* Fills the others by id; shifts that ended after oldest_us. */
Pb__Code store_reporters(struct gatherer *g, struct reporter *who, size_t n, int64_t oldest_us);
/* Which of the rows' instants the track has already: their place there, or has[i] false. */
Pb__Code store_find_fixes(struct gatherer *g, const struct track_row *const *rows, size_t n,
	bool *has, struct lonlat *there);
/* CONFLICT: one of them is there already. */
Pb__Code store_add_fixes(struct gatherer *g, const struct track_row *const *rows, size_t n);
/* Of the same instant as one in the track, and to stand in its place. */
Pb__Code store_replace_fix(struct gatherer *g, const struct track_row *row);

enum { NEWEST_FIXES = 3 };
struct newest {
	const char *id, *district, *status, *incident; /* "" none */
	int64_t known_us;                              /* what the responder's row says */
	bool known_doubtful;
	struct lonlat known_at;
	struct fix fixes[NEWEST_FIXES]; /* of the track, newest first */
	bool mock;                      /* the newest is */
	size_t n_fixes;
};
/* Locks those rows that nobody else holds and reads their newest fixes; `ret` has room for n. */
Pb__Code store_newest(
	struct gatherer *g, const char *const *ids, size_t n, struct newest *ret, size_t *ret_n);
Pb__Code store_set_newest(struct gatherer *g, const struct newest *who, size_t n);

extern const struct db_stmt *const position_statements[];

#endif
