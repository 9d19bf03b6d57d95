/* plates.c - do plate and plate type of a party go together, and what a type is called. */
#include "liability/plates.h"

#include <stddef.h>
#include <string.h>
#include "contract/formats.h"

/* GA/T 16.7 */
static const struct {
	const char *code, *chinese;
} types[] = {
	{ "01", "大型汽车" },
	{ "02", "小型汽车" },
	{ "03", "使馆汽车" },
	{ "04", "领馆汽车" },
	{ "05", "境外汽车" },
	{ "06", "外籍汽车" },
	{ "07", "普通摩托车" },
	{ "08", "轻便摩托车" },
	{ "09", "使馆摩托车" },
	{ "10", "领馆摩托车" },
	{ "11", "境外摩托车" },
	{ "12", "外籍摩托车" },
	{ "13", "低速车" },
	{ "14", "拖拉机" },
	{ "15", "挂车" },
	{ "16", "教练汽车" },
	{ "17", "教练摩托车" },
	{ "18", "试验汽车" },
	{ "19", "试验摩托车" },
	{ "20", "临时入境汽车" },
	{ "21", "临时入境摩托车" },
	{ "22", "临时行驶车" },
	{ "23", "警用汽车" },
	{ "24", "警用摩托" },
	{ "25", "原农机号牌" },
	{ "26", "香港入出境车" },
	{ "27", "澳门入出境车" },
	{ "31", "武警号牌" },
	{ "32", "军队号牌" },
	{ "33", "应急号牌" },
	{ "41", "无号牌" },
	{ "42", "假号牌" },
	{ "43", "挪用号牌" },
	{ "51", "大型新能源汽车" },
	{ "52", "小型新能源汽车" },
	{ "99", "其他" },
};

const char *plate_type_check(const char *plate, const char *type)
{
	if (!*type)
		return *plate ? "a plate needs its plate type" : NULL;
	if (!*plate_type_chinese(type))
		return "unknown plate type (GA/T 16.7)";
	if (strcmp(type, "41") == 0)
		return *plate ? "plate type 41 means there is no plate" : NULL;
	if (!*plate)
		return "this plate type needs a plate; without one it is 41";
	return plate_type_mismatch(plate, type);
}

const char *plate_type_chinese(const char *type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].code, type) == 0)
			return types[i].chinese;
	return "";
}

bool has_vehicle(const char *plate, const char *type)
{
	return *plate || *type;
}
