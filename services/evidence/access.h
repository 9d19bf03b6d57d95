/* access.h - who may see a case's photos. Pure. */
#ifndef EVIDENCE_ACCESS_H
#define EVIDENCE_ACCESS_H

#include "kit/call.h"

/* What a row says of the caller's tie to the incident. */
struct access_facts {
	const char *incident_id, *district;
	bool assigned; /* the caller is or was the responder */
	bool insured;  /* the caller's insurer is a party's */
	bool papers;   /* shows papers that someone else photographed */
};

bool access_allows(const struct call *c, const struct access_facts *f);
/* A caller who is here as a party alone sees no papers but those of his own photos. */
bool access_only_party(const struct call *c);
/* Suspicions of misuse are for those who look into them. */
bool access_sees_flags(const struct call *c);

#endif
