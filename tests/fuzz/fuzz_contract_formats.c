/* fuzz_contract_formats.c - any text is judged by every format without harm, and the same twice. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "contract/formats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *(*const checks[])(const char *) = { format_uuid, format_plate, format_plate_type,
	format_citizen_id, format_vin, format_mobile, format_district, format_sha256, format_token,
	format_http_url, format_phone, format_credit_code, format_no_control, format_person_id };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	char digits[PHONE_DIGITS_MAX];

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		if (checks[i](text) != checks[i](text))
			abort();
	}
	plate_type_mismatch(text, "02");
	plate_type_mismatch("陕A12345", text);
	phone_digits(text, digits);
	free(text);
	return 0;
}
