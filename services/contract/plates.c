/* plates.c - number plates by structure (GA 36), and whether plate and type code fit together. */
#include "contract/formats.h"

#include <string.h>

enum { SHAPE_MAX = 12 };

/* Chinese characters that occur on plates, each with the letter that stands for it in a shape. */
static const char provinces[] = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
static const struct {
	char han[4];
	char mark;
} marks[] = {
	{ "学", 'x' },
	{ "警", 'j' },
	{ "挂", 'g' },
	{ "港", 'h' },
	{ "澳", 'm' },
	{ "使", 's' },
	{ "领", 'l' },
	{ "应", 'y' },
	{ "急", 'e' },
	{ "临", 't' },
};

/* p province, ^ letter but I and O, * the same or a digit, # digit, @ letter of new energy plates;
 * others stand for themselves. */
static const struct {
	const char *shape;
	enum plate_kind kind;
} shapes[] = {
	{ "p^*****", PLATE_STANDARD },
	{ "p^****x", PLATE_TRAINING },
	{ "p^****j", PLATE_POLICE },
	{ "p^****g", PLATE_TRAILER },
	{ "p^****h", PLATE_HONGKONG },
	{ "p^****m", PLATE_MACAO },
	{ "p^@*####", PLATE_NEV_SMALL },
	{ "p^#####@", PLATE_NEV_LARGE },
	{ "s######", PLATE_EMBASSY },
	{ "######s", PLATE_EMBASSY },
	{ "s^*****", PLATE_EMBASSY },
	{ "p^****l", PLATE_CONSULATE },
	{ "p^***l", PLATE_CONSULATE },
	{ "l######", PLATE_CONSULATE },
	{ "######l", PLATE_CONSULATE },
	{ "p^****ye", PLATE_EMERGENCY },
	{ "WJp****", PLATE_ARMED_POLICE },
	{ "WJp*****", PLATE_ARMED_POLICE },
	{ "WJ*****", PLATE_ARMED_POLICE },
	{ "WJ*******", PLATE_ARMED_POLICE },
	{ "^^*####", PLATE_MILITARY },
	{ "p^****t", PLATE_TEMPORARY },
	{ "p^*****t", PLATE_TEMPORARY },
	{ "p^******t", PLATE_TEMPORARY },
	{ "tp^*****", PLATE_TEMPORARY },
	{ "p#######", PLATE_TRACTOR },
};

/* One character of three UTF-8 bytes as its mark, 0 when it isn't on plates. */
static char han_mark(const char *p)
{
	for (const char *q = provinces; *q; q += 3) {
		if (memcmp(p, q, 3) == 0)
			return 'p';
	}
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		if (memcmp(p, marks[i].han, 3) == 0)
			return marks[i].mark;
	}
	return 0;
}

static bool to_shape(const char *text, char shape[static SHAPE_MAX])
{
	size_t n = 0;

	while (*text) {
		char mark = *text;

		if (n + 1 >= SHAPE_MAX)
			return false;
		if ((mark >= '0' && mark <= '9') || (mark >= 'A' && mark <= 'Z')) {
			text++;
		} else {
			if (strnlen(text, 3) < 3 || !(mark = han_mark(text)))
				return false;
			text += 3;
		}
		shape[n++] = mark;
	}
	shape[n] = 0;
	return true;
}

static bool fits_class(char c, char class)
{
	bool digit = c >= '0' && c <= '9';
	bool letter = c >= 'A' && c <= 'Z' && c != 'I' && c != 'O';

	switch (class) {
	case '^':
		return letter;
	case '*':
		return letter || digit;
	case '#':
		return digit;
	case '@':
		return letter && c <= 'K';
	default:
		return c == class;
	}
}

static bool fits_shape(const char *text, const char *shape)
{
	for (; *text && *shape; text++, shape++) {
		if (!fits_class(*text, *shape))
			return false;
	}
	return !*text && !*shape;
}

enum plate_kind plate_kind(const char *text)
{
	char shape[SHAPE_MAX];

	if (!*text || !to_shape(text, shape))
		return PLATE_BAD;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		if (fits_shape(shape, shapes[i].shape))
			return shapes[i].kind;
	}
	return PLATE_BAD;
}

const char *format_plate(const char *text)
{
	if (plate_kind(text) != PLATE_BAD)
		return NULL;
	return "must be a number plate such as 陕A12345: capital letters and digits without I, O, "
	       "spaces and dots";
}

/* Type codes a kind of plate can carry; NULL: any that no other kind claims. 42 and 43 (forged and
 * another vehicle's plate) go with everything. */
static const char *types_of(enum plate_kind kind)
{
	switch (kind) {
	case PLATE_TRAINING:
		return "16 17";
	case PLATE_POLICE:
		return "23 24";
	case PLATE_TRAILER:
		return "15";
	case PLATE_HONGKONG:
		return "26";
	case PLATE_MACAO:
		return "27";
	case PLATE_NEV_SMALL:
		return "52";
	case PLATE_NEV_LARGE:
		return "51";
	case PLATE_EMBASSY:
		return "03 09";
	case PLATE_CONSULATE:
		return "04 10";
	case PLATE_EMERGENCY:
		return "33";
	case PLATE_ARMED_POLICE:
		return "31";
	case PLATE_MILITARY:
		return "32";
	case PLATE_TEMPORARY:
		return "20 21 22";
	case PLATE_TRACTOR:
		return "14 25";
	case PLATE_STANDARD:
	case PLATE_BAD:
		break;
	}
	return NULL;
}

const char *plate_type_mismatch(const char *plate, const char *type)
{
	/* What a standard seven-character plate can't be. */
	static const char special[] = "03 04 09 10 15 16 17 23 24 26 27 31 32 33 41 51 52";
	const char *types;

	if (!*plate || !*type || strlen(type) != 2)
		return NULL;
	if (strcmp(type, "42") == 0 || strcmp(type, "43") == 0 || strcmp(type, "99") == 0)
		return NULL;
	types = types_of(plate_kind(plate));
	if (types ? strstr(types, type) != NULL : strstr(special, type) == NULL)
		return NULL;
	return "plate type does not go with a plate of this form";
}
