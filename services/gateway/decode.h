/* decode.h - path variables, query, body and what the gateway itself knows, into the RPC's message.
 * MHD thread; everything in the request's arena. */
#ifndef GATEWAY_DECODE_H
#define GATEWAY_DECODE_H

#include "gateway/req.h"

/* NULL with r->faults set. */
ProtobufCMessage *decode_request(struct req *r);
/* Before the body: is this media type right for the route? Sets faults. */
void decode_check_media(struct req *r);
/* Sets a server field when the message has one of that name. */
void decode_server_field(struct req *r, ProtobufCMessage *m, const char *name, const char *text);
bool media_is(const char *content_type, const char *media);
/* The index of a field by its original name, -1. */
int field_index(const ProtobufCMessageDescriptor *d, const char *name);

#endif
