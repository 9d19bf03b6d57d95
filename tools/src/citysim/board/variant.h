/* variant.h - policies with other weights, for tuning: "P7:swap=0.1:gain_s=30".
 */
#ifndef BOARD_VARIANT_H
#define BOARD_VARIANT_H

#include <stdbool.h>
#include <stddef.h>
#include "dispatch/policy.h"

/* The policy named, with the values after the colons in place of its own; the whole text is its
 * name and must live as long. False with the reason in error. */
bool variant_parse(const char *text, struct policy *ret, char *error, size_t size);

#endif
