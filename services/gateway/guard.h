/* guard.h - the framing guard: what libmicrohttpd 0.9.75 lets through and a single front door must
 * not (two lengths, a length and chunks, folded or spaced header names ...). It runs on the first
 * handler call, before a body byte is looked at; the answer closes the connection, so bytes left in
 * it are never parsed. Pure; thread: any. */
#ifndef GATEWAY_GUARD_H
#define GATEWAY_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GUARD_HEADERS_MAX = 100 };

struct guard {
	unsigned headers, hosts, lengths, encodings;
	unsigned single; /* bits of headers that may come once */
	bool chunked, length_bad;
	bool expects;      /* Expect: 100-continue */
	int64_t length;    /* declared; -1 none */
	const char *fault; /* first fault, a constant sentence */
	int status;
};

void guard_init(struct guard *g);
void guard_header(
	struct guard *g, const char *name, size_t name_len, const char *value, size_t value_len);
/* 0 when the framing is sound; else the status to refuse with, and g->fault. */
int guard_verdict(struct guard *g, const char *version);

#endif
