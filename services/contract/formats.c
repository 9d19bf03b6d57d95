/* formats.c - checkers for identifiers, numbers, codes and plain text. */
#include "contract/formats.h"

#include <string.h>
#include <time.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool all(const char *text, size_t n, bool (*is)(char))
{
	for (size_t i = 0; i < n; i++) {
		if (!is(text[i]))
			return false;
	}
	return true;
}

const char *format_uuid(const char *text)
{
	static const char why[] = "must be a UUID in lower-case canonical form";

	if (strlen(text) != 36)
		return why;
	for (int i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? text[i] != '-' : !is_hex(text[i]))
			return why;
	}
	return NULL;
}

const char *format_plate_type(const char *text)
{
	/* 01..27, 31..33, 41..43, 51, 52, 99 */
	static const char known[] = "01020304050607080910111213141516171819202122232425262731323341"
				    "4243515299";

	if (strlen(text) == 2 && is_digit(text[0]) && is_digit(text[1])) {
		for (const char *k = known; *k; k += 2) {
			if (k[0] == text[0] && k[1] == text[1])
				return NULL;
		}
	}
	return "must be a two-digit plate type code of GA/T 16.7";
}

/* The first two digits of GB/T 2260: provinces, and the regions of Taiwan, Hong Kong, Macao. */
static bool is_province(const char *text)
{
	static const char known[] = "11121314152122233132333435363741424344454650515253546162636465"
				    "71818283";

	for (const char *k = known; *k; k += 2) {
		if (k[0] == text[0] && k[1] == text[1])
			return true;
	}
	return false;
}

const char *format_district(const char *text)
{
	if (strlen(text) == 6 && all(text, 6, is_digit) && is_province(text))
		return NULL;
	return "must be a six-digit division code of GB/T 2260";
}

static int number(const char *text, int digits)
{
	int v = 0;

	for (int i = 0; i < digits; i++)
		v = v * 10 + (text[i] - '0');
	return v;
}

/* A day that has been: yyyymmdd between 1900 and today in China. */
static bool is_past_date(const char *text)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int y = number(text, 4), m = number(text + 4, 2), d = number(text + 6, 2);
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	time_t local = time(NULL) + 8 * 3600;
	struct tm t;

	if (y < 1900 || m < 1 || m > 12 || d < 1 || d > days[m - 1] + (leap && m == 2))
		return false;
	if (!gmtime_r(&local, &t))
		return false;
	return y * 10000 + m * 100 + d <=
	       (t.tm_year + 1900) * 10000 + (t.tm_mon + 1) * 100 + t.tm_mday;
}

static char citizen_check_digit(const char *text)
{
	static const int weights[17] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	int sum = 0;

	for (int i = 0; i < 17; i++)
		sum += (text[i] - '0') * weights[i];
	return "10X98765432"[sum % 11];
}

const char *format_citizen_id(const char *text)
{
	if (strlen(text) != 18 || !all(text, 17, is_digit) ||
		!(is_digit(text[17]) || text[17] == 'X'))
		return "must be 17 digits and a check digit (0-9 or capital X)";
	if (!is_province(text))
		return "must begin with a known division code";
	if (!is_past_date(text + 6))
		return "must hold a real birth date, not after today";
	if (text[17] != citizen_check_digit(text))
		return "check digit does not fit the number";
	return NULL;
}

static bool is_alnum(char c)
{
	return is_digit(c) || is_upper(c) || is_lower(c);
}

const char *format_person_id(const char *text)
{
	size_t n = strlen(text);

	/* What looks like a citizen id must be one; foreigners' permanent residence numbers have
	 * the same length and begin with 9. */
	if (n == 18 && all(text, 17, is_digit) && text[0] != '9')
		return format_citizen_id(text);
	if (n == 15 && all(text, n, is_digit))
		return "15-digit citizen numbers are no longer valid; give the 18-digit one";
	if (n < 5 || n > 20 || !all(text, n, is_alnum))
		return "must be a citizen number, or 5 to 20 letters and digits of another "
		       "document";
	return NULL;
}

static int vin_value(char c)
{
	static const char letters[] = "ABCDEFGHJKLMNPRSTUVWXYZ";
	static const char values[] = "12345678123457923456789";
	const char *at;

	if (is_digit(c))
		return c - '0';
	at = c ? strchr(letters, c) : NULL;
	return at ? values[at - letters] - '0' : -1;
}

const char *format_vin(const char *text)
{
	static const int weights[17] = { 8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2 };
	int sum = 0;

	if (strlen(text) != 17)
		return "must have 17 characters";
	for (int i = 0; i < 17; i++) {
		int v = vin_value(text[i]);
		if (v < 0)
			return "must be digits and capital letters without I, O and Q";
		sum += v * weights[i];
	}
	if (text[8] != "0123456789X"[sum % 11])
		return "check digit (ninth character) does not fit the number";
	return NULL;
}

void phone_digits(const char *text, char ret[static PHONE_DIGITS_MAX])
{
	size_t n = 0;

	if (strncmp(text, "+86", 3) == 0)
		text += 3;
	else if (strncmp(text, "0086", 4) == 0)
		text += 4;
	for (; *text && n + 1 < PHONE_DIGITS_MAX; text++) {
		if (is_digit(*text))
			ret[n++] = *text;
	}
	ret[n] = 0;
}

