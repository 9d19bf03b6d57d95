/* own.h - the routes the gateway answers itself: health, readiness, OpenAPI, tickets, events. */
#ifndef GATEWAY_OWN_H
#define GATEWAY_OWN_H

#include "gateway/req.h"

enum MHD_Result own_answer(struct req *r);
enum MHD_Result own_health_known(struct req *r); /* after waiting for a fresh look */
enum MHD_Result own_options(struct req *r);      /* OPTIONS of any path, CORS preflight */

#endif
