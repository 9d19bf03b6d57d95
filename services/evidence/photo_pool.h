/* photo_pool.h - a few worker processes that look at photos, started on demand.
 *
 * A worker that crashes or hangs costs the photo it was looking at, never the service: it is killed
 * and the next photo gets a new one. A crash is tried once more in a fresh worker, so that a worker
 * lost for another reason does not condemn a good photo. Workers idle for a while are let go, so an
 * idle service holds none. Thread: any number; each call holds one worker for its length.
 */
#ifndef EVIDENCE_PHOTO_POOL_H
#define EVIDENCE_PHOTO_POOL_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>
#include "evidence/photo_wire.h"

enum { PHOTO_WORKERS_MAX = 16 };

struct photo_pool_config {
	const char *program; /* path of jb-evidence-photo; NULL or "": beside this program */
	long workers, timeout_ms, cpu_s, address_mb, idle_s;
	struct photo_limits limits;
};

struct photo_worker {
	pid_t pid; /* 0: none */
	int fd;
	bool busy;
	int64_t idle_since_us;
};

struct photo_pool {
	struct photo_pool_config config;
	char *program;
	pthread_mutex_t lock;
	pthread_cond_t freed;
	struct photo_worker workers[PHOTO_WORKERS_MAX];
	_Atomic int64_t looked_at, crashes, hangs, starts;
};

enum photo_pool_end {
	PHOTO_POOL_DONE,     /* found and renditions are filled */
	PHOTO_POOL_LOST,     /* the photo killed the worker, or took too long */
	PHOTO_POOL_NO_WORKER /* none can be started now; nothing is said of the photo */
};

bool photo_pool_start(struct photo_pool *p, const struct photo_pool_config *c); /* false: errno */
/* Starts one worker and lets it go again, so that what keeps it from working is told at once. */
bool photo_pool_probe(struct photo_pool *p);
void photo_pool_stop(struct photo_pool *p);
/* Waits for a free worker. fd: the original, read from its start. Free the renditions after DONE.
 */
enum photo_pool_end photo_pool_inspect(struct photo_pool *p, int fd, struct photo_found *ret,
	struct photo_rendition ret_renditions[static PHOTO_SIZES]);
/* Lets workers go that have been idle for idle_s. */
void photo_pool_reap(struct photo_pool *p);

#endif
