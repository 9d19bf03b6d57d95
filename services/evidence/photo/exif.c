/* exif.c - capture time, place, orientation and camera from EXIF through libexif. */
#include "evidence/photo/exif.h"

#include <math.h>
#include <string.h>
#include <libexif/exif-data.h>

enum { SHANGHAI_S = 8 * 3600, EXIF_MAX = 65536 };

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t days_from_civil(int y, int m, int d)
{
	y -= m <= 2;
	int era = y / 400;
	int yoe = y - era * 400;
	int doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return (int64_t)era * 146097 + doe - 719468;
}

/* n digits as a number; -1 when one isn't a digit. */
static int digits(const char *s, int n)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

static bool in_range(int v, int lo, int hi)
{
	return v >= lo && v <= hi;
}

static int month_days(int y, int m)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return days[m - 1] + (m == 2 && leap);
}

/* "+08:00" or "Z" as seconds. */
static bool parse_offset(const char *s, int *ret_s)
{
	if (strcmp(s, "Z") == 0) {
		*ret_s = 0;
		return true;
	}
	if (strlen(s) != 6 || (s[0] != '+' && s[0] != '-') || s[3] != ':')
		return false;
	int h = digits(s + 1, 2), m = digits(s + 4, 2);
	if (!in_range(h, 0, 14) || !in_range(m, 0, 59))
		return false;
	*ret_s = (h * 3600 + m * 60) * (s[0] == '-' ? -1 : 1);
	return true;
}

enum photo_time exif_time(const char *t, const char *offset, int64_t *ret_us)
{
	if (!t || strlen(t) != 19 || t[4] != t[7] || t[13] != ':' || t[16] != ':')
		return PHOTO_TIME_NONE;
	int y = digits(t, 4), mo = digits(t + 5, 2), d = digits(t + 8, 2);
	int h = digits(t + 11, 2), mi = digits(t + 14, 2), s = digits(t + 17, 2);
	if (!in_range(y, 1980, 9999) || !in_range(mo, 1, 12) ||
		!in_range(d, 1, month_days(y, mo)) || !in_range(h, 0, 23) || !in_range(mi, 0, 59) ||
		!in_range(s, 0, 60))
		return PHOTO_TIME_NONE;
	int off = SHANGHAI_S;
	enum photo_time how = PHOTO_TIME_LOCAL;
	if (offset && *offset && parse_offset(offset, &off))
		how = PHOTO_TIME_OFFSET;
	int64_t local = days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + s;
	*ret_us = (local - off) * 1000000;
	return how;
}

/* An ASCII entry's text, cut to the buffer, trailing blanks off, unprintable bytes as '?'. */
static const char *entry_text(ExifContent *c, ExifTag tag, char *buf, size_t size)
{
	ExifEntry *e = exif_content_get_entry(c, tag);
	size_t n = 0;

	buf[0] = '\0';
	if (!e || !e->data || e->format != EXIF_FORMAT_ASCII)
		return buf;
	while (n < e->size && n + 1 < size && e->data[n]) {
		buf[n] = (char)(e->data[n] >= 0x20 && e->data[n] < 0x7f ? e->data[n] : '?');
		n++;
	}
	while (n > 0 && buf[n - 1] == ' ')
		n--;
	buf[n] = '\0';
	return buf;
}

static uint8_t read_orientation(ExifData *d, ExifByteOrder order)
{
	ExifEntry *e = exif_content_get_entry(d->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);

	if (!e || !e->data || e->format != EXIF_FORMAT_SHORT || e->size < 2)
		return 1;
	ExifShort v = exif_get_short(e->data, order);
	return v >= 1 && v <= 8 ? (uint8_t)v : 1;
}

/* The i-th fraction of an entry, NAN when senseless. Some phones write signed ones, and 0/0 for
 * seconds they fold into the minutes. */
