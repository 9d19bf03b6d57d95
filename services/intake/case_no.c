/* case_no.c - case numbers from blocks of a sequence, taken ahead so that no order waits for one.
 *
 * A block taken and not used up is lost with the process: gaps are fine, repeats are not.
 */
#include <stdio.h>
#include "intake/reference.h"
#include "intake/store.h"
#include "kit/timeutil.h"

enum { BLOCK = 4096, BLOCKS_KEPT = 2 };

static struct {
	int64_t next, end;          /* the block in use */
	int64_t spare[BLOCKS_KEPT]; /* first numbers of blocks not begun */
	size_t n_spare;
} numbers;

bool case_no_take(int64_t at_us, char buf[static CASE_NO_TEXT])
{
	if (numbers.next == numbers.end) {
		if (numbers.n_spare == 0)
			return false;
		numbers.next = numbers.spare[--numbers.n_spare];
		numbers.end = numbers.next + BLOCK;
	}
	snprintf(buf, CASE_NO_TEXT, "JB%08d-%07lld", local_date(at_us), (long long)numbers.next++);
	return true;
}

Pb__Code case_no_refill(struct call *c, bool *ret_more)
{
	while (numbers.n_spare < BLOCKS_KEPT) {
		int64_t block;
		Pb__Code e = store_case_block(c, &block);
		if (e)
			return e;
		/* Sequences don't roll back: the block is ours whatever becomes of the
		 * transaction. */
		numbers.spare[numbers.n_spare++] = (block - 1) * BLOCK + 1;
	}
	*ret_more = false;
	return PB__CODE__OK;
}
