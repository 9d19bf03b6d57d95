/* upload.h - a binary body streamed into the blob store, hashed on the way. MHD thread.
 * Until upload_end nothing is kept: a cut connection, a wrong digest or a refusal leaves no file.
 */
#ifndef GATEWAY_UPLOAD_H
#define GATEWAY_UPLOAD_H

#include "gateway/req.h"

void upload_data(struct req *r, const char *data, size_t n);
/* Checks the declared digests, makes the blob durable and tells the message its digest and size.
 * Sets faults. */
void upload_end(struct req *r, ProtobufCMessage *m);

#endif
