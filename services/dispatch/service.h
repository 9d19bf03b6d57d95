/* service.h - the parts of the declaration in main.c, for it and for tests. */
#ifndef DISPATCH_SERVICE_H
#define DISPATCH_SERVICE_H

#include "dispatch/dispatch.h"
#include "kit/svc.h"

extern const struct dispatch_handlers dispatch_rpcs;
extern const struct db_stmt *const dispatch_statements[];
/* Before the first message: the road graph. */
Pb__Code dispatch_start(struct call *c);
void dispatch_stop(void);
extern const struct config_item dispatch_config[];

#endif
