/* photo_pool.c - starts, feeds, times and buries the photo workers. */
#include "evidence/photo_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kit/timeutil.h"

enum { HELLO_MS = 5000 };

/* The worker lies beside the program that runs. */
static char *beside_us(void)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *path = NULL;

	if (n <= 0)
		return NULL;
	self[n] = '\0';
	char *slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	return asprintf(&path, "%s/jb-evidence-photo", self) < 0 ? NULL : path;
}

bool photo_pool_start(struct photo_pool *p, const struct photo_pool_config *c)
{
	*p = (struct photo_pool){ .config = *c };
	if (p->config.workers > PHOTO_WORKERS_MAX)
		p->config.workers = PHOTO_WORKERS_MAX;
	p->program = c->program && *c->program ? strdup(c->program) : beside_us();
	if (!p->program || access(p->program, X_OK) != 0) {
		free(p->program);
		p->program = NULL;
		return false;
	}
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->freed, NULL);
	return true;
}

/* Answers how it ended; a worker that died by itself keeps its own status. */
static int bury(struct photo_worker *w)
{
	int status = 0;

	close(w->fd);
	kill(w->pid, SIGKILL);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
	return status;
}

void photo_pool_stop(struct photo_pool *p)
{
	if (!p->program)
		return;
	for (long i = 0; i < p->config.workers; i++)
		if (p->workers[i].pid)
			bury(&p->workers[i]);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->freed);
	free(p->program);
	p->program = NULL;
}

void photo_pool_reap(struct photo_pool *p)
{
	int64_t before = mono_us() - p->config.idle_s * US_PER_S;

	pthread_mutex_lock(&p->lock);
	for (long i = 0; i < p->config.workers; i++) {
		struct photo_worker *w = &p->workers[i];
		if (w->pid && !w->busy && w->idle_since_us <= before)
			bury(w);
	}
	pthread_mutex_unlock(&p->lock);
}

/* A free worker, best one that runs already. */
static struct photo_worker *take(struct photo_pool *p)
{
	struct photo_worker *best = NULL;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		for (long i = 0; i < p->config.workers; i++) {
			struct photo_worker *w = &p->workers[i];
			if (!w->busy && (!best || (w->pid && !best->pid)))
				best = w;
		}
		if (best)
			break;
		pthread_cond_wait(&p->freed, &p->lock);
	}
	best->busy = true;
	pthread_mutex_unlock(&p->lock);
	return best;
}

static void give_back(struct photo_pool *p, struct photo_worker *w)
{
	pthread_mutex_lock(&p->lock);
	w->busy = false;
	w->idle_since_us = mono_us();
	pthread_cond_signal(&p->freed);
	pthread_mutex_unlock(&p->lock);
}

enum got { GOT_ALL, GOT_END, GOT_LATE };

static enum got read_all(int fd, void *to, size_t n, int64_t deadline_us)
{
	uint8_t *p = to;

