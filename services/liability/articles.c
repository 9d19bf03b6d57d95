/* articles.c - references to articles of law ("L43-1", "R38-1(3)") and their Chinese citation. */
#include "liability/articles.h"

#include <stdio.h>
#include <string.h>

static const struct {
	char letter;
	unsigned last; /* number of articles in the version the catalogue was checked against */
	const char *name;
} laws[] = {
	{ 'L', 124, "中华人民共和国道路交通安全法" },
	{ 'R', 115, "中华人民共和国道路交通安全法实施条例" },
	{ 'P', 114, "道路交通事故处理程序规定" },
};

/* A number of one to three digits not starting with 0; 0 when there is none. */
static unsigned take_number(const char **p)
{
	unsigned n = 0;
	for (int digits = 0; **p >= '0' && **p <= '9' && digits < 3; digits++, (*p)++) {
		if (digits == 0 && **p == '0')
			return 0;
		n = n * 10 + (unsigned)(**p - '0');
	}
	return n;
}

static const char *law_name(char letter, unsigned article)
{
	for (size_t i = 0; i < sizeof(laws) / sizeof(laws[0]); i++)
		if (laws[i].letter == letter && article <= laws[i].last)
			return laws[i].name;
	return NULL;
}

const char *article_parse(const char *text, struct article *ret)
{
	struct article a = { .law = text[0] };
	const char *p = text[0] ? text + 1 : text;
	a.article = take_number(&p);
	if (a.article == 0)
		return "an article is written like L43-1, R38-1(3), or begins with 《";
	if (*p == '-') {
		p++;
		if ((a.paragraph = take_number(&p)) == 0)
			return "after '-' comes the paragraph's number";
	}
	if (*p == '(') {
		p++;
		if ((a.item = take_number(&p)) == 0 || *p != ')')
			return "an item's number stands in parentheses";
		p++;
	}
	if (*p)
		return "an article is written like L43-1, R38-1(3), or begins with 《";
	if (!law_name(a.law, a.article))
		return "no such article: L is the law, R the regulation, P order 146";
	*ret = a;
	return NULL;
}

void chinese_number(unsigned n, char buf[static 32])
{
	static const char *const digit[] = { "零", "一", "二", "三", "四", "五", "六", "七", "八",
		"九" };
	unsigned h = n / 100 % 10, t = n / 10 % 10, u = n % 10;
	buf[0] = '\0';
	size_t len = 0;
	if (h)
		len += (size_t)snprintf(buf, 32, "%s百", digit[h]);
	if (t)
		len += (size_t)snprintf(buf + len, 32 - len, "%s十", t == 1 && !h ? "" : digit[t]);
	else if (h && u)
		len += (size_t)snprintf(buf + len, 32 - len, "零");
	if (u)
		(void)snprintf(buf + len, 32 - len, "%s", digit[u]);
}

bool article_cite(const struct article *a, char *buf, size_t size)
{
	char art[32], para[32], item[32];
	chinese_number(a->article, art);
	chinese_number(a->paragraph, para);
	chinese_number(a->item, item);
	int n = snprintf(buf, size, "《%s》第%s条%s%s%s%s%s%s", law_name(a->law, a->article), art,
		a->paragraph ? "第" : "", a->paragraph ? para : "", a->paragraph ? "款" : "",
		a->item ? "第（" : "", a->item ? item : "", a->item ? "）项" : "");
	return n > 0 && (size_t)n < size;
}

const char *article_text(const char *text, char *buf, size_t size)
{
	static const char mark[] = "《";
	if (strncmp(text, mark, sizeof(mark) - 1) == 0) {
		const char *named = strstr(text, "》");
		if (!named || !strstr(named, "第") || !strstr(named, "条"))
			return "a citation names the law between 《 and 》 and the article (条)";
		return (size_t)snprintf(buf, size, "%s", text) < size ? NULL : "too long";
	}
	struct article a;
	const char *wrong = article_parse(text, &a);
	if (wrong)
		return wrong;
	return article_cite(&a, buf, size) ? NULL : "too long";
}
