/* stream.h - GET /v1/events: server-sent events from the JetStream stream.
 *
 *   feed thread     one ephemeral push consumer -> the ring of immutable frames, newest last
 *   MHD threads     each client copies the frames it may see from its cursor on
 *   catch-up thread older events than the ring holds, slice by slice, for one client at a time
 *
 * An event's id is <epoch>-<sequence>; the epoch is the stream's creation time, so a stream made
 * anew is noticed: clients get `event: resync` and then all the new stream holds. A client whose
 * reader does not read is cut. Thread: any. */
#ifndef GATEWAY_STREAM_H
#define GATEWAY_STREAM_H

#include "gateway/req.h"

struct stream *stream_start(struct gateway *g);
/* Ends every client with a proper last chunk, then waits for them, at most wait_ms. */
void stream_end_clients(struct stream *s, int64_t wait_ms);
void stream_stop(struct stream *s);

/* GET /v1/events, the principal known. */
enum MHD_Result stream_answer(struct req *r);
void stream_tick(struct stream *s, int64_t now_us); /* heartbeats, expired sessions, slow readers */
size_t stream_clients(struct stream *s);
/* NULL: the feed runs; else why not, a constant. */
const char *stream_problem(struct stream *s);

#endif
