/* download.c - a blob's bytes: ETag, If-None-Match, one Range, a safe Content-Disposition. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "gateway/answer.h"
#include "gateway/range.h"
#include "gateway/respond.h"
#include "kit/timeutil.h"

/* RFC 6266: an ASCII name for everyone, the real one percent-encoded. */
static const char *disposition(const Pb__BlobReply *b, struct arena *a)
{
	char *plain = arena_strdup(a, *b->filename ? b->filename : "blob");
	char *real = percent_encode(*b->filename ? b->filename : "blob", a);

	if (!plain || !real)
		return NULL;
	for (char *p = plain; *p; p++) {
		if (*p < ' ' || *p > '~' || strchr("\"\\/%;", *p))
			*p = '_';
	}
	return arena_printf(a, "inline; filename=\"%s\"; filename*=UTF-8''%s", plain, real);
}

static const char *media_of(const Pb__BlobReply *b)
{
	for (const char *p = b->media; *p; p++) {
		if (*p <= ' ' || *p > '~')
			return "application/octet-stream";
	}
	return *b->media ? b->media : "application/octet-stream";
}

static enum MHD_Result send_part(struct req *r, const Pb__BlobReply *b, int fd, int64_t size)
{
	struct byte_range range = { 0, size };
	int status = 200;
	const char *wanted = req_header(r, "Range"), *if_range = req_header(r, "If-Range");
	enum range_verdict v = RANGE_WHOLE;

	if (*wanted && (!*if_range || (strlen(if_range) == strlen(b->sha256) + 2 &&
					      strstr(if_range, b->sha256))))
		v = range_parse(wanted, size, &range);
	if (v == RANGE_BAD) {
		close(fd);
		req_out(r, "Content-Range",
			arena_printf(&r->arena, "bytes */%lld", (long long)size));
		req_refuse_status(r, 416, "no such range");
		return respond_refusal(r);
	}
	if (v == RANGE_PART) {
		status = 206;
		req_out(r, "Content-Range",
			arena_printf(&r->arena, "bytes %lld-%lld/%lld", (long long)range.from,
				(long long)(range.from + range.length - 1), (long long)size));
	}
	struct MHD_Response *resp = MHD_create_response_from_fd_at_offset64(
		(uint64_t)range.length, fd, (uint64_t)range.from);
	if (!resp) {
		close(fd);
		return MHD_NO;
	}
	MHD_add_response_header(resp, "Content-Type", media_of(b));
	enum MHD_Result ok = respond_with(r, status, resp);
	if (r->conn)
		atomic_fetch_add(&r->conn->due_us, range.length * US_PER_S / settings.body_rate);
	return ok;
}

enum MHD_Result answer_blob(struct req *r, const Pb__BlobReply *b)
{
	int64_t size;
	const char *etag = arena_printf(&r->arena, "\"%s\"", b->sha256);
	int fd = blob_open(&r->g->blobs, b->sha256, &size);

	if (fd < 0) {
		req_refuse(r,
			errno == EMFILE || errno == ENFILE ? PB__CODE__BUSY : PB__CODE__INTERNAL,
			"the bytes of this blob are not there");
		return respond_refusal(r);
	}
	req_out(r, "ETag", etag);
	req_out(r, "Cache-Control", "private, no-cache");
	req_out(r, "Accept-Ranges", "bytes");
	if (etag && etag_listed(req_header(r, "If-None-Match"), etag)) {
		close(fd);
		return respond_empty(r, 304);
	}
	req_out(r, "Content-Disposition", disposition(b, &r->arena));
	return send_part(r, b, fd, size);
}
