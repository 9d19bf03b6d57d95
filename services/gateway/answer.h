/* answer.h - a service's reply as HTTP: JSON masked by privacy, 201 with Location, cookies, blobs.
 * MHD thread. */
#ifndef GATEWAY_ANSWER_H
#define GATEWAY_ANSWER_H

#include "gateway/req.h"
#include "jingbao/v1/common.pb-c.h"

/* r->how and r->reply are set. */
enum MHD_Result answer(struct req *r);
/* A reply's bytes into its message; NULL with r->faults set (also when it is a Fault). */
ProtobufCMessage *answer_message(struct req *r);

/* Every position in the message, wherever it lies, into this datum. */
void positions_convert(ProtobufCMessage *m, int datum);
/* ?datum= of the request, WGS84 when absent; -1 with faults set. */
int datum_asked(struct req *r);

/* A blob's bytes: ETag, If-None-Match, Range, Content-Disposition (download.c). */
enum MHD_Result answer_blob(struct req *r, const Pb__BlobReply *b);

#endif