static double read_fraction(const ExifEntry *e, unsigned i, ExifByteOrder order)
{
	ExifRational u = exif_get_rational(e->data + 8 * i, order);
	double v = u.numerator, d = u.denominator;

	if (e->format == EXIF_FORMAT_SRATIONAL) {
		ExifSRational s = exif_get_srational(e->data + 8 * i, order);
		v = s.numerator;
		d = s.denominator;
	}
	if (d == 0)
		return i == 2 && v == 0 ? 0 : NAN;
	return v / d >= 0 ? v / d : NAN;
}

/* Degrees, minutes and seconds as degrees; NAN when anything is senseless. */
static double read_angle(ExifContent *gps, int tag, ExifByteOrder order)
{
	static const double unit[3] = { 1, 60, 3600 };
	ExifEntry *e = exif_content_get_entry(gps, (ExifTag)tag);
	double sum = 0;

	if (!e || !e->data || e->components < 3 || e->size < 24 ||
		(e->format != EXIF_FORMAT_RATIONAL && e->format != EXIF_FORMAT_SRATIONAL))
		return NAN;
	for (unsigned i = 0; i < 3; i++) {
		double v = read_fraction(e, i, order);
		if (!isfinite(v) || (i > 0 && v > 60))
			return NAN;
		sum += v / unit[i];
	}
	return sum;
}

/* Another datum than the phones' own makes the position worthless here. */
static bool wgs84_or_unsaid(ExifContent *gps)
{
	char datum[16];

	entry_text(gps, (ExifTag)EXIF_TAG_GPS_MAP_DATUM, datum, sizeof(datum));
	return datum[0] == '\0' || strncmp(datum, "WGS", 3) == 0 || strncmp(datum, "CGCS", 4) == 0;
}

static bool read_gps(ExifData *d, ExifByteOrder order, double *ret_lon, double *ret_lat)
{
	ExifContent *gps = d->ifd[EXIF_IFD_GPS];
	char ns[4], ew[4];
	double lat = read_angle(gps, EXIF_TAG_GPS_LATITUDE, order);
	double lon = read_angle(gps, EXIF_TAG_GPS_LONGITUDE, order);

	entry_text(gps, (ExifTag)EXIF_TAG_GPS_LATITUDE_REF, ns, sizeof(ns));
	entry_text(gps, (ExifTag)EXIF_TAG_GPS_LONGITUDE_REF, ew, sizeof(ew));
	if (!isfinite(lat) || !isfinite(lon) || lat > 90 || lon > 180 || (lat == 0 && lon == 0))
		return false;
	if (!strchr("NS", ns[0]) || !strchr("EW", ew[0]) || !ns[0] || !ew[0] ||
		!wgs84_or_unsaid(gps))
		return false;
	*ret_lat = ns[0] == 'S' ? -lat : lat;
	*ret_lon = ew[0] == 'W' ? -lon : lon;
	return true;
}

static void read_time(ExifData *d, struct photo_exif *x)
{
	char when[32], offset[16];
	ExifContent *c = d->ifd[EXIF_IFD_EXIF];

	entry_text(c, EXIF_TAG_DATE_TIME_ORIGINAL, when, sizeof(when));
	entry_text(c, EXIF_TAG_OFFSET_TIME_ORIGINAL, offset, sizeof(offset));
	x->taken_how = (uint8_t)exif_time(when, offset, &x->taken_at_us);
}

struct photo_exif exif_read(const uint8_t *data, size_t n)
{
	struct photo_exif x = { .orientation = 1 };

	if (!data || n == 0 || n > EXIF_MAX)
		return x;
	ExifData *d = exif_data_new();
	if (!d)
		return x;
	/* As written: no additions or repairs of the library's own. */
	exif_data_unset_option(d, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
	exif_data_load_data(d, data, (unsigned)n);
	ExifByteOrder order = exif_data_get_byte_order(d);
	x.orientation = read_orientation(d, order);
	read_time(d, &x);
	x.has_gps = read_gps(d, order, &x.lon, &x.lat);
	entry_text(d->ifd[EXIF_IFD_0], EXIF_TAG_MAKE, x.make, sizeof(x.make));
	entry_text(d->ifd[EXIF_IFD_0], EXIF_TAG_MODEL, x.model, sizeof(x.model));
	exif_data_unref(d);
	return x;
}
