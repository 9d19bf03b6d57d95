/* problem.h - RFC 9457 problem details, and OAuth 2's own error form. Pure. */
#ifndef GATEWAY_PROBLEM_H
#define GATEWAY_PROBLEM_H

#include "kit/fault.h"

struct problem {
	int status;           /* HTTP */
	const char *instance; /* the request's path, without its query */
	const char *request_id;
	const struct fault_list *faults;
};

/* NULL when the arena is full. */
char *problem_json(const struct problem *p, struct arena *a, size_t *ret_len);
/* {"error":"invalid_client","error_description":"..."} (RFC 6749 5.2) */
char *problem_oauth(const struct fault_list *f, struct arena *a, size_t *ret_len);
/* RFC 6749 5.2 gives 400 to all but a failed client authentication and our own troubles. */
int problem_oauth_status(Pb__Code code);

/* Takes over a Fault that came over the bus. */
void faults_from_message(struct fault_list *f, Pb__Code code, const Pb__Fault *m);

#endif
