/* grades.h - do the parties' grades of responsibility agree (order 146 art. 60). Pure. */
#ifndef LIABILITY_GRADES_H
#define LIABILITY_GRADES_H

#include <stdbool.h>
#include <stddef.h>
#include "jingbao/v1/liability.pb-c.h"

/* The rules, one each so that a refusal can name it. */
enum grades_rule {
	GRADES_AGREE,
	GRADES_EMPTY,           /* nobody graded */
	GRADES_UNKNOWN,         /* not one of the five */
	GRADES_FULL_ALONE,      /* one FULL, all others NONE */
	GRADES_MAIN_PAIR,       /* MAIN needs SECONDARY beside it, and no EQUAL */
	GRADES_EQUAL_PAIR,      /* EQUAL needs two, and no SECONDARY */
	GRADES_SECONDARY_ALONE, /* SECONDARY needs MAIN */
	GRADES_NO_FAULT,        /* all NONE only when nobody was at fault */
	GRADES_FAULT,           /* when nobody was at fault, all are NONE */
};

/* `no_fault`: the scenario is an accident without anyone's fault. */
enum grades_rule grades_check(const Pb__Grade__Value *grades, size_t n, bool no_fault);
/* "full_alone" and one sentence; for GRADES_AGREE NULL. */
const char *grades_rule_name(enum grades_rule rule);
const char *grades_rule_text(enum grades_rule rule);
/* "全部责任" */
const char *grade_chinese(Pb__Grade__Value grade);
/* "FULL"; by name PB__GRADE__VALUE__UNSPECIFIED when unknown. */
const char *grade_name(Pb__Grade__Value grade);
Pb__Grade__Value grade_from_name(const char *name);

#endif
