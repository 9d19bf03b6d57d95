/* test_blob.c - durable, content-addressed writing: order of syncs, races, failures, leftovers. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "kit/blob.h"

/* "abc", as in FIPS 180-4. */
static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/* Stand before libc's own: the order of calls is told, and a failure can be asked for. */
static char order[256];
static int fail_fsync, fail_link;

static void note(char what)
{
	size_t n = strlen(order);

	if (n + 1 < sizeof(order))
		order[n] = what;
}

int fsync(int fd)
{
	struct stat st;

	note(fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? 'D' : 'F');
	if (fail_fsync && --fail_fsync == 0) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	note('L');
	if (fail_link) {
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
}

struct fixture {
	char dir[64];
	struct blob_store store;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "/tmp/jb-blob-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_true(blob_store_open(&f->store, f->dir));
	memset(order, 0, sizeof(order));
	fail_fsync = fail_link = 0;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char cmd[128];

	blob_store_close(&f->store);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", f->dir);
	assert_int_equal(system(cmd), 0);
	free(f);
	return 0;
}

static int files_in(const struct fixture *f, const char *sub)
{
	char path[128];
	struct dirent *e;
	int n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s/%s", f->dir, sub);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void stores_and_reads_back(void **state)
{
	struct fixture *f = *state;
	struct blob_writer *w = blob_begin(&f->store);
	char digest[SHA256_TEXT], buf[8];
	int64_t size = 0;
	int fd;

	assert_non_null(w);
	assert_true(blob_write(w, "a", 1));
	assert_true(blob_write(w, "", 0));
	assert_true(blob_write(w, "bc", 2));
	assert_int_equal(blob_written(w), 3);
	assert_true(blob_commit(w, digest));
	assert_string_equal(digest, abc);
	fd = blob_open(&f->store, abc, &size);
	assert_true(fd >= 0);
	assert_int_equal(size, 3);
	assert_int_equal(read(fd, buf, sizeof(buf)), 3);
	assert_memory_equal(buf, "abc", 3);
	close(fd);
	assert_int_equal(files_in(f, "tmp"), 0);
	assert_int_equal(files_in(f, "ba"), 1);
}

static void syncs_bytes_before_name_before_directory(void **state)
{
	struct fixture *f = *state;
	char digest[SHA256_TEXT];

	assert_true(blob_put(&f->store, "abc", 3, digest));
	assert_string_equal(order, "FLD");
}

static void keeps_what_is_there(void **state)
{
	struct fixture *f = *state;
	char digest[SHA256_TEXT], path[160];
	struct stat before, after;

	assert_true(blob_put(&f->store, "abc", 3, digest));
	snprintf(path, sizeof(path), "%s/ba/%s", f->dir, abc + 2);
	assert_int_equal(stat(path, &before), 0);
	memset(order, 0, sizeof(order));
	assert_true(blob_put(&f->store, "abc", 3, digest));
	assert_string_equal(digest, abc);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	/* The first writer may have died before its own last sync. */
	assert_int_equal(order[strlen(order) - 1], 'D');
	assert_int_equal(files_in(f, "tmp"), 0);
}

static void *put_many(void *arg)
{
	char digest[SHA256_TEXT], text[32];

	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "blob %d", i % 10);
		if (!blob_put(arg, text, strlen(text), digest))
			return arg;
	}
	return NULL;
}

static void two_writers_end_with_one_file(void **state)
{
	struct fixture *f = *state;
	struct blob_writer *a = blob_begin(&f->store), *b = blob_begin(&f->store);
	char da[SHA256_TEXT], db[SHA256_TEXT];
	pthread_t t[4];
	void *failed;

	assert_true(blob_write(a, "abc", 3) && blob_write(b, "abc", 3));
	assert_true(blob_commit(b, db) && blob_commit(a, da));
	assert_string_equal(da, db);
	assert_int_equal(files_in(f, "ba"), 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, put_many, &f->store), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &failed);
		assert_null(failed);
	}
	assert_int_equal(files_in(f, "tmp"), 0);
}

static void abort_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct blob_writer *w = blob_begin(&f->store);
	int64_t size;

	assert_true(blob_write(w, "abc", 3));
	assert_int_equal(files_in(f, "tmp"), 1);
	blob_abort(w);
	blob_abort(NULL);
	assert_int_equal(files_in(f, "tmp"), 0);
	assert_int_equal(blob_open(&f->store, abc, &size), -1);
	assert_int_equal(errno, ENOENT);
}

static void failure_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	char digest[SHA256_TEXT] = "unchanged";

	fail_fsync = 1; /* of the bytes */
	errno = 0;
	assert_false(blob_put(&f->store, "abc", 3, digest));
	assert_int_equal(errno, EIO);
	assert_int_equal(files_in(f, "ba"), 0);
	fail_link = 1;
	assert_false(blob_put(&f->store, "abc", 3, digest));
	assert_int_equal(errno, ENOSPC);
	fail_link = 0;
	fail_fsync = 2; /* of the directory: not told as stored */
	assert_false(blob_put(&f->store, "abc", 3, digest));
	assert_int_equal(errno, EIO);
	assert_string_equal(digest, "unchanged");
	assert_int_equal(files_in(f, "tmp"), 0);
}

static void removes_old_leftovers_only(void **state)
{
	struct fixture *f = *state;
	char old[128], young[128];
	struct timespec t[2] = { { .tv_sec = time(NULL) - 90000 },
		{ .tv_sec = time(NULL) - 90000 } };

	snprintf(old, sizeof(old), "%s/tmp/old", f->dir);
	snprintf(young, sizeof(young), "%s/tmp/young", f->dir);
	close(open(old, O_CREAT | O_WRONLY, 0600));
	close(open(young, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(utimensat(AT_FDCWD, old, t, 0), 0);
	blob_store_close(&f->store);
	assert_true(blob_store_open(&f->store, f->dir));
	assert_int_equal(access(old, F_OK), -1);
	assert_int_equal(access(young, F_OK), 0);
}

static void refuses_what_is_no_digest(void **state)
{
	static const char *const bad[] = { "", "..", "../../etc/passwd", "abc",
		"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0",
		"../816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" };
	struct fixture *f = *state;
	int64_t size;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		errno = 0;
		assert_int_equal(blob_open(&f->store, bad[i], &size), -1);
		assert_int_equal(errno, EINVAL);
	}
}

static void refuses_a_place_that_cannot_be(void **state)
{
	struct blob_store s;

	(void)state;
	assert_false(blob_store_open(&s, "/proc/nowhere/blobs"));
	assert_int_equal(errno, ENOENT);
	assert_false(blob_store_open(&s, "/dev/null"));
	assert_int_equal(errno, ENOTDIR);
}

#define STORE_TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(stores_and_reads_back),
		STORE_TEST(syncs_bytes_before_name_before_directory),
		STORE_TEST(keeps_what_is_there),
		STORE_TEST(two_writers_end_with_one_file),
		STORE_TEST(abort_leaves_nothing),
		STORE_TEST(failure_leaves_nothing),
		STORE_TEST(removes_old_leftovers_only),
		STORE_TEST(refuses_what_is_no_digest),
		cmocka_unit_test(refuses_a_place_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
