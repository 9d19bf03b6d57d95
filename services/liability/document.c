/* document.c - 道路交通事故认定书(简易程序) as a list of blocks. */
#include "liability/document.h"

#include <string.h>
#include "kit/timeutil.h"
#include "liability/grades.h"
#include "liability/plates.h"

enum { BLOCKS_MAX = 200, TIME_CHINESE = 64 };

struct builder {
	struct arena *a;
	struct document *doc;
	const Pb__Determination *d;
	bool failed;
};

const char *party_chinese(const char *letter)
{
	static const char *const stems[] = { "甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬",
		"癸" };
	if (letter[0] >= 'A' && letter[0] < 'A' + 10 && !letter[1])
		return stems[letter[0] - 'A'];
	return letter;
}

static struct doc_block *add(struct builder *b, enum doc_kind kind, const char *text)
{
	static struct doc_block none;
	if (!text || b->doc->n_blocks >= BLOCKS_MAX) {
		b->failed = true;
		return &none;
	}
	struct doc_block *k = &b->doc->blocks[b->doc->n_blocks++];
	k->kind = kind;
	k->text = text;
	k->strokes = k->note = k->url = "";
	return k;
}

static void cell(
	struct builder *b, struct doc_block *row, bool label, double width, const char *text)
{
	if (!text || row->n_cells >= DOC_CELLS_MAX) {
		b->failed = true;
		return;
	}
	row->cells[row->n_cells++] = (struct doc_cell){ text, width, label };
}

static const char *or_none(const char *text)
{
	return *text ? text : "—";
}

