/* blob.c - blobs in a directory: written aside, hashed on the way, synced, then linked by digest.
 */
#include "kit/blob.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "kit/uuid.h"

enum { SHELVES = 256, TMP_NAME = 48, BLOB_PATH = 80, LEFTOVER_AGE_S = 86400 };

struct blob_writer {
	struct blob_store *store;
	int fd;
	char tmp[TMP_NAME];
	EVP_MD_CTX *hash;
	int64_t written;
	int failed; /* errno of the first failure */
};

static void to_hex(const unsigned char *digest, char ret[static SHA256_TEXT])
{
	static const char hex[] = "0123456789abcdef";

	for (int i = 0; i < 32; i++) {
		ret[2 * i] = hex[digest[i] >> 4];
		ret[2 * i + 1] = hex[digest[i] & 15];
	}
	ret[64] = 0;
}

void sha256_text(const void *data, size_t n, char ret[static SHA256_TEXT])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (!EVP_Digest(data, n, digest, NULL, EVP_sha256(), NULL))
		abort(); /* out of memory in a digest of fixed size */
	to_hex(digest, ret);
}

/* close() may not be retried on Linux, whatever it says. */
static void close_keeping_errno(int fd)
{
	int e = errno;

	close(fd);
	errno = e;
}

static bool sync_dir(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return false;
	ok = fsync(fd) == 0;
	close_keeping_errno(fd);
	return ok;
}

/* All shelves are made once, so that committing a blob never has to make one. */
static bool make_shelves(int dir_fd)
{
	bool made = false;

	for (int i = -1; i < SHELVES; i++) {
		char name[8] = "tmp";
		if (i >= 0)
			snprintf(name, sizeof(name), "%02x", (unsigned)i);
		if (mkdirat(dir_fd, name, 0750) == 0)
			made = true;
		else if (errno != EEXIST)
			return false;
	}
	return !made || fsync(dir_fd) == 0;
}

/* Temporary files of processes that died; the young ones may still be written by a living one. */
static void remove_leftovers(int dir_fd)
{
	int fd = openat(dir_fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	struct stat st;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
			st.st_mtime < time(NULL) - LEFTOVER_AGE_S)
			unlinkat(fd, e->d_name, 0);
	}
	closedir(d);
}

bool blob_store_open(struct blob_store *s, const char *dir)
{
	*s = (struct blob_store){ .dir = strdup(dir), .dir_fd = -1 };
	if (s->dir && (mkdir(dir, 0750) == 0 || errno == EEXIST))
		s->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0 || !make_shelves(s->dir_fd)) {
		int e = errno;
		blob_store_close(s);
		errno = e;
		return false;
	}
	remove_leftovers(s->dir_fd);
	return true;
}

void blob_store_close(struct blob_store *s)
{
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	free(s->dir);
	*s = (struct blob_store){ .dir_fd = -1 };
}

static void writer_free(struct blob_writer *w)
{
	int e = errno;

	if (w->fd >= 0) {
		close(w->fd);
		unlinkat(w->store->dir_fd, w->tmp, 0);
	}
	EVP_MD_CTX_free(w->hash);
	free(w);
	errno = e;
}

struct blob_writer *blob_begin(struct blob_store *s)
{
	struct blob_writer *w = calloc(1, sizeof(*w));
	char id[UUID_TEXT];

	if (!w)
		return NULL;
	w->store = s;
	snprintf(w->tmp, sizeof(w->tmp), "tmp/%s", uuid_v7(id));
	w->fd = openat(s->dir_fd, w->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0440);
	if (w->fd >= 0) {
		w->hash = EVP_MD_CTX_new();
		if (w->hash && EVP_DigestInit_ex(w->hash, EVP_sha256(), NULL))
			return w;
		errno = ENOMEM;
	}
	writer_free(w);
	return NULL;
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t k = write(fd, p, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

bool blob_write(struct blob_writer *w, const void *data, size_t n)
{
	if (!w->failed) {
		if (!write_all(w->fd, data, n))
			w->failed = errno;
		else if (!EVP_DigestUpdate(w->hash, data, n))
			w->failed = ENOMEM;
		else
			w->written += (int64_t)n;
	}
	errno = w->failed;
	return !w->failed;
}

int64_t blob_written(const struct blob_writer *w)
{
	return w->written;
}

bool blob_digest(const struct blob_writer *w, char ret_sha256[static SHA256_TEXT])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *copy = EVP_MD_CTX_new();
	bool ok =
		copy && EVP_MD_CTX_copy_ex(copy, w->hash) && EVP_DigestFinal_ex(copy, digest, NULL);

	EVP_MD_CTX_free(copy);
	if (ok)
		to_hex(digest, ret_sha256);
	return ok;
}

static void blob_path(const char *sha256, char path[static BLOB_PATH])
{
	snprintf(path, BLOB_PATH, "%.2s/%s", sha256, sha256 + 2);
}

/* Bytes first, then the name, then the directory that holds the name: a name that is seen after a
 * crash has all its bytes. */
static bool publish(struct blob_writer *w, const char *sha256)
{
	char path[BLOB_PATH], shelf[3] = { sha256[0], sha256[1], 0 };
	int dir_fd = w->store->dir_fd;

	blob_path(sha256, path);
	if (fsync(w->fd) < 0)
		return false;
	if (linkat(dir_fd, w->tmp, dir_fd, path, 0) < 0 && errno != EEXIST)
		return false;
	/* Also when it was there: its writer may not have come so far yet. */
	return sync_dir(dir_fd, shelf);
}

bool blob_commit(struct blob_writer *w, char ret_sha256[static SHA256_TEXT])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[SHA256_TEXT];
	bool ok = !w->failed;

	errno = w->failed;
	if (ok && !EVP_DigestFinal_ex(w->hash, digest, NULL)) {
		errno = ENOMEM;
		ok = false;
	}
	if (ok) {
		to_hex(digest, text);
		ok = publish(w, text);
	}
	writer_free(w);
	if (ok)
		memcpy(ret_sha256, text, sizeof(text));
	return ok;
}

void blob_abort(struct blob_writer *w)
{
	if (w)
		writer_free(w);
}

bool blob_put(struct blob_store *s, const void *data, size_t n, char ret_sha256[static SHA256_TEXT])
{
	struct blob_writer *w = blob_begin(s);

	if (!w)
		return false;
	blob_write(w, data, n); /* a failure is kept and told by the commit */
	return blob_commit(w, ret_sha256);
}

static bool is_digest(const char *text)
{
	size_t n = 0;

	for (; (text[n] >= '0' && text[n] <= '9') || (text[n] >= 'a' && text[n] <= 'f'); n++)
		;
	return n == 64 && !text[n];
}

int blob_open(const struct blob_store *s, const char *sha256, int64_t *ret_size)
{
	char path[BLOB_PATH];
	struct stat st;
	int fd;

	if (!is_digest(sha256)) {
		errno = EINVAL;
		return -1;
	}
	blob_path(sha256, path);
	fd = openat(s->dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && fstat(fd, &st) < 0) {
		close_keeping_errno(fd);
		return -1;
	}
	if (fd >= 0)
		*ret_size = st.st_size;
	return fd;
}
