/* verdict.c - the checks of a photo (PH01..PH08) and what they add up to. */
#include "evidence/verdict.h"

#include <math.h>
#include "kit/timeutil.h"

enum { KILOMETRES_FROM_M = 10000 };

struct judge {
	const struct verdict_rules *r;
	const struct verdict_facts *f;
	struct arena *a;
	struct verdict v;
};

static Pb__CheckResult *check_new(struct arena *a, const char *code, const char *rule, double value,
	bool rejects, const char *text)
{
	Pb__CheckResult *k = ARENA_NEW(a, Pb__CheckResult);

	if (!k)
		return NULL;
	*k = (Pb__CheckResult)PB__CHECK_RESULT__INIT;
	k->code = code;
	k->rule = rule;
	k->value = isfinite(value) ? value : 0;
	k->rejects = rejects;
	k->text = text ? text : "";
	return k;
}

static void tell(struct judge *j, const char *code, const char *rule, double value, bool rejects,
	const char *text)
{
	Pb__CheckResult *k = check_new(j->a, code, rule, value, rejects, text);

	if (k && j->v.n_checks < CHECKS_MAX)
		j->v.checks[j->v.n_checks++] = k;
}

static void judge_format(struct judge *j)
{
	const struct photo_found *p = j->f->photo;
	long short_side = (long)(p->width < p->height ? p->width : p->height);
	double pixels = (double)p->width * p->height;

	if (p->fault == PHOTO_DAMAGED)
		tell(j, "PH01", "damaged", p->warnings, true,
			"照片数据损坏或上传不完整，请重新拍摄并上传。");
	if (pixels < (double)j->r->min_pixels || short_side < j->r->min_side)
		tell(j, "PH01", "resolution", pixels, true,
			arena_printf(j->a,
				"照片分辨率过低（%u×%u），至少需要1280×720，请用相机原图上传。",
				p->width, p->height));
	if (j->f->size_bytes < j->r->min_bytes)
		tell(j, "PH01", "bytes", (double)j->f->size_bytes, true,
			"照片文件过小，可能经过压缩，请用相机原图上传。");
}

static void judge_sharpness(struct judge *j)
{
	double s = j->f->photo->quality.sharpness;

	if (s < (double)j->r->blur_reject)
		tell(j, "PH02", "blur", s, true,
			arena_printf(j->a,
				"照片模糊（清晰度%.0f，最低%ld），请拿稳手机、对准目标后重拍。", s,
				j->r->blur_reject));
	else if (s < (double)j->r->blur_warn)
		tell(j, "PH02", "blur", s, false, "照片略有模糊，建议重拍。");
}

static void judge_exposure(struct judge *j)
{
	const struct photo_quality *q = &j->f->photo->quality;

	if (q->mean_luma < (double)j->r->dark_below)
		tell(j, "PH03", "dark", q->mean_luma, true, "照片过暗，请打开闪光灯或补光后重拍。");
	else if (q->mean_luma > (double)j->r->bright_above)
		tell(j, "PH03", "bright", q->mean_luma, true, "照片过亮，请避开强光后重拍。");
	else if (q->clipped * 100 > (double)j->r->clipped_percent)
		tell(j, "PH03", "clipped", q->clipped * 100, true,
			"照片大面积过曝或全黑，请换个角度重拍。");
}

static void judge_duplicate(struct judge *j)
{
	if (j->f->same_bytes_slot)
		tell(j, "PH05", "duplicate", 0, true,
			arena_printf(j->a, "同一张照片已用于“%s”，请为本项另拍一张。",
				j->f->same_bytes_slot));
}

/* The file's own time before the app's; the value is the seconds outside the window. */
static void judge_time(struct judge *j)
{
	const struct photo_exif *x = &j->f->photo->exif;
	bool exif = x->taken_how != PHOTO_TIME_NONE;
	int64_t taken = exif ? x->taken_at_us : j->f->captured_at_us;
	int64_t from = j->f->reported_at_us - j->r->early_s * US_PER_S;
	int64_t to = j->f->now_us + j->r->late_s * US_PER_S;
	char when[64];

	if (taken == 0 || (taken >= from && taken <= to))
		return;
	double off = (double)(taken < from ? taken - from : taken - to) / (double)US_PER_S;
	tell(j, "PH07", taken < from ? "old" : "future", off, false,
		arena_printf(j->a, "拍摄时间（%s）%s%s", time_to_chinese(taken, when, sizeof(when)),
			taken < from ? "早于报警时间，请确认是本次事故现场拍摄。"
				     : "晚于上传时间，请校准手机时钟。",
			exif && x->taken_how == PHOTO_TIME_LOCAL ? "照片未注明时区，按北京时间计。"
								 : ""));
}

static void judge_place(struct judge *j)
{
	const struct photo_exif *x = &j->f->photo->exif;
	struct lonlat at = { x->lon, x->lat };

	if (!x->has_gps && !j->f->app_place)
		return;
	if (!x->has_gps)
		at = *j->f->app_place;
	double far = geo_distance_m(at, j->f->incident);
	if (far > (double)j->r->place_m + j->f->uncertainty_m)
		tell(j, "PH08", "place", far, false,
			arena_printf(
				j->a, "拍摄位置距事故地点约%.0f米，请确认是在现场拍摄。", far));
}

/* Suspicions go apart: not the responder's, a party's or an insurer's to see. */
static void flag_other_case(struct judge *j)
{
	if (!j->f->in_other_case)
		return;
	Pb__CheckResult *k = check_new(j->a, "PH05", "other_case", 0, false,
		"另一案件中有完全相同的照片，疑似重复使用，请核查。");
	if (k)
		j->v.flags[j->v.n_flags++] = k;
}

struct verdict verdict_of(
	const struct verdict_rules *r, const struct verdict_facts *f, struct arena *a)
{
	struct judge j = { r, f, a, { .value = PB__ITEM_VERDICT__VALUE__ACCEPTED } };

	judge_format(&j);
	if (f->photo->fault == PHOTO_NONE) {
		judge_sharpness(&j);
		judge_exposure(&j);
	}
	judge_duplicate(&j);
	judge_time(&j);
	judge_place(&j);
	flag_other_case(&j);
	for (size_t i = 0; i < j.v.n_checks; i++) {
		if (j.v.checks[i]->rejects)
			j.v.value = PB__ITEM_VERDICT__VALUE__REJECTED;
		else if (j.v.value == PB__ITEM_VERDICT__VALUE__ACCEPTED)
			j.v.value = PB__ITEM_VERDICT__VALUE__WARNED;
	}
	return j.v;
}
