/* claims.h - what the topics of claims share: who may see what, the hand-off, the claim document.
 */
#ifndef CLAIMS_CLAIMS_H
#define CLAIMS_CLAIMS_H

#include "claims/store.h"
#include "contract/contract.gen.h"

/* ---- settings (settings.c) ---- */

struct claims_settings {
	bool webhook_allow_http, webhook_allow_private;
	long webhook_timeout_s, webhook_parallel;
	const char *webhook_ca_file;
};
extern struct claims_settings claims_settings;
extern const struct config_item claims_config[];

/* ---- who may see an incident (access.c) ---- */

/* The case file, when the caller may see it: the responder of the case, an assessor or insurer
 * concerned, police and supervision of the district. Else NOT_FOUND (or BUSY for a young id). */
Pb__Code access_case(struct call *c, const char *incident, bool lock, struct case_row *ret);
/* A claim, when the caller may see it. */
Pb__Code access_claim(struct call *c, const char *claim, struct claim_row *ret);
bool access_district(const struct call *c, const char *district);

/* ---- the split and the hand-off (handoff.c) ---- */

/* The split as it stands; version left 0. REFUSED with what is missing or why it can't be. */
Pb__Code compute_settlement(struct call *c, const struct case_row *f,
	const struct sheet_list *sheets, Pb__Settlement **ret);
/* When the determination is served and every vehicle's loss is known: settlement, claims, notices
 * and events, once. The case file is locked by the caller. */
Pb__Code try_hand_off(struct call *c, const struct case_row *f);
/* After a new loss sheet: the split and the claims follow it. */
Pb__Code revise_claims(struct call *c, const struct case_row *f);
Pb__Code settle_case_if_done(struct call *c, const struct case_row *f);

/* ---- the claim as an insurer gets it (document.c) ---- */

Pb__Code build_claim(
	struct call *c, const struct case_row *f, const struct claim_row *k, Pb__Claim **ret);
/* Tells the insurer: notice and deliveries. type "jingbao.claim.notified" ... */
Pb__Code tell_insurer(
	struct call *c, const struct case_row *f, const struct claim_row *k, const char *type);

/* ---- sending (deliver.c) ---- */

Pb__Code deliver_start(struct call *c);
void deliver_stop(void);
Pb__Code deliver_tick(struct call *c, bool *ret_more);
extern const struct metric claims_metrics[];

/* ---- tables ---- */

extern const struct claims_handlers claims_handlers;
extern const struct event_handler claims_events[];
Pb__Code hand_off_tick(struct call *c, bool *ret_more);

Pb__Code put_loss_sheet(
	struct call *c, const Pb__PutLossSheetRequest *in, Pb__PutLossSheetReply *out);
Pb__Code list_loss_sheets(
	struct call *c, const Pb__ListLossSheetsRequest *in, Pb__ListLossSheetsReply *out);
Pb__Code get_loss_sheet(
	struct call *c, const Pb__GetLossSheetRequest *in, Pb__GetLossSheetReply *out);
Pb__Code get_settlement(
	struct call *c, const Pb__GetSettlementRequest *in, Pb__GetSettlementReply *out);

Pb__Code put_webhook_endpoint(
	struct call *c, const Pb__PutWebhookEndpointRequest *in, Pb__PutWebhookEndpointReply *out);
Pb__Code get_webhook_endpoint(
	struct call *c, const Pb__GetWebhookEndpointRequest *in, Pb__GetWebhookEndpointReply *out);
Pb__Code list_deliveries(
	struct call *c, const Pb__ListDeliveriesRequest *in, Pb__ListDeliveriesReply *out);
Pb__Code replay_delivery(
	struct call *c, const Pb__ReplayDeliveryRequest *in, Pb__ReplayDeliveryReply *out);

#endif
