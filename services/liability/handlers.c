/* handlers.c - the table of liability's RPCs and its settings. */
#include "liability/handlers.h"

struct liability_settings settings;

const struct config_item liability_config[] = {
	{ "review_lease_seconds", CONFIG_INT, &settings.lease_seconds, "600", 30, 7200, "s",
		"how long a review taken by an officer stays his" },
	{ "public_url", CONFIG_TEXT, &settings.public_url, "http://127.0.0.1:8080", 0, 0, NULL,
		"what the verification link on a document begins with" },
	{ "blob_dir", CONFIG_TEXT, &settings.blob_dir, NULL, 0, 0, NULL,
		"directory of the blob store" },
	{ "document_program", CONFIG_TEXT, &settings.document_program, "", 0, 0, NULL,
		"the document printer; empty: jb-liability-document beside this program" },
	{ "document_font", CONFIG_TEXT, &settings.document_font, "WenQuanYi Zen Hei", 0, 0, NULL,
		"font family of documents" },
	{ "document_seconds", CONFIG_INT, &settings.document_seconds, "30", 1, 600, "s",
		"how long the printer may take for one batch" },
	{ 0 },
};

const struct liability_handlers liability_handlers = {
	.add_party = { .run = add_party },
	.update_party = { .run = update_party },
	.list_parties = { .run = list_parties },
	.apply_for_decision = { .run = apply_for_decision },
	.list_statements = { .run = list_statements },
	.submit_scene = { .run = submit_scene },
	.list_reviews = { .run = list_reviews },
	.get_review = { .run = get_review },
	.take_review = { .run = take_review },
	.release_review = { .run = release_review },
	.request_scene_retake = { .run = request_scene_retake },
	.divert_to_officer = { .run = divert_to_officer },
	.divert_to_general = { .run = divert_to_general },
	.list_scenarios = { .run = list_scenarios },
	.get_suggestion = { .run = get_suggestion },
	.determine = { .run = determine },
	.get_determination = { .run = get_determination },
	.find_determination = { .run = find_determination },
	.get_determination_pdf = { .run = get_determination_pdf },
	.sign_determination = { .run = sign_determination },
	.verify_document = { .run = verify_document },
};
