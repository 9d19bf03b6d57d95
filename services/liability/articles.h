/* articles.h - references to articles of law ("L43-1", "R38-1(3)") and their Chinese citation.
 * Pure. */
#ifndef LIABILITY_ARTICLES_H
#define LIABILITY_ARTICLES_H

#include <stdbool.h>
#include <stddef.h>

struct article {
	char law;           /* L law, R implementing regulation, P order 146 */
	unsigned article;   /* 1.. */
	unsigned paragraph; /* 0 none */
	unsigned item;      /* 0 none */
};

/* NULL when the text is a reference, else what is wrong, as a constant sentence. */
const char *article_parse(const char *text, struct article *ret);
/* "《中华人民共和国道路交通安全法》第四十三条第一款"; false when size is too small. */
bool article_cite(const struct article *a, char *buf, size_t size);
/* Citation of either form: a reference is written out, a text beginning with 《 is kept. NULL when
 * it fits, else what is wrong. */
const char *article_text(const char *text, char *buf, size_t size);
/* "四十三", 1..999. */
void chinese_number(unsigned n, char buf[static 32]);

#endif