static bool is_dial_char(char c)
{
	return is_digit(c) || c == ' ' || c == '-';
}

/* Digits of a number written with nothing but digits, spaces, hyphens and a leading plus. */
static bool take_phone(const char *text, char digits[static PHONE_DIGITS_MAX])
{
	size_t n = strlen(text);

	if (n < 3 || n > 32 || !(is_digit(text[0]) || text[0] == '+') ||
		!all(text + 1, n - 1, is_dial_char))
		return false;
	phone_digits(text, digits);
	return strlen(digits) < PHONE_DIGITS_MAX - 1;
}

static bool is_mobile(const char *digits)
{
	return strlen(digits) == 11 && digits[0] == '1' && digits[1] >= '3';
}

const char *format_mobile(const char *text)
{
	char digits[PHONE_DIGITS_MAX];

	if (take_phone(text, digits) && is_mobile(digits) &&
		(text[0] != '+' || strncmp(text, "+86", 3) == 0))
		return NULL;
	return "must be a mobile number: 11 digits beginning with 13 to 19";
}

/* Landlines with or without area code (after +86 mostly without its 0), short service numbers, 400
 * and 800 numbers. */
static bool is_fixed(const char *d, bool with_country)
{
	size_t n = strlen(d);

	if (with_country)
		return n >= 9 && n <= 12;

	if (d[0] == '0')
		return d[1] != '0' && n >= 10 && n <= 12;
	if (n == 7 || n == 8)
		return d[0] >= '2' && d[0] <= '8';
	if (n == 10)
		return strncmp(d, "400", 3) == 0 || strncmp(d, "800", 3) == 0;
	return (d[0] == '1' && (n == 3 || n == 5)) || (d[0] == '9' && (n == 5 || n == 6));
}

const char *format_phone(const char *text)
{
	char digits[PHONE_DIGITS_MAX];

	if (take_phone(text, digits)) {
		size_t n = strlen(digits);
		bool china = strncmp(text, "+86", 3) == 0 || strncmp(text, "0086", 4) == 0;
		bool abroad = text[0] == '+' && !china;
		if (is_mobile(digits) && !abroad)
			return NULL;
		if (abroad ? digits[0] != '0' && n >= 7 && n <= 15 : is_fixed(digits, china))
			return NULL;
	}
	return "must be a mobile, landline or service number, foreign ones with + and country code";
}

const char *format_sha256(const char *text)
{
	if (strlen(text) == 64 && all(text, 64, is_hex))
		return NULL;
	return "must be 64 lower-case hexadecimal digits";
}

static bool is_token_char(char c)
{
	return is_alnum(c) || c == '.' || c == '_' || c == ':' || c == '-';
}

const char *format_token(const char *text)
{
	if (*text && all(text, strlen(text), is_token_char))
		return NULL;
	return "must be letters, digits and . _ : - only";
}

static bool is_host_char(char c)
{
	return is_alnum(c) || c == '.' || c == '-';
}

static bool is_ipv6_char(char c)
{
	return is_hex(c) || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}

static bool is_url_char(char c)
{
	return c > ' ' && c < 0x7f && !strchr("\"<>\\^`{|}#", c);
}

/* host, or [ipv6]; returns its length, 0 when there is none. */
static size_t host_length(const char *p)
{
	size_t n = 0;

	if (*p == '[') {
		for (n = 1; is_ipv6_char(p[n]); n++)
			;
		return n > 2 && p[n] == ']' ? n + 1 : 0;
	}
	while (is_host_char(p[n]))
		n++;
	return *p == '.' || *p == '-' ? 0 : n;
}

const char *format_http_url(const char *text)
{
	static const char why[] =
		"must be an http or https URL with a host, without user or fragment";
	const char *p = text;
	size_t host;

	if (strncmp(p, "https://", 8) == 0)
		p += 8;
	else if (strncmp(p, "http://", 7) == 0)
		p += 7;
	else
		return why;
	host = host_length(p);
	if (host == 0 || host > 255)
		return why;
	p += host;
	if (*p == ':') {
		int port = 0, n = 0;
		for (p++; is_digit(*p) && n < 6; p++, n++)
			port = port * 10 + (*p - '0');
		if (n == 0 || port < 1 || port > 65535)
			return why;
	}
	if (*p && *p != '/' && *p != '?')
		return why;
	return all(p, strlen(p), is_url_char) ? NULL : why;
}

const char *format_credit_code(const char *text)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	int sum = 0, weight = 1;

	if (strlen(text) != 18)
		return "must have 18 characters";
	for (int i = 0; i < 18; i++) {
		const char *at = strchr(alphabet, text[i]);
		if (!at)
			return "must be digits and capital letters without I, O, S, V and Z";
		if (i == 17)
			return alphabet[(31 - sum % 31) % 31] == *at
				       ? NULL
				       : "check character does not fit the code";
		sum += (int)(at - alphabet) * weight;
		weight = weight * 3 % 31;
	}
	return NULL;
}

const char *format_no_control(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		bool c0 = *p < 0x20 && *p != '\n' && *p != '\t';
		bool c1 = *p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0; /* U+0080..U+009F */
		if (c0 || c1 || *p == 0x7f)
			return "must not hold control characters";
	}
	return NULL;
}
