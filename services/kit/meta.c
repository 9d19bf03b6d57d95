/* meta.c - looks messages of the contract up by name. */
#include "kit/meta.h"

#include <string.h>

const struct msg_meta *contract_message(const struct contract *k, const char *full_name)
{
	size_t low = 0, high = k->n_messages;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(full_name, k->messages[mid]->desc->name);
		if (c == 0)
			return k->messages[mid];
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}
