/* test_document.c - the document's blocks, and the printed PDF read back with pdftotext. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "liability/document.h"

static Pb__Party a = PB__PARTY__INIT, b = PB__PARTY__INIT;
static Pb__Party *parties[] = { &a, &b };
static Pb__PartyGrade ga = PB__PARTY_GRADE__INIT, gb = PB__PARTY_GRADE__INIT;
static Pb__PartyGrade *grades[] = { &ga, &gb };
static Pb__ScenarioArticle article = PB__SCENARIO_ARTICLE__INIT;
static Pb__ScenarioArticle *articles[] = { &article };
static Pb__SignatureRecord sa = PB__SIGNATURE_RECORD__INIT, sb = PB__SIGNATURE_RECORD__INIT;
static Pb__SignatureRecord *signatures[] = { &sa, &sb };
static Pb__Determination d;
static Pb__DocumentPrint print_job;

static void fill_parties(void)
{
	a.party_id = "01900000-0000-7000-8000-000000000001";
	a.letter = "A";
	a.name = "张伟";
	a.licence_no = "610103199001010016";
	a.phone = "13800138000";
	a.plate = "陕A12345";
	a.plate_type = "02";
	a.insurer = "PICC";
	a.policy_no = "PDZA202661010000123456";
	b.party_id = "01900000-0000-7000-8000-000000000002";
	b.letter = "B";
	b.name = "欧阳娜娜";
	b.id_number = "610113198511234528";
	b.plate = "陕AD12345";
	b.plate_type = "52";
	ga.party_id = a.party_id;
	ga.grade = PB__GRADE__VALUE__FULL;
	gb.party_id = b.party_id;
	gb.grade = PB__GRADE__VALUE__NONE;
}

static int setup(void **state)
{
	(void)state;
	fill_parties();
	pb__determination__init(&d);
	d.parties = parties;
	d.n_parties = 2;
	d.grades = grades;
	d.n_grades = 2;
	article.ref = "L43-1";
	article.text = "《中华人民共和国道路交通安全法》第四十三条第一款";
	d.articles = articles;
	d.n_articles = 1;
	d.document_no = "610103-2026-000001";
	d.verify_code = "7K2M9QX4RT8VWB3N5PZA";
	d.verify_url = "https://jingbao.example/verify/7K2M9QX4RT8VWB3N5PZA";
	d.unit = "西安市公安局交通警察支队碑林大队";
	d.scenario_title = "同车道追尾前车";
	d.occurred_at = INT64_C(1795241220000000);
	d.decided_at = INT64_C(1795242220000000);
	d.place = "碑林区南二环路";
	d.weather = "晴";
	d.facts = "张伟驾驶的车辆前部与前车尾部相撞。";
	d.officer_name = "李警官";
	d.content_sha256 = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
	sa.party_id = a.party_id;
	sa.strokes = "100,100 150,60 200,110;300,80 320,200 330,320";
	sa.signed_at = d.decided_at;
	sb.party_id = b.party_id;
	sb.refused = true;
	sb.officer_note = "对责任有异议";
	sb.signed_at = d.decided_at;
	pb__document_print__init(&print_job);
	print_job.job = "01900000-0000-7000-8000-00000000000d/FINAL";
	print_job.determination = &d;
	return 0;
}

static bool holds(const struct document *doc, const char *text)
{
	for (size_t i = 0; i < doc->n_blocks; i++) {
		const struct doc_block *k = &doc->blocks[i];
		if (strstr(k->text, text) || strstr(k->note, text) || strstr(k->url, text))
			return true;
		for (size_t c = 0; c < k->n_cells; c++)
			if (strstr(k->cells[c].text, text))
				return true;
	}
	return false;
}

/* What order 146 asks of the document. */
static const char *const required[] = { "道路交通事故认定书", "（简易程序）", "610103-2026-000001",
	"西安市公安局交通警察支队碑林大队", "2026年11月21日14时07分", "晴", "碑林区南二环路",
	"■ 财产损失事故", "当事人甲", "张伟", "610103199001010016", "13800138000", "小型汽车",
	"陕A12345", "PICC", "PDZA202661010000123456", "当事人乙", "欧阳娜娜", "610113198511234528",
	"小型新能源汽车", "陕AD12345", "同车道追尾前车", "第四十三条第一款", "第六十条", "全部责任",
	"无责任", "损害赔偿调解", "李警官", "三个工作日", "人民法院", "7K2M9QX4RT8VWB3N5PZA" };