/* A cell stands on one page: line breaks in what people typed must not make it taller. */
static const char *in_line(struct builder *b, const char *text)
{
	char *copy = arena_strdup(b->a, text);
	for (char *p = copy; p && *p; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	return copy;
}

static const char *when(struct builder *b, int64_t us)
{
	char buf[TIME_CHINESE];
	if (us <= 0)
		return "";
	return arena_strdup(b->a, time_to_chinese(us, buf, sizeof(buf)));
}

static Pb__Grade__Value grade_of(const Pb__Determination *d, const char *party_id)
{
	for (size_t i = 0; i < d->n_grades; i++)
		if (strcmp(d->grades[i]->party_id, party_id) == 0)
			return d->grades[i]->grade;
	return PB__GRADE__VALUE__UNSPECIFIED;
}

static void add_head(struct builder *b)
{
	const Pb__Determination *d = b->d;
	add(b, DOC_CENTRE, d->unit);
	add(b, DOC_TITLE, "道路交通事故认定书");
	add(b, DOC_CENTRE, "（简易程序）");
	add(b, DOC_RIGHT, arena_printf(b->a, "第 %s 号", d->document_no));
	struct doc_block *row = add(b, DOC_ROW, "");
	cell(b, row, true, 0.14, "事故时间");
	cell(b, row, false, 0.48, when(b, d->occurred_at));
	cell(b, row, true, 0.14, "天气");
	cell(b, row, false, 0.24, in_line(b, or_none(d->weather)));
	row = add(b, DOC_ROW, "");
	cell(b, row, true, 0.14, "事故地点");
	cell(b, row, false, 0.86, in_line(b, d->place));
	row = add(b, DOC_ROW, "");
	cell(b, row, true, 0.14, "事故类型");
	cell(b, row, false, 0.86,
		d->slight_injury
			? "□ 财产损失事故　　■ 伤人事故，当事人伤势轻微，各方一致同意适用简易程序"
			: "■ 财产损失事故　　□ 伤人事故，当事人伤势轻微，各方一致同意适用简易程序");
}

static void add_party(struct builder *b, const Pb__Party *p)
{
	const bool vehicle = has_vehicle(p->plate, p->plate_type);
	add(b, DOC_HEAD, arena_printf(b->a, "当事人%s", party_chinese(p->letter)));
	struct doc_block *row = add(b, DOC_ROW, "");
	cell(b, row, true, 0.14, "姓名");
	cell(b, row, false, 0.2, in_line(b, p->name));
	cell(b, row, true, 0.2, *p->licence_no ? "驾驶证号" : "身份证件号");
	cell(b, row, false, 0.46, or_none(*p->licence_no ? p->licence_no : p->id_number));
	row = add(b, DOC_ROW, "");
	cell(b, row, true, 0.14, "联系方式");
	cell(b, row, false, 0.2, or_none(p->phone));
	cell(b, row, true, 0.2, "车辆类型 / 号牌");
	const char *kind = *p->vehicle_kind ? p->vehicle_kind : plate_type_chinese(p->plate_type);
	cell(b, row, false, 0.46,
		!vehicle ? "—"
			 : arena_printf(b->a, "%s　%s", in_line(b, kind),
				   *p->plate ? p->plate : "无号牌"));
	row = add(b, DOC_ROW, "");
	cell(b, row, true, 0.14, "保险公司");
	cell(b, row, false, 0.2, or_none(p->insurer));
	cell(b, row, true, 0.2, "保险凭证号");
	cell(b, row, false, 0.46, or_none(p->policy_no));
}

static void add_facts(struct builder *b)
{
	const Pb__Determination *d = b->d;
	const char *articles = "";
	add(b, DOC_HEAD, "道路交通事故事实及责任");
	add(b, DOC_TEXT, arena_printf(b->a, "事故形态：%s。", d->scenario_title));
	add(b, DOC_TEXT, d->facts);
	for (size_t i = 0; i < d->n_articles && articles; i++)
		articles =
			arena_printf(b->a, "%s%s%s", articles, i ? "，" : "", d->articles[i]->text);
	if (d->n_articles > 0)
		add(b, DOC_TEXT,
			articles ? arena_printf(b->a,
					   "上述事实有现场照片等证据证实，适用%s的规定。", articles)
				 : NULL);
	add(b, DOC_TEXT, "根据《道路交通事故处理程序规定》第六十条，认定各方责任如下：");
	for (size_t i = 0; i < d->n_parties; i++) {
		const Pb__Party *p = d->parties[i];
		struct doc_block *row = add(b, DOC_ROW, "");
		cell(b, row, true, 0.14, arena_printf(b->a, "当事人%s", party_chinese(p->letter)));
		cell(b, row, false, 0.54,
			arena_printf(b->a, "%s　%s", in_line(b, p->name), p->plate));
		cell(b, row, true, 0.32, grade_chinese(grade_of(d, p->party_id)));
	}
	add(b, DOC_HEAD, "损害赔偿调解");
	add(b, DOC_TEXT,
		"当事人未共同申请当场调解。损害赔偿依法由保险公司赔偿，或者由当事人协商、"
		"向人民调解委员会申请调解、向人民法院提起民事诉讼。");
}

static const Pb__SignatureRecord *signature_of(const Pb__Determination *d, const char *party_id)
{
	for (size_t i = 0; i < d->n_signatures; i++)
		if (strcmp(d->signatures[i]->party_id, party_id) == 0)
			return d->signatures[i];
	return NULL;
}

static const char *signature_note(struct builder *b, const Pb__SignatureRecord *s)
{
	if (!s)
		return "（未签名）";
	if (s->refused)
		return arena_printf(b->a, "当事人拒绝签名。交通警察注明：%s\n%s",
			in_line(b, s->officer_note), when(b, s->signed_at));
	if (!*s->strokes)
		return arena_printf(b->a, "已签名，签名图像 SHA-256：%.16s…\n%s", s->image_sha256,
			when(b, s->signed_at));
	return when(b, s->signed_at);
}

static void add_signatures(struct builder *b)
{
	const Pb__Determination *d = b->d;
	add(b, DOC_HEAD, "当事人签名");
	for (size_t i = 0; i < d->n_parties; i++) {
		const Pb__SignatureRecord *s = signature_of(d, d->parties[i]->party_id);
		struct doc_block *k = add(b, DOC_SIGN,
			arena_printf(b->a, "当事人%s", party_chinese(d->parties[i]->letter)));
		k->strokes = s ? s->strokes : "";
		k->note = signature_note(b, s);
		b->failed |= !k->note;
	}
	struct doc_block *row = add(b, DOC_ROW, "");
	cell(b, row, true, 0.14, "交通警察");
	cell(b, row, false, 0.3, or_none(d->officer_name));
	cell(b, row, true, 0.14, "认定日期");
	cell(b, row, false, 0.42, when(b, d->decided_at));
	row = add(b, DOC_ROW, "");
	cell(b, row, true, 0.14, "认定单位");
	cell(b, row, false, 0.86, arena_printf(b->a, "%s（电子文书，以验证码核验）", d->unit));
}

static void add_notice(struct builder *b)
{
	const Pb__Determination *d = b->d;
	add(b, DOC_NOTE,
		"告知：当事人对本认定有异议的，可以自本认定书送达之日起三个工作日内提出书面复核申请"
		"，"
		"复核以一次为限；对损害赔偿有争议的，可以请求调解，也可以直接向人民法院提起民事诉讼"
		"。");
	struct doc_block *k = add(b, DOC_VERIFY,
		arena_printf(b->a,
			"扫码或者访问下列地址核验本文书：\n%s\n验证码：%s\n内容摘要 SHA-256：%s",
			d->verify_url, d->verify_code, d->content_sha256));
	k->url = d->verify_url;
}

const struct document *document_build(const Pb__DocumentPrint *in, struct arena *a)
{
	struct builder b = { .a = a, .doc = ARENA_NEW(a, struct document), .d = in->determination };
	if (!b.doc || !b.d)
		return NULL;
	b.doc->blocks = ARENA_ARRAY(a, struct doc_block, BLOCKS_MAX);
	if (!b.doc->blocks)
		return NULL;
	b.doc->title = arena_printf(a, "道路交通事故认定书（简易程序）%s", b.d->document_no);
	b.doc->mark = in->final ? NULL : "待签名";
	b.doc->at_us = b.d->decided_at;
	add_head(&b);
	for (size_t i = 0; i < b.d->n_parties; i++)
		add_party(&b, b.d->parties[i]);
	add_facts(&b);
	add_signatures(&b);
	add_notice(&b);
	return b.failed || a->full ? NULL : b.doc;
}
