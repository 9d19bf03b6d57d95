/* slots.h - who waits for which reply: a fixed table of {waiter, generation, deadline}.
 *
 * A reply's subject names slot and generation. slots_take is the only way out of waiting: exactly
 * one of {reply, deadline, failed publish, shutdown} gets the waiter; everyone else gets NULL. So a
 * late reply to a slot used again is recognised and dropped. Thread: any. */
#ifndef GATEWAY_SLOTS_H
#define GATEWAY_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slots;
struct slots *slots_new(uint32_t count);
void slots_free(struct slots *t);

/* False: the table is full. The slot can be taken from now on. */
bool slots_put(
	struct slots *t, void *waiter, int64_t due_us, uint32_t *ret_slot, uint32_t *ret_gen);
void *slots_take(struct slots *t, uint32_t slot, uint32_t gen);
/* Takes one waiter whose deadline is at or before now; NULL when there is none. */
void *slots_take_due(struct slots *t, int64_t now_us);
uint32_t slots_used(struct slots *t);

enum { SLOT_TOKEN = 24 };
/* "17.3": the last two tokens of a reply subject. */
char *slot_token(uint32_t slot, uint32_t gen, char buf[static SLOT_TOKEN]);
bool slot_from_subject(
	const char *subject, size_t prefix_len, uint32_t *ret_slot, uint32_t *ret_gen);

#endif