static void blocks_hold_all(void **state)
{
	(void)state;
	struct arena mem;
	arena_init(&mem, 1 << 20);
	const struct document *doc = document_build(&print_job, &mem);
	assert_non_null(doc);
	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
		if (!holds(doc, required[i]))
			fail_msg("the document lacks %s", required[i]);
	assert_true(holds(doc, "（未签名）"));
	assert_string_equal(doc->mark, "待签名");
	for (size_t i = 0; i < doc->n_blocks; i++) {
		double w = 0;
		for (size_t c = 0; c < doc->blocks[i].n_cells; c++)
			w += doc->blocks[i].cells[c].width;
		assert_true(doc->blocks[i].n_cells == 0 || (w > 0.999 && w < 1.001));
	}
	arena_release(&mem);
}

static void signatures_and_refusal(void **state)
{
	(void)state;
	struct arena mem;
	d.signatures = signatures;
	d.n_signatures = 2;
	print_job.final = true;
	d.slight_injury = true;
	arena_init(&mem, 1 << 20);
	const struct document *doc = document_build(&print_job, &mem);
	assert_non_null(doc);
	assert_null(doc->mark);
	assert_true(holds(doc, "当事人拒绝签名。交通警察注明：对责任有异议"));
	assert_true(holds(doc, "■ 伤人事故"));
	assert_false(holds(doc, "（未签名）"));
	arena_release(&mem);
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	struct arena mem;
	bool built = false;
	arena_init(&mem, 1 << 20);
	for (long nth = 0; nth < 200 && !built; nth++) {
		arena_reset(&mem);
		mem.fail_after = nth;
		built = document_build(&print_job, &mem) != NULL;
		assert_true(built || mem.full);
	}
	assert_true(built);
	arena_release(&mem);
}

static void as_many_parties_as_an_incident_takes(void **state)
{
	(void)state;
	enum { MANY = 26 };
	static Pb__Party many[MANY];
	static Pb__PartyGrade given[MANY];
	static Pb__Party *p[MANY];
	static Pb__PartyGrade *g[MANY];
	static char names[MANY][2], ids[MANY][8];
	struct arena mem;
	for (int i = 0; i < MANY; i++) {
		many[i] = a;
		pb__party_grade__init(&given[i]);
		(void)snprintf(names[i], sizeof(names[i]), "%c", 'A' + i);
		(void)snprintf(ids[i], sizeof(ids[i]), "id-%d", i);
		many[i].letter = names[i];
		many[i].party_id = given[i].party_id = ids[i];
		given[i].grade = PB__GRADE__VALUE__EQUAL;
		p[i] = &many[i];
		g[i] = &given[i];
	}
	d.parties = p;
	d.grades = g;
	d.n_parties = d.n_grades = MANY;
	arena_init(&mem, 1 << 20);
	const struct document *doc = document_build(&print_job, &mem);
	assert_non_null(doc);
	assert_true(holds(doc, "当事人Z"));
	arena_release(&mem);
}

static void cells_hold_one_line(void **state)
{
	(void)state;
	struct arena mem;
	a.name = "张\n\n\t伟";
	d.place = "南二环\n含光路";
	arena_init(&mem, 1 << 20);
	const struct document *doc = document_build(&print_job, &mem);
	assert_non_null(doc);
	assert_true(holds(doc, "南二环 含光路"));
	for (size_t i = 0; i < doc->n_blocks; i++)
		for (size_t c = 0; c < doc->blocks[i].n_cells; c++)
			assert_null(strchr(doc->blocks[i].cells[c].text, '\n'));
	arena_release(&mem);
}

static void letters(void **state)
{
	(void)state;
	assert_string_equal(party_chinese("A"), "甲");
	assert_string_equal(party_chinese("J"), "癸");
	assert_string_equal(party_chinese("K"), "K");
	assert_string_equal(party_chinese(""), "");
}

