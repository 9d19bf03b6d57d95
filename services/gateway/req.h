/* req.h - one request's life in the gateway.
 *
 *   head -> (AUTH: Identity is asked) -> body -> (RPC: a service is asked) -> answered
 *
 * A request belongs to its connection's MHD thread. While it waits the connection is suspended, so
 * nothing else touches it; the one who takes its slot writes `how` and `reply`, then resumes. A
 * refusal found early is kept while a small body is swallowed, so that the client reads an answer
 * and not a reset; large, unknown or 100-continue bodies are refused at once. */
#ifndef GATEWAY_REQ_H
#define GATEWAY_REQ_H

#include <microhttpd.h>
#include "gateway/gateway.h"
#include "gateway/guard.h"
#include "jingbao/v1/common.pb-c.h"
#include "kit/fault.h"
#include "kit/uuid.h"

enum door { DOOR_API, DOOR_STREAM, DOOR_BLOB, DOORS };

enum stage { STAGE_NEW, STAGE_AUTH, STAGE_BODY, STAGE_RPC, STAGE_HEALTH, STAGE_ANSWERED };

enum { OUT_HEADERS_MAX = 16, REQUEST_ID_MAX = 64, TRACE_TEXT = 56 };

struct out_header {
	const char *name, *value;
};

struct req {
	struct waiter waiter;
	struct gateway *g;
	struct MHD_Connection *mhd;
	struct conn *conn;
	enum door door;
	enum stage stage;
	struct arena arena;
	struct fault_list faults;
	int status; /* of a refusal when it isn't the code's own; then of the answer */
	int64_t began_us;

	const char *raw;  /* target as sent */
	const char *path; /* of it, for problem details */
	const char *verb;
	const char *address;
	char id[REQUEST_ID_MAX + 1], trace[TRACE_TEXT];
	struct guard guard;
	struct target target;
	struct match match;
	const struct method_meta *method;
	bool close; /* no more requests on this connection */
	bool head;

	struct who who;
	bool by_cookie, optional_auth;
	bool late_token; /* it is in the body: the caller isn't known yet */
	unsigned char token[TOKEN_HASH];
	uint64_t sessions_ended;

	char *body;
	size_t body_len, body_cap;
	int64_t received;
	struct blob_writer *upload;

	_Atomic bool waiting;
	enum relay_end how;
	natsMsg *reply;

	struct loose { /* of a LOOSE route: see loose.h */
		Pb__LooseField **fields;
		size_t n;
		bool read;
	} loose;

	struct out_header out[OUT_HEADERS_MAX];
	size_t n_out;
	struct req *next; /* in the pool, or among those that wait for /readyz */
};

struct req *req_new(struct gateway *g, enum door door);
void req_free(struct req *r);
void reqs_release(void); /* the pool, at the very end */

/* First refusal wins. */
void req_refuse(struct req *r, Pb__Code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void req_refuse_status(struct req *r, int status, const char *text);
static inline bool req_refused(const struct req *r)
{
	return r->faults.code != PB__CODE__OK;
}

/* A request header; "" when absent. */
const char *req_header(const struct req *r, const char *name);
/* A header of the answer; both must outlive the request (arena or constants). */
void req_out(struct req *r, const char *name, const char *value);

/* Suspends, then asks. done resumes; when nothing could be sent it is resumed at once. */
enum MHD_Result req_ask(
	struct req *r, enum stage stage, const struct method_meta *m, const ProtobufCMessage *msg);
/* Resumes a request suspended by its stage. */
void req_resume(struct req *r);

#endif
