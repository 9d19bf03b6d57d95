/* handlers.h - evidence's settings, its long-lived state, and its handler tables. */
#ifndef EVIDENCE_HANDLERS_H
#define EVIDENCE_HANDLERS_H

#include "contract/contract.gen.h"
#include "evidence/photo_pool.h"
#include "evidence/recent.h"
#include "evidence/slots.h"
#include "evidence/verdict.h"
#include "kit/blob.h"
#include "kit/svc.h"

/* Made at start, read by handlers and prepare threads alike, gone at stop. */
struct evidence {
	const char *blob_dir;
	long max_bytes;
	struct verdict_rules rules;
	struct photo_pool_config pool_config;
	struct photo_pool pool;
	struct recent recent;
	struct blob_store blobs;
	struct slots slots;
	_Atomic int64_t accepted, warned, rejected, refused;
};
extern struct evidence evidence;

extern const struct config_item evidence_config[];
extern const struct metric evidence_metrics[];
extern const struct event_handler evidence_events[];
extern const struct evidence_handlers evidence_handlers;

Pb__Code evidence_start(struct call *c);
void evidence_stop(void);
Pb__Code reap_workers(struct call *c, bool *ret_more);

/* What prepare leaves for run: the photo as looked at, its renditions safe in the blob store. */
struct inspected {
	struct look look;
	int64_t size_bytes;
	bool has_place;
	struct lonlat place; /* the app's, WGS-84 */
};

Pb__Code add_item_prepare(struct call *c, const Pb__AddItemRequest *in);
Pb__Code add_item_run(struct call *c, const Pb__AddItemRequest *in, Pb__AddItemReply *out);

#endif
