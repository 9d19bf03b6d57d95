/* respond.h - answers: bodies, problem details, the headers every answer has. MHD thread. */
#ifndef GATEWAY_RESPOND_H
#define GATEWAY_RESPOND_H

#include "gateway/req.h"

/* The body must live in the request's arena or for ever. */
enum MHD_Result respond(struct req *r, int status, const char *type, const char *body, size_t len);
/* Takes over the response (status and common headers are added). */
enum MHD_Result respond_with(struct req *r, int status, struct MHD_Response *resp);
/* The refusal in r->faults, as problem details or OAuth's form. */
enum MHD_Result respond_refusal(struct req *r);
enum MHD_Result respond_empty(struct req *r, int status);

#endif