/* ---- printed ---- */

static void write_job(const char *path)
{
	size_t n = pb__document_print__get_packed_size(&print_job);
	uint8_t *buf = malloc(n + 4);
	assert_non_null(buf);
	uint8_t head[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
	memcpy(buf, head, 4);
	pb__document_print__pack(&print_job, buf + 4);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(buf, 1, n + 4, f), n + 4);
	assert_int_equal(fclose(f), 0);
	free(buf);
}

static bool worker_path(char *buf, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", buf, size - 32);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	char *slash = strrchr(buf, '/');
	strcpy(slash + 1, "jb-liability-document");
	return access(buf, X_OK) == 0;
}

static size_t run(const char *command, char *out, size_t size)
{
	FILE *p = popen(command, "r");
	assert_non_null(p);
	size_t n = fread(out, 1, size - 1, p);
	out[n] = '\0';
	assert_int_equal(pclose(p), 0);
	return n;
}

static void strip_spaces(char *s)
{
	char *to = s;
	for (; *s; s++)
		if (*s != ' ' && *s != '\n' && *s != '\f')
			*to++ = *s;
	*to = '\0';
}

/* Prints the job and gives the PDF's text without spaces, and its digest. */
static bool print(char *out, size_t size, char sha[static 65])
{
	char dir[] = "/tmp/jb-document-XXXXXX", file[64];
	static char worker[4096], command[9000];
	if (!worker_path(worker, sizeof(worker)) ||
		system("command -v pdftotext >/dev/null") != 0) {
		print_message("skipped: jb-liability-document or pdftotext is not here\n");
		return false;
	}
	assert_non_null(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/job", dir);
	write_job(file);
	(void)snprintf(command, sizeof(command),
		"env ASAN_OPTIONS=detect_leaks=0 '%s' %s/blobs 'WenQuanYi Zen Hei' < %s", worker,
		dir, file);
	(void)run(command, out, size);
	assert_int_equal(sscanf(out, "%*s %64[0-9a-f]", sha), 1);
	(void)snprintf(command, sizeof(command), "pdftotext %s/blobs/%.2s/%s - && rm -r %s", dir,
		sha, sha + 2, dir);
	(void)run(command, out, size);
	strip_spaces(out);
	return true;
}

static void printed_text_reads_back(void **state)
{
	(void)state;
	static char out[65536];
	char sha[65], again[65];
	if (!print(out, sizeof(out), sha))
		skip();
	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		char word[256];
		(void)snprintf(word, sizeof(word), "%s", required[i]);
		strip_spaces(word);
		if (!strstr(out, word))
			fail_msg("the PDF's text lacks %s", required[i]);
	}
	assert_non_null(strstr(out, "第1页"));
	/* The same document is the same bytes. */
	assert_true(print(out, sizeof(out), again));
	assert_string_equal(again, sha);
}

/* What an officer writes may have more lines than a page: none is lost. */
static void long_facts_go_over_pages(void **state)
{
	(void)state;
	static char out[65536], facts[8192];
	char sha[65], line[32];
	for (int i = 100; i < 400; i++)
		(void)snprintf(
			facts + strlen(facts), sizeof(facts) - strlen(facts), "第%d行。\n", i);
	d.facts = facts;
	if (!print(out, sizeof(out), sha))
		skip();
	for (int i = 100; i < 400; i++) {
		(void)snprintf(line, sizeof(line), "第%d行。", i);
		if (!strstr(out, line))
			fail_msg("the PDF's text lacks %s", line);
	}
	assert_non_null(strstr(out, "第5页"));
	assert_non_null(strstr(out, "三个工作日"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(blocks_hold_all, setup),
		cmocka_unit_test_setup(signatures_and_refusal, setup),
		cmocka_unit_test_setup(every_allocation_may_fail, setup),
		cmocka_unit_test_setup(as_many_parties_as_an_incident_takes, setup),
		cmocka_unit_test_setup(cells_hold_one_line, setup),
		cmocka_unit_test(letters),
		cmocka_unit_test_setup(printed_text_reads_back, setup),
		cmocka_unit_test_setup(long_facts_go_over_pages, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
