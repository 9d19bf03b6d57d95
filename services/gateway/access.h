/* access.h - who asks and whether he may: tokens, tickets, roles, cross-site requests. */
#ifndef GATEWAY_ACCESS_H
#define GATEWAY_ACCESS_H

#include "gateway/req.h"
#include "jingbao/v1/identity.pb-c.h"

enum access_step { ACCESS_GO, ACCESS_WAIT, ACCESS_REFUSED };

/* Before the body. WAIT: the request is suspended asking Identity, STAGE_AUTH follows. */
enum access_step access_begin(struct req *r);
/* After the body, when r->late_token: the same with the token in it. */
enum access_step access_by_body(struct req *r);
/* After Identity answered (r->how, r->reply). Never WAIT. */
enum access_step access_answered(struct req *r);
/* For the bus: a principal out of Identity's message. False: the arena is full. */
bool who_from_message(const Pb__Principal *p, struct arena *a, struct who *ret);

#endif
