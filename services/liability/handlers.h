/* handlers.h - liability's RPCs, by topic. */
#ifndef LIABILITY_HANDLERS_H
#define LIABILITY_HANDLERS_H

#include "kit/svc.h"
#include "contract/contract.gen.h"

extern const struct liability_handlers liability_handlers;
extern const struct event_handler liability_events[];

/* Settings. */
extern const struct config_item liability_config[];
struct liability_settings {
	long lease_seconds;     /* how long a taken review stays the officer's */
	const char *public_url; /* what the QR code begins with */
	const char *blob_dir;
	const char *document_program; /* "": beside this program */
	const char *document_font;
	long document_seconds; /* before the printer is ended */
};
extern struct liability_settings settings;

Pb__Code add_party(struct call *c, const Pb__AddPartyRequest *in, Pb__AddPartyReply *out);
Pb__Code update_party(struct call *c, const Pb__UpdatePartyRequest *in, Pb__UpdatePartyReply *out);
Pb__Code list_parties(struct call *c, const Pb__ListPartiesRequest *in, Pb__ListPartiesReply *out);
Pb__Code apply_for_decision(
	struct call *c, const Pb__ApplyForDecisionRequest *in, Pb__ApplyForDecisionReply *out);
Pb__Code list_statements(
	struct call *c, const Pb__ListStatementsRequest *in, Pb__ListStatementsReply *out);

Pb__Code submit_scene(struct call *c, const Pb__SubmitSceneRequest *in, Pb__SubmitSceneReply *out);
Pb__Code list_reviews(struct call *c, const Pb__ListReviewsRequest *in, Pb__ListReviewsReply *out);
Pb__Code get_review(struct call *c, const Pb__GetReviewRequest *in, Pb__GetReviewReply *out);
Pb__Code take_review(struct call *c, const Pb__TakeReviewRequest *in, Pb__TakeReviewReply *out);
Pb__Code release_review(
	struct call *c, const Pb__ReleaseReviewRequest *in, Pb__ReleaseReviewReply *out);
Pb__Code request_scene_retake(
	struct call *c, const Pb__RequestSceneRetakeRequest *in, Pb__RequestSceneRetakeReply *out);
Pb__Code divert_to_officer(
	struct call *c, const Pb__DivertToOfficerRequest *in, Pb__DivertToOfficerReply *out);
Pb__Code divert_to_general(
	struct call *c, const Pb__DivertToGeneralRequest *in, Pb__DivertToGeneralReply *out);

Pb__Code list_scenarios(
	struct call *c, const Pb__ListScenariosRequest *in, Pb__ListScenariosReply *out);
Pb__Code get_suggestion(
	struct call *c, const Pb__GetSuggestionRequest *in, Pb__GetSuggestionReply *out);
Pb__Code determine(struct call *c, const Pb__DetermineRequest *in, Pb__DetermineReply *out);

Pb__Code get_determination(
	struct call *c, const Pb__GetDeterminationRequest *in, Pb__GetDeterminationReply *out);
Pb__Code find_determination(
	struct call *c, const Pb__FindDeterminationRequest *in, Pb__FindDeterminationReply *out);
Pb__Code get_determination_pdf(
	struct call *c, const Pb__GetDeterminationPdfRequest *in, Pb__BlobReply *out);
Pb__Code sign_determination(
	struct call *c, const Pb__SignDeterminationRequest *in, Pb__SignDeterminationReply *out);
Pb__Code verify_document(
	struct call *c, const Pb__VerifyDocumentRequest *in, Pb__VerifyDocumentReply *out);

/* The blob store, for the service's life. */
Pb__Code signing_start(struct call *c);
void signing_stop(void);

/* print.c: documents made by a program of their own. */
Pb__Code print_tick(struct call *c, bool *ret_more);
void print_stop(void);

#endif
