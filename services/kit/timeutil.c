/* timeutil.c - wall and steady clocks, RFC 3339 text, and the local calendar of Asia/Shanghai. */
#include "kit/timeutil.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SHANGHAI_OFFSET_S = 8 * 3600, DAY_S = 86400 };

/* The last microsecond that still has a four-digit year. */
static const int64_t time_max_us = INT64_C(253402300799999999);

struct civil {
	int year, month, day, hour, minute, second, micro;
};

static int64_t clock_us(clockid_t id)
{
	struct timespec t;
	int e = clock_gettime(id, &t);

	assert(e == 0);
	(void)e;
	return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

int64_t now_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

int64_t mono_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days since 1970-01-01 of a Gregorian date; years are counted from March so that the leap day is
 * the last of its year, in eras of 400 years. */
static int64_t days_from_civil(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct civil civil_from_us(int64_t us)
{
	int64_t s = us / US_PER_S - (us % US_PER_S < 0);
	int64_t days = s / DAY_S - (s % DAY_S < 0);
	int rest = (int)(s - days * DAY_S);
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t mp = (5 * of_year + 2) / 153;
	struct civil c = { 0 };

	c.day = (int)(of_year - (153 * mp + 2) / 5 + 1);
	c.month = (int)(mp < 10 ? mp + 3 : mp - 9);
	c.year = (int)(year + era * 400 + (c.month <= 2));
	c.hour = rest / 3600;
	c.minute = rest / 60 % 60;
	c.second = rest % 60;
	c.micro = (int)(us - s * US_PER_S);
	return c;
}

char *time_to_text(int64_t us, char buf[static TIME_TEXT_MAX])
{
	struct civil c;
	char fraction[16] = "";

	if (us > time_max_us)
		us = time_max_us;
	if (us < -time_max_us / 8)
		us = -time_max_us / 8;
	c = civil_from_us(us);
	if (c.micro)
		snprintf(fraction, sizeof(fraction), ".%06d", c.micro);
	snprintf(buf, TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", c.year, c.month, c.day,
		c.hour, c.minute, c.second, fraction);
	return buf;
}

/* Reads exactly n digits and moves on. */
static bool take_digits(const char **p, int n, int *ret)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		char ch = (*p)[i];
		if (ch < '0' || ch > '9')
			return false;
		v = v * 10 + (ch - '0');
	}
	*p += n;
	*ret = v;
	return true;
}

static bool take_char(const char **p, const char *any_of)
{
	if (!**p || !strchr(any_of, **p))
		return false;
	(*p)++;
	return true;
}

static bool take_date_time(const char **p, struct civil *c)
{
	return take_digits(p, 4, &c->year) && take_char(p, "-") && take_digits(p, 2, &c->month) &&
	       take_char(p, "-") && take_digits(p, 2, &c->day) && take_char(p, "Tt") &&
	       take_digits(p, 2, &c->hour) && take_char(p, ":") && take_digits(p, 2, &c->minute) &&
	       take_char(p, ":") && take_digits(p, 2, &c->second);
}

/* Digits past the sixth are read and cut. */
static bool take_fraction(const char **p, int *ret_micro)
{
	int v = 0, n = 0;

	*ret_micro = 0;
	if (**p != '.')
		return true;
	for ((*p)++; **p >= '0' && **p <= '9'; (*p)++, n++) {
		if (n < 6)
			v = v * 10 + (**p - '0');
	}
	for (int i = n; i < 6; i++)
		v *= 10;
	*ret_micro = v;
	return n > 0;
}

static bool take_offset(const char **p, int *ret_s)
{
	int sign, hour, minute;

	*ret_s = 0;
	if (take_char(p, "Zz"))
		return true;
	sign = **p == '-' ? -1 : 1;
	if (!take_char(p, "+-") || !take_digits(p, 2, &hour) || !take_char(p, ":") ||
		!take_digits(p, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*ret_s = sign * (hour * 3600 + minute * 60);
	return true;
}

bool time_from_text(const char *text, int64_t *ret_us)
{
	struct civil c = { 0 };
	const char *p = text;
	int offset_s;
	int64_t s, us;

	if (!text || !take_date_time(&p, &c) || !take_fraction(&p, &c.micro) ||
		!take_offset(&p, &offset_s) || *p)
		return false;
	if (c.year < 1969 || c.month < 1 || c.month > 12 || c.day < 1 ||
		c.day > days_in_month(c.year, c.month))
		return false;
	if (c.hour > 23 || c.minute > 59 || c.second > 60)
		return false;
	s = days_from_civil(c.year, c.month, c.day) * DAY_S + c.hour * 3600 + c.minute * 60 +
	    c.second - offset_s;
	/* A leap second exists only at the end of a UTC day; it counts as the second after it. */
	if (c.second == 60 && s % DAY_S != 0)
		return false;
	us = s * US_PER_S + c.micro;
	if (us < 0 || us > time_max_us)
		return false;
	*ret_us = us;
	return true;
}

int local_date(int64_t us)
{
	struct civil c = civil_from_us(us + SHANGHAI_OFFSET_S * US_PER_S);

	return c.year * 10000 + c.month * 100 + c.day;
}

char *time_to_chinese(int64_t us, char *buf, size_t size)
{
	struct civil c = civil_from_us(us + SHANGHAI_OFFSET_S * US_PER_S);

	snprintf(buf, size, "%d年%02d月%02d日%02d时%02d分", c.year, c.month, c.day, c.hour,
		c.minute);
	return buf;
}
