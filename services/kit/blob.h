/* blob.h - content-addressed blobs in a local directory: <dir>/ab/cdef... named by SHA-256.
 *
 * A blob is durable when blob_commit returns true: its bytes and its directory entry are fsynced.
 * Two writers of the same bytes end with one file. Nothing here is ever overwritten; an existing
 * file is kept. Hashing is OpenSSL's EVP (SHA-NI; several times libsodium's rate). Errors are
 * errno. Thread: a writer belongs to one thread; the store handle may be shared.
 */
#ifndef KIT_BLOB_H
#define KIT_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_TEXT = 65 };

struct blob_store {
	char *dir;
	int dir_fd;
};

/* Makes the directory and its tmp/ if missing and removes temporary files older than a day. */
bool blob_store_open(struct blob_store *s, const char *dir);
void blob_store_close(struct blob_store *s);

struct blob_writer;
struct blob_writer *blob_begin(struct blob_store *s); /* NULL: errno */
bool blob_write(struct blob_writer *w, const void *data, size_t n);
int64_t blob_written(const struct blob_writer *w); /* bytes so far */
/* The digest of the bytes so far, to compare with a declared one before anything is kept. */
bool blob_digest(const struct blob_writer *w, char ret_sha256[static SHA256_TEXT]);
/* Ends the writer in any case; false: errno, nothing stays. */
bool blob_commit(struct blob_writer *w, char ret_sha256[static SHA256_TEXT]);
void blob_abort(struct blob_writer *w); /* NULL is fine */

/* Whole small blob at once. */
bool blob_put(
	struct blob_store *s, const void *data, size_t n, char ret_sha256[static SHA256_TEXT]);
/* Read-only descriptor and size; -1: errno (ENOENT when unknown, EINVAL when not a digest). */
int blob_open(const struct blob_store *s, const char *sha256, int64_t *ret_size);

void sha256_text(const void *data, size_t n, char ret[static SHA256_TEXT]);

#endif