	while (n > 0) {
		int64_t left_ms = (deadline_us - mono_us()) / US_PER_MS;
		struct pollfd f = { fd, POLLIN, 0 };
		int ready = left_ms > 0 ? poll(&f, 1, (int)left_ms) : 0;
		if (ready == 0)
			return GOT_LATE;
		ssize_t k = ready < 0 ? -1 : read(fd, p, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return GOT_END;
		p += k;
		n -= (size_t)k;
	}
	return GOT_ALL;
}

static bool spawn(const char *program, int socket, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	char *argv[] = { (char[]){ "jb-evidence-photo" }, NULL };
	char *env[] = { NULL }; /* ours holds passwords */

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, socket, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	/* A group of its own: a terminal's interrupt is the daemon's to handle. */
	posix_spawnattr_setflags(
		&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	int e = posix_spawn(ret, program, &files, &attr, argv, env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return e == 0;
}

static bool start_worker(struct photo_pool *p, struct photo_worker *w)
{
	int pair[2];
	uint32_t hello = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	bool ok = spawn(p->program, pair[1], &w->pid);
	close(pair[1]);
	if (!ok) {
		close(pair[0]);
		w->pid = 0;
		return false;
	}
	w->fd = pair[0];
	atomic_fetch_add(&p->starts, 1);
	if (read_all(w->fd, &hello, sizeof(hello), mono_us() + HELLO_MS * US_PER_MS) == GOT_ALL &&
		hello == PHOTO_HELLO)
		return true;
	bury(w);
	return false;
}

bool photo_pool_probe(struct photo_pool *p)
{
	struct photo_worker *w = take(p);
	bool ok = start_worker(p, w);

	if (ok)
		bury(w);
	give_back(p, w);
	return ok;
}

static bool send_job(struct photo_worker *w, const struct photo_job *job, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct photo_job copy = *job;
	struct iovec v = { &copy, sizeof(copy) };
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(w->fd, &m, MSG_NOSIGNAL) == (ssize_t)sizeof(copy);
}

/* The worker is not believed: what it says is held to what is possible. */
static bool plausible(const struct photo_answer *a)
{
	bool seen = a->found.fault == PHOTO_NONE || a->found.fault == PHOTO_DAMAGED;

	if (a->found.fault >= PHOTO_FAULT_MAX || a->found.exif.taken_how > PHOTO_TIME_OFFSET ||
		a->found.exif.orientation < 1 || a->found.exif.orientation > 8 ||
		!memchr(a->found.exif.make, 0, sizeof(a->found.exif.make)) ||
		!memchr(a->found.exif.model, 0, sizeof(a->found.exif.model)))
		return false;
	for (int i = 0; i < PHOTO_SIZES; i++)
		if (a->len[i] > PHOTO_RENDITION_BYTES_MAX || (a->len[i] > 0) != seen)
			return false;
	return true;
}

static enum got read_answer(int fd, int64_t deadline_us, struct photo_found *ret,
	struct photo_rendition r[static PHOTO_SIZES])
{
	struct photo_answer a;
	enum got g = read_all(fd, &a, sizeof(a), deadline_us);

	if (g == GOT_ALL && !plausible(&a))
		return GOT_END;
	for (int i = 0; g == GOT_ALL && i < PHOTO_SIZES; i++) {
		if (a.len[i] == 0)
			continue;
		r[i].len = a.len[i];
		r[i].jpeg = malloc(a.len[i]);
		g = r[i].jpeg ? read_all(fd, r[i].jpeg, r[i].len, deadline_us) : GOT_END;
	}
	*ret = a.found;
	return g;
}

static enum photo_pool_end try_once(struct photo_pool *p, struct photo_worker *w, int fd,
	struct photo_found *ret, struct photo_rendition r[static PHOTO_SIZES], bool *ret_late)
{
	struct photo_job job = { p->config.limits, (uint32_t)p->config.cpu_s,
		(uint32_t)p->config.address_mb };
	int64_t deadline = mono_us() + p->config.timeout_ms * US_PER_MS;

	if (!w->pid && !start_worker(p, w))
		return PHOTO_POOL_NO_WORKER;
	enum got g = send_job(w, &job, fd) ? read_answer(w->fd, deadline, ret, r) : GOT_END;
	if (g == GOT_ALL)
		return PHOTO_POOL_DONE;
	int status = bury(w);
	*ret_late = g == GOT_LATE || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU);
	atomic_fetch_add(*ret_late ? &p->hangs : &p->crashes, 1);
	photo_renditions_free(r);
	return PHOTO_POOL_LOST;
}

enum photo_pool_end photo_pool_inspect(struct photo_pool *p, int fd, struct photo_found *ret,
	struct photo_rendition r[static PHOTO_SIZES])
{
	struct photo_worker *w = take(p);
	bool late = false;

	for (int i = 0; i < PHOTO_SIZES; i++)
		r[i] = (struct photo_rendition){ 0 };
	*ret = (struct photo_found){ .fault = PHOTO_UNDECODABLE };
	enum photo_pool_end end = try_once(p, w, fd, ret, r, &late);
	if (end == PHOTO_POOL_LOST && !late)
		end = try_once(p, w, fd, ret, r, &late);
	give_back(p, w);
	if (end == PHOTO_POOL_DONE)
		atomic_fetch_add(&p->looked_at, 1);
	return end;
}
