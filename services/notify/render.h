/* render.h - a template's text with its {names} filled in, and what is kept of it. Pure. */
#ifndef NOTIFY_RENDER_H
#define NOTIFY_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include "kit/arena.h"

/* Value of a name; NULL when there is none. */
typedef const char *(*render_value)(void *arg, const char *name, size_t len);

/* The text in the arena; NULL when a name has no value, a brace is open, or the arena is full. */
char *render_text(const char *template, render_value value, void *arg, struct arena *a);

/* A copy without what opens doors: the token of each link is cut to "***". */
char *render_redacted(const char *text, struct arena *a);

/* Can a message be sent to this number: a mobile of mainland China, digits only. */
bool is_mobile(const char *phone);

/* "张**" */
char *masked_name(const char *name, struct arena *a);

#endif
