/* loss.h - what a loss sheet adds up to, and what may stand in it. Pure. */
#ifndef CLAIMS_LOSS_H
#define CLAIMS_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "jingbao/v1/claims.pb-c.h"

/* Why a line is refused: field is the JSON name below the line ("" the sheet as a whole). */
struct loss_fault {
	size_t line;
	const char *field, *rule, *text;
};

/* Fills amount_fen of every line and the sums of the sheet. False with *ret set when refused;
 * line counts from 0. */
bool loss_add_up(Pb__LossSheet *sheet, struct loss_fault *ret);

#endif
