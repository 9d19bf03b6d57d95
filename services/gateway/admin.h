/* admin.h - the operator's port, loopback only: /metrics, /healthz, /readyz. It may block. */
#ifndef GATEWAY_ADMIN_H
#define GATEWAY_ADMIN_H

#include <microhttpd.h>
#include "gateway/gateway.h"

/* NULL with a message on stderr. */
struct MHD_Daemon *admin_start(struct gateway *g, int *ret_port);

#endif
