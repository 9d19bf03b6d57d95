/* formats.h - the named text formats of options.proto, one checker each, and what goes with them.
 *
 * A checker answers NULL when the text fits, else one constant lower-case sentence that says what
 * to do; it never changes or echoes the text. An empty text never fits (whether a field may be
 * empty is the `required` rule's business). Texts are valid UTF-8. Pure but for the calendar day
 * that bounds birth dates; thread: any.
 */
#ifndef CONTRACT_FORMATS_H
#define CONTRACT_FORMATS_H

#include <stdbool.h>
#include <stddef.h>

const char *format_uuid(const char *text);
const char *format_plate(const char *text);      /* by structure only */
const char *format_plate_type(const char *text); /* GA/T 16.7 */
const char *format_citizen_id(const char *text); /* GB 11643 */
const char *format_vin(const char *text);        /* GB 16735, check digit included */
const char *format_mobile(const char *text);     /* +86 or 0086, spaces and hyphens allowed */
const char *format_district(const char *text);   /* GB/T 2260 */
const char *format_sha256(const char *text);
const char *format_token(const char *text);
const char *format_http_url(const char *text);
const char *format_phone(const char *text);       /* mobile, landline, service or foreign number */
const char *format_credit_code(const char *text); /* GB 32100 */
const char *format_no_control(const char *text);
const char *format_person_id(const char *text);

enum plate_kind {
	PLATE_BAD,
	PLATE_STANDARD,
	PLATE_TRAINING, /* 学 */
	PLATE_POLICE,   /* 警 */
	PLATE_TRAILER,  /* 挂 */
	PLATE_HONGKONG, /* 港 */
	PLATE_MACAO,    /* 澳 */
	PLATE_NEV_SMALL,
	PLATE_NEV_LARGE,
	PLATE_EMBASSY,
	PLATE_CONSULATE,
	PLATE_EMERGENCY,
	PLATE_ARMED_POLICE,
	PLATE_MILITARY,
	PLATE_TEMPORARY,
	PLATE_TRACTOR,
};

enum plate_kind plate_kind(const char *text);

/* NULL when plate and type code can belong together, or when either is empty; else a sentence. */
const char *plate_type_mismatch(const char *plate, const char *type);

enum { PHONE_DIGITS_MAX = 20 };
/* The digits that identify a number: country prefix of China, spaces and hyphens left out; "" when
 * there are none. For comparing numbers written differently. */
void phone_digits(const char *text, char ret[static PHONE_DIGITS_MAX]);

#endif
