/* photos.c - our photos a second, through the worker processes as the service uses them, against
 * vipsthumbnail making the same three sizes of the same files, in one run.
 *
 *   bench-photos [--seconds N] FILE...   prints both rates and their ratio
 *
 * Both sides get every core: ours one worker a core; vipsthumbnail the better of its own threading
 * and one single-threaded process a core. Its process start is spread over all files of a pass.
 * Both read the original from the page cache and write the three JPEGs to the same place; ours does
 * the EXIF, sharpness and exposure checks besides.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "evidence/photo_pool.h"
#include "kit/timeutil.h"

enum { FILES_MAX = 4096, THREADS_MAX = PHOTO_WORKERS_MAX, ROUNDS = 3 };

static const struct photo_limits limits = PHOTO_LIMITS_DEFAULT;

struct bench {
	struct photo_pool pool;
	char *const *files;
	int n, cores;
	const char *out;
	int64_t until_us;
	_Atomic long next, done, refused;
};

static void keep(const struct bench *b, long i, const struct photo_rendition *r)
{
	for (int s = 0; s < PHOTO_SIZES; s++) {
		char path[512];
		snprintf(path, sizeof(path), "%s/o%ld_%u.jpg", b->out, i % b->n, limits.sizes[s]);
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (fd < 0 || write(fd, r[s].jpeg, r[s].len) != (ssize_t)r[s].len)
			exit(1);
		close(fd);
	}
}

static void *ours_thread(void *arg)
{
	struct bench *b = arg;

	while (mono_us() < b->until_us) {
		long i = atomic_fetch_add(&b->next, 1);
		struct photo_found f;
		struct photo_rendition r[PHOTO_SIZES];
		int fd = open(b->files[i % b->n], O_RDONLY | O_CLOEXEC);
		enum photo_pool_end end = photo_pool_inspect(&b->pool, fd, &f, r);
		close(fd);
		if (end == PHOTO_POOL_DONE && f.fault == PHOTO_NONE) {
			keep(b, i, r);
			atomic_fetch_add(&b->done, 1);
		} else {
			atomic_fetch_add(&b->refused, 1);
		}
		photo_renditions_free(r);
	}
	return NULL;
}

static double run_ours(struct bench *b, double seconds)
{
	struct photo_pool_config c = { .workers = b->cores,
		.timeout_ms = 30000,
		.cpu_s = 30,
		.address_mb = 1024,
		.idle_s = 60,
		.limits = limits };
	pthread_t t[THREADS_MAX];

	if (!photo_pool_start(&b->pool, &c)) {
		perror("jb-evidence-photo");
		exit(1);
	}
	int64_t t0 = mono_us();
	b->until_us = t0 + (int64_t)(seconds * 1e6);
	for (int i = 0; i < b->cores; i++)
		pthread_create(&t[i], NULL, ours_thread, b);
	for (int i = 0; i < b->cores; i++)
		pthread_join(t[i], NULL);
	double took = (double)(mono_us() - t0) / 1e6;
	photo_pool_stop(&b->pool);
	return (double)atomic_exchange(&b->done, 0) / took;
}

/* One vipsthumbnail process over files first, first+step, ... making one size. */
static pid_t vips(const struct bench *b, uint32_t size, int first, int step, const char *threads)
{
	const char *argv[FILES_MAX + 8];
	char where[512], dim[40];
	int n = 0;

	snprintf(where, sizeof(where), "%s/v%%s_%u.jpg[Q=%u,strip]", b->out, size, limits.quality);
	snprintf(dim, sizeof(dim), "%ux%u>", size, size);
	argv[n++] = "vipsthumbnail";
	argv[n++] = threads;
	argv[n++] = "--size";
	argv[n++] = dim;
	argv[n++] = "-o";
	argv[n++] = where;
	for (int i = first; i < b->n; i += step)
		argv[n++] = b->files[i];
	argv[n] = NULL;
	pid_t pid = fork();
	if (pid == 0) {
		execvp("vipsthumbnail", (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return pid;
}

static double run_vips(const struct bench *b, int processes, const char *threads, double seconds)
{
	int64_t t0 = mono_us(), end = t0 + (int64_t)(seconds * 1e6);
	long done = 0;

	while (mono_us() < end) {
		for (int s = 0; s < PHOTO_SIZES; s++) {
			pid_t pid[THREADS_MAX];
			for (int i = 0; i < processes; i++)
				pid[i] = vips(b, limits.sizes[s], i, processes, threads);
			for (int i = 0; i < processes; i++) {
				int status;
				if (waitpid(pid[i], &status, 0) < 0 || status != 0) {
					fprintf(stderr, "vipsthumbnail failed\n");
					exit(1);
				}
			}
		}
		done += b->n;
	}
	return (double)done / ((double)(mono_us() - t0) / 1e6);
}

int main(int argc, char **argv)
{
	struct bench b = { .cores = (int)sysconf(_SC_NPROCESSORS_ONLN) };
	double seconds = 6;
	char out[] = "/tmp/jb-bench-photos-XXXXXX", single[40], all[40];
	int at = 1;

	if (argc > 2 && strcmp(argv[1], "--seconds") == 0) {
		seconds = strtod(argv[2], NULL);
		at = 3;
	}
	b.files = argv + at;
	b.n = argc - at;
	if (b.n < 1 || b.n > FILES_MAX || !mkdtemp(out)) {
		fprintf(stderr, "bench-photos [--seconds N] FILE...\n");
		return 2;
	}
	if (b.cores > THREADS_MAX)
		b.cores = THREADS_MAX;
	b.out = out;
	snprintf(single, sizeof(single), "--vips-concurrency=1");
	snprintf(all, sizeof(all), "--vips-concurrency=%d", b.cores);
	/* In turns, so that a neighbour's load falls on all alike. */
	double ours = 0, threaded = 0, forked = 0;
	for (int i = 0; i < ROUNDS; i++) {
		ours += run_ours(&b, seconds / ROUNDS) / ROUNDS;
		threaded += run_vips(&b, 1, all, seconds / ROUNDS) / ROUNDS;
		if (b.n >= b.cores)
			forked += run_vips(&b, b.cores, single, seconds / ROUNDS) / ROUNDS;
	}
	double best = threaded > forked ? threaded : forked;
	printf("photos: %d files, %d cores; ours %.1f/s; vipsthumbnail %.1f/s threaded, %.1f/s "
	       "one process a core; ratio %.2f\n",
		b.n, b.cores, ours, threaded, forked, ours / best);
	if (atomic_load(&b.refused))
		printf("photos: %ld looks refused\n", atomic_load(&b.refused));
	char clean[600];
	snprintf(clean, sizeof(clean), "rm -rf '%s'", out);
	return system(clean) == 0 && !atomic_load(&b.refused) ? 0 : 1;
}
