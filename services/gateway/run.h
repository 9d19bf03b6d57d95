/* run.h - the gateway's life: start in order, tick, drain. */
#ifndef GATEWAY_RUN_H
#define GATEWAY_RUN_H

#include "kit/meta.h"

/* Serves until SIGTERM or SIGINT; returns the exit code. check: start nothing, try settings, blob
 * store, contract and NATS, then return. */
int gateway_run(const struct contract *k, bool check);

#endif
