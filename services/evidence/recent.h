/* recent.h - the looks of late, by digest: repeats of an upload are not looked at again, and one
 * that comes while the first look is running waits for it. The same bytes always look the same, so
 * a kept look is as good as a new one. Thread: any; at most RECENT_LOOKS - 1 at once.
 */
#ifndef EVIDENCE_RECENT_H
#define EVIDENCE_RECENT_H

#include <pthread.h>
#include "evidence/photo/photo.h"
#include "kit/blob.h"

enum { RECENT_LOOKS = 128 };

/* A finished look: what was found, and where the renditions are when there are any. */
struct look {
	struct photo_found photo;
	char rendition_sha256[PHOTO_SIZES][SHA256_TEXT];
	int64_t rendition_bytes[PHOTO_SIZES];
};

struct recent_look {
	char sha256[SHA256_TEXT]; /* "" : free */
	bool running;
	uint64_t used;
	struct look look;
};

struct recent {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	uint64_t clock;
	struct recent_look v[RECENT_LOOKS];
};

void recent_init(struct recent *r);
void recent_release(struct recent *r);
/* True with the look; false when the caller is to look himself and then put or drop. */
bool recent_take(struct recent *r, const char *sha256, struct look *ret);
void recent_put(struct recent *r, const char *sha256, const struct look *look);
/* Nothing was found out: the next one looks again. */
void recent_drop(struct recent *r, const char *sha256);

#endif
