/* document_worker.c - jb-liability-document: prints determinations to the blob store and ends.
 *
 *   jb-liability-document BLOB_DIR FONT  < jobs  > results
 *
 * A program of its own so that fonts and the PDF machinery cost memory only while something is
 * printed. Standard input: packed DocumentPrint messages, each after its length as four bytes, big
 * end first. Standard output: a line for each, "<job> <sha256>" or "<job> ! <what failed>".
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "kit/blob.h"
#include "liability/draw_worker.h"

enum { MESSAGE_MAX = 1 << 20, CPU_SECONDS = 60 };

static bool write_piece(void *arg, const void *data, size_t n)
{
	return blob_write(arg, data, n);
}

static void print_one(
	struct blob_store *store, const char *font, const Pb__DocumentPrint *job, struct arena *a)
{
	char sha256[SHA256_TEXT];
	const struct document *doc = document_build(job, a);
	if (!doc) {
		printf("%s ! the document is too large\n", job->job);
		return;
	}
	struct blob_writer *w = blob_begin(store);
	if (!w) {
		printf("%s ! the blob store can't be written: %s\n", job->job, strerror(errno));
		return;
	}
	const char *failed = draw_document(doc, font, write_piece, w);
	if (failed) {
		blob_abort(w);
		printf("%s ! %s\n", job->job, failed);
	} else if (blob_commit(w, sha256)) {
		printf("%s %s\n", job->job, sha256);
	} else {
		printf("%s ! the blob store can't be written: %s\n", job->job, strerror(errno));
	}
}

/* One message into buf; its length, 0 at the end, -1 when the stream is broken. */
static long read_message(unsigned char *buf)
{
	unsigned char head[4];
	size_t got = fread(head, 1, sizeof(head), stdin);
	if (got == 0)
		return 0;
	size_t n = ((size_t)head[0] << 24) | ((size_t)head[1] << 16) | ((size_t)head[2] << 8) |
		   head[3];
	if (got != sizeof(head) || n == 0 || n > MESSAGE_MAX || fread(buf, 1, n, stdin) != n)
		return -1;
	return (long)n;
}

static int print_all(struct blob_store *store, const char *font, unsigned char *buf)
{
	struct arena a;
	long n;
	arena_init(&a, (size_t)16 << 20);
	while ((n = read_message(buf)) > 0) {
		Pb__DocumentPrint *job = pb__document_print__unpack(&a.pb, (size_t)n, buf);
		if (!job || !job->determination)
			break;
		print_one(store, font, job, &a);
		(void)fflush(stdout);
		arena_reset(&a);
	}
	return n == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct rlimit cpu = { CPU_SECONDS, CPU_SECONDS }, core = { 0, 0 };
	struct blob_store store;
	if (argc != 3) {
		(void)fprintf(stderr, "usage: %s BLOB_DIR FONT < jobs\n", argv[0]);
		return 2;
	}
	(void)setrlimit(RLIMIT_CPU, &cpu);
	(void)setrlimit(RLIMIT_CORE, &core);
	unsigned char *buf = malloc(MESSAGE_MAX);
	if (!buf || !blob_store_open(&store, argv[1])) {
		(void)fprintf(stderr, "%s: %s: %s\n", argv[0], argv[1], strerror(errno));
		free(buf);
		return 1;
	}
	int status = print_all(&store, argv[2], buf);
	(void)fflush(NULL);
	/* Fonts stay with the process to its end. */
	_exit(status);
}
