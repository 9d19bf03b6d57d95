/* live.h - telling what happens to whoever watches just now: over core NATS, kept nowhere, nothing
 * waits for it. For events declared `live`; only the newest of each key counts.
 *
 *   subject jingbao.v1.live.<district>.<Name>, body and headers as an event's
 */
#ifndef KIT_LIVE_H
#define KIT_LIVE_H

#include "kit/call.h"

/* From run of a gatherer or a tick, after the commit. A message lost is replaced by the next one.
 */
void live_tell(struct call *c, const ProtobufCMessage *event);

#endif
