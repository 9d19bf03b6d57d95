/* test_pool.c - the worker processes: a real look, a crash, a hang, a liar, idleness, many at once.
 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "evidence/photo_pool.h"
#include "kit/timeutil.h"

static struct photo_pool_config config(void)
{
	return (struct photo_pool_config){ .workers = 2,
		.timeout_ms = 20000,
		.cpu_s = 20,
		.address_mb = 512,
		.idle_s = 0,
		.limits = PHOTO_LIMITS_DEFAULT };
}

static int file_with(const void *p, size_t n)
{
	int fd = memfd_create("photo", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	return fd;
}

static int photo_fd(int w, int h)
{
	struct bytes b = make_jpeg(w, h, 30);
	int fd = file_with(b.p, b.n);
	free(b.p);
	return fd;
}

static enum photo_pool_end look(struct photo_pool *p, int fd, struct photo_found *f)
{
	struct photo_rendition r[PHOTO_SIZES];
	enum photo_pool_end e = photo_pool_inspect(p, fd, f, r);
	photo_renditions_free(r);
	return e;
}

static void looks_at_photos(void **state)
{
	struct photo_pool_config c = config();
	struct photo_pool p;
	struct photo_found f;
	int good = photo_fd(1600, 1200), zip = file_with("PK\3\4 not a photo", 16);
	int empty = file_with("", 0);

	(void)state;
	assert_true(photo_pool_start(&p, &c));
	assert_int_equal(atomic_load(&p.starts), 0); /* on demand */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(look(&p, good, &f), PHOTO_POOL_DONE);
		assert_int_equal(f.fault, PHOTO_NONE);
		assert_int_equal(f.width, 1600);
	}
	assert_int_equal(look(&p, zip, &f), PHOTO_POOL_DONE);
	assert_int_equal(f.fault, PHOTO_NOT_JPEG);
	assert_int_equal(look(&p, empty, &f), PHOTO_POOL_DONE);
	assert_int_equal(f.fault, PHOTO_NOT_JPEG);
	assert_int_equal(atomic_load(&p.starts), 1);
	pid_t pid = p.workers[0].pid;
	assert_int_equal(kill(pid, 0), 0);
	photo_pool_reap(&p);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(look(&p, good, &f), PHOTO_POOL_DONE);
	assert_int_equal(atomic_load(&p.starts), 2);
	photo_pool_stop(&p);
	close(good);
	close(zip);
	close(empty);
}

/* A worker lost between photos does not cost the next photo. */
static void outlives_a_killed_worker(void **state)
{
	struct photo_pool_config c = config();
	struct photo_pool p;
	struct photo_found f;
	int good = photo_fd(800, 600);

	(void)state;
	assert_true(photo_pool_start(&p, &c));
	assert_int_equal(look(&p, good, &f), PHOTO_POOL_DONE);
	kill(p.workers[0].pid, SIGKILL);
	assert_int_equal(look(&p, good, &f), PHOTO_POOL_DONE);
	assert_int_equal(f.fault, PHOTO_NONE);
	assert_int_equal(atomic_load(&p.crashes), 1);
	photo_pool_stop(&p);
	close(good);
}

static void kills_a_hanging_worker(void **state)
{
	struct photo_pool_config c = config();
	struct photo_pool p;
	struct photo_found f;
	int good = photo_fd(800, 600);

	(void)state;
	assert_true(photo_pool_start(&p, &c));
	assert_int_equal(look(&p, good, &f), PHOTO_POOL_DONE);
	p.config.timeout_ms = 300;
	pid_t stuck = p.workers[0].pid;
	kill(stuck, SIGSTOP);
	int64_t t0 = mono_us();
	assert_int_equal(look(&p, good, &f), PHOTO_POOL_LOST);
	assert_true(mono_us() - t0 < 3 * US_PER_S);
	assert_int_equal(kill(stuck, 0), -1);
	assert_int_equal(atomic_load(&p.hangs), 1);
	p.config.timeout_ms = 20000;
	assert_int_equal(look(&p, good, &f), PHOTO_POOL_DONE);
	photo_pool_stop(&p);
	close(good);
}

static char *script(const char *body)
{
	char *path = strdup("/tmp/jb-photo-test-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	dprintf(fd, "#!/bin/sh\n%s\n", body);
	fchmod(fd, 0700);
	close(fd);
	return path;
}

static void with_program(const char *body, enum photo_pool_end want, int crashes)
{
	struct photo_pool_config c = config();
	struct photo_pool p;
	struct photo_found f;
	char *path = script(body);
	int good = photo_fd(100, 100);

	c.program = path;
	assert_true(photo_pool_start(&p, &c));
	assert_int_equal(look(&p, good, &f), want);
	assert_int_equal(atomic_load(&p.crashes), crashes);
	photo_pool_stop(&p);
	close(good);
	unlink(path);
	free(path);
}

#define SAY_HELLO "printf '\\061\\120\\102\\112' >&0\n"

static void says_when_no_worker_can_be_had(void **state)
{
	struct photo_pool_config c = config();
	struct photo_pool p;

	(void)state;
	with_program("exit 127", PHOTO_POOL_NO_WORKER, 0);
	with_program("printf 'what' >&0; sleep 5", PHOTO_POOL_NO_WORKER, 0);
	c.program = "/nonexistent/worker";
	assert_false(photo_pool_start(&p, &c));
}

/* Dying over a photo twice costs the photo; a lying worker is not believed. */
static void a_photo_that_kills_is_lost(void **state)
{
	(void)state;
	with_program(SAY_HELLO "head -c 4 <&0 >/dev/null; exit 1", PHOTO_POOL_LOST, 2);
	with_program(SAY_HELLO "exec 5<&0; head -c 4 <&0 >/dev/null\n"
			       "tr '\\000' '\\377' </dev/zero | head -c 4000 >&5; exit 0",
		PHOTO_POOL_LOST, 2);
}

/* Out of CPU time is as good as hanging: no second try. */
static void cpu_time_is_bounded(void **state)
{
	(void)state;
	with_program("ulimit -S -t 1\n" SAY_HELLO "head -c 4 <&0 >/dev/null; while :; do :; done",
		PHOTO_POOL_LOST, 0);
}

struct crowd {
	struct photo_pool *p;
	int fd;
	atomic_int done;
};

static void *crowd_member(void *arg)
{
	struct crowd *c = arg;
	for (int i = 0; i < 5; i++) {
		struct photo_found f;
		if (look(c->p, c->fd, &f) == PHOTO_POOL_DONE && f.fault == PHOTO_NONE)
			atomic_fetch_add(&c->done, 1);
	}
	return NULL;
}

static void serves_many_threads(void **state)
{
	struct photo_pool_config c = config();
	struct photo_pool p;
	struct crowd crowd = { &p, photo_fd(640, 480), 0 };
	pthread_t t[8];

	(void)state;
	assert_true(photo_pool_start(&p, &c));
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&t[i], NULL, crowd_member, &crowd), 0);
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(atomic_load(&crowd.done), 40);
	assert_true(atomic_load(&p.starts) <= 2);
	photo_pool_stop(&p);
	close(crowd.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks_at_photos),
		cmocka_unit_test(outlives_a_killed_worker),
		cmocka_unit_test(kills_a_hanging_worker),
		cmocka_unit_test(says_when_no_worker_can_be_had),
		cmocka_unit_test(a_photo_that_kills_is_lost),
		cmocka_unit_test(cpu_time_is_bounded),
		cmocka_unit_test(serves_many_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
