/* grades.c - do the parties' grades of responsibility agree (order 146 art. 60). */
#include "liability/grades.h"

#include <stdbool.h>
#include <string.h>

static const struct {
	const char *name, *text;
} rules[] = {
	[GRADES_EMPTY] = { "required", "at least one party has to be graded" },
	[GRADES_UNKNOWN] = { "grade", "a grade is FULL, MAIN, EQUAL, SECONDARY or NONE" },
	[GRADES_FULL_ALONE] = { "full_alone", "with one party FULL all others are NONE" },
	[GRADES_MAIN_PAIR] = { "main_pair", "MAIN needs a SECONDARY beside it and no EQUAL" },
	[GRADES_EQUAL_PAIR] = { "equal_pair", "EQUAL needs at least two EQUAL and no SECONDARY" },
	[GRADES_SECONDARY_ALONE] = { "secondary_alone", "SECONDARY needs a MAIN" },
	[GRADES_NO_FAULT] = { "no_fault",
		"all NONE only when the scenario is an accident without fault (S57)" },
	[GRADES_FAULT] = { "fault", "an accident without fault leaves every party NONE" },
};

static const struct {
	const char *name, *chinese;
} names[] = {
	[PB__GRADE__VALUE__FULL] = { "FULL", "全部责任" },
	[PB__GRADE__VALUE__MAIN] = { "MAIN", "主要责任" },
	[PB__GRADE__VALUE__EQUAL] = { "EQUAL", "同等责任" },
	[PB__GRADE__VALUE__SECONDARY] = { "SECONDARY", "次要责任" },
	[PB__GRADE__VALUE__NONE] = { "NONE", "无责任" },
};
enum { GRADES = sizeof(names) / sizeof(names[0]) };

enum grades_rule grades_check(const Pb__Grade__Value *grades, size_t n, bool no_fault)
{
	size_t count[GRADES] = { 0 };
	if (n == 0)
		return GRADES_EMPTY;
	for (size_t i = 0; i < n; i++) {
		if ((int)grades[i] <= 0 || (int)grades[i] >= GRADES)
			return GRADES_UNKNOWN;
		count[grades[i]]++;
	}
	size_t full = count[PB__GRADE__VALUE__FULL], main_ = count[PB__GRADE__VALUE__MAIN];
	size_t equal = count[PB__GRADE__VALUE__EQUAL];
	size_t secondary = count[PB__GRADE__VALUE__SECONDARY];
	size_t none = count[PB__GRADE__VALUE__NONE];
	if (none == n)
		return no_fault ? GRADES_AGREE : GRADES_NO_FAULT;
	if (no_fault)
		return GRADES_FAULT;
	if (full > 0)
		return full == 1 && none == n - 1 ? GRADES_AGREE : GRADES_FULL_ALONE;
	if (main_ > 0)
		return secondary > 0 && equal == 0 ? GRADES_AGREE : GRADES_MAIN_PAIR;
	if (equal > 0)
		return equal > 1 && secondary == 0 ? GRADES_AGREE : GRADES_EQUAL_PAIR;
	return GRADES_SECONDARY_ALONE;
}

const char *grades_rule_name(enum grades_rule rule)
{
	return rules[rule].name;
}

const char *grades_rule_text(enum grades_rule rule)
{
	return rules[rule].text;
}

const char *grade_chinese(Pb__Grade__Value grade)
{
	return (int)grade > 0 && (int)grade < GRADES ? names[grade].chinese : "";
}

const char *grade_name(Pb__Grade__Value grade)
{
	return (int)grade > 0 && (int)grade < GRADES ? names[grade].name : "";
}

Pb__Grade__Value grade_from_name(const char *name)
{
	for (int i = 1; i < GRADES; i++)
		if (strcmp(names[i].name, name) == 0)
			return (Pb__Grade__Value)i;
	return PB__GRADE__VALUE__UNSPECIFIED;
}
