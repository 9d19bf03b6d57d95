/* upload.c - a binary body streamed into the blob store, hashed on the way. */
#include "gateway/upload.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "gateway/decode.h"
#include "gateway/range.h"
#include "kit/log.h"

static void store_refuses(struct req *r)
{
	log_error("blob store", "errno=%d req=%s", errno, r->id);
	req_refuse(r, PB__CODE__BUSY, "the store can't take it now");
	r->faults.retry_after_s = 5;
}

void upload_data(struct req *r, const char *data, size_t n)
{
	if (!r->upload && !(r->upload = blob_begin(&r->g->blobs)))
		store_refuses(r);
	else if (!blob_write(r->upload, data, n))
		store_refuses(r);
}

/* Both fields say the same of a body that is not encoded; either may be sent. */
static void check_digest(struct req *r, const char *name, const char *have)
{
	char want[65];
	bool broken;

	if (!digest_field(req_header(r, name), want, &broken)) {
		if (broken)
			req_refuse(r, PB__CODE__INVALID, "%s holds no readable sha-256", name);
		return;
	}
	if (strcmp(want, have) != 0)
		req_refuse(r, PB__CODE__INVALID, "the body is not what %s says", name);
}

void upload_end(struct req *r, ProtobufCMessage *m)
{
	char sha256[SHA256_TEXT];

	if (!r->upload || r->received == 0) {
		req_refuse(r, PB__CODE__INVALID, "the body is empty");
		return;
	}
	if (!blob_digest(r->upload, sha256)) {
		store_refuses(r);
		return;
	}
	check_digest(r, "Content-Digest", sha256);
	check_digest(r, "Repr-Digest", sha256);
	if (req_refused(r))
		return; /* req_free drops the writer and its file */
	const char *size = arena_printf(&r->arena, "%" PRId64, r->received);
	bool ok = blob_commit(r->upload, sha256);
	r->upload = NULL;
	if (!ok) {
		store_refuses(r);
		return;
	}
	decode_server_field(r, m, "sha256", arena_strdup(&r->arena, sha256));
	decode_server_field(r, m, "size_bytes", size ? size : "");
}
