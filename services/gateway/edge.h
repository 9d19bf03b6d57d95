/* edge.h - the three daemons behind the public port, and the operator's. */
#ifndef GATEWAY_EDGE_H
#define GATEWAY_EDGE_H

#include "gateway/gateway.h"

struct edge;
/* NULL with a message on stderr. */
struct edge *edge_start(struct gateway *g);
int edge_port(const struct edge *e);
int edge_admin_port(const struct edge *e);
/* No new connections from here on. */
void edge_close_door(struct edge *e);
/* Every connection must have been resumed. */
void edge_stop(struct edge *e);

#endif
