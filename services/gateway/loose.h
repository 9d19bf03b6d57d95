/* loose.h - requests of others' apps: query, form and JSON object as names and values.
 *
 * A field of a nested JSON object is called "outer.inner"; lists and nulls are left out, and so is
 * what is too long to be of use (pictures). Some apps can send their token in no header: then it is
 * the value of a name the route declares, and the request is let in only after its body. */
#ifndef GATEWAY_LOOSE_H
#define GATEWAY_LOOSE_H

#include "gateway/req.h"

bool is_loose(const struct req *r);
/* The token in the query, or NULL. */
const char *loose_query_token(const struct req *r);
/* After the body: the token in it, or NULL. */
const char *loose_body_token(struct req *r);
/* NULL with r->faults set. */
ProtobufCMessage *loose_message(struct req *r);

#endif
