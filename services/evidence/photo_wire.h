/* photo_wire.h - what the evidence daemon and its photo workers say to each other.
 *
 * One stream socket, the worker's standard input. The worker says PHOTO_HELLO once it has locked
 * itself in. Then, one at a time: a photo_job with the original's descriptor attached, answered by
 * a photo_answer and the bytes of the renditions. Same machine, same build: plain structs.
 */
#ifndef EVIDENCE_PHOTO_WIRE_H
#define EVIDENCE_PHOTO_WIRE_H

#include "evidence/photo/photo.h"

#define PHOTO_HELLO UINT32_C(0x4a425031)

enum {
	PHOTO_RENDITION_BYTES_MAX = 16 << 20, /* of one; more is not believed */
};

struct photo_job {
	struct photo_limits limits;
	uint32_t cpu_s;      /* for this photo; the kernel kills the worker past it */
	uint32_t address_mb; /* the worker's whole address space */
};

struct photo_answer {
	struct photo_found found;
	uint32_t len[PHOTO_SIZES];
};

#endif
