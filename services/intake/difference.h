/* difference.h - where two messages of one type differ, as JSON pointers. Pure. */
#ifndef INTAKE_DIFFERENCE_H
#define INTAKE_DIFFERENCE_H

#include "kit/arena.h"
#include "kit/meta.h"

enum { DIFFERENCES_MAX = 32 };

/* Pointers in the arena; a list of other length differs as a whole. Further ones are left out. */
size_t message_differences(const struct msg_meta *m, const ProtobufCMessage *a,
	const ProtobufCMessage *b, struct arena *arena, const char *ret[static DIFFERENCES_MAX]);

#endif
