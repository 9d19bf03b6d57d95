/* main.c - citysim: the scoreboard of dispatch policies (run, posts), and a real day's accidents
 * replayed against the running services over HTTP.
 *
 * citysim run SCENARIO [options], citysim posts SCENARIO [options]: see cmd_run.c.
 * citysim replay FILE.csv --accounts FILE --photos DIR [--url URL] [--speed N] [--day YYYY-MM-DD]
 *                         [--limit N] [--seed N] [--minutes N]
 */
#include <curl/curl.h>
#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "kit/timeutil.h"
#include "cmd_run.h"
#include "world.h"

static const char usage[] =
	"citysim - replays a real day's accidents against the running services, over HTTP\n\n"
	"usage: citysim replay FILE.csv --accounts FILE --photos DIR [options]\n"
	"       citysim run SCENARIO [options]    dispatch policies compared; run --help\n"
	"       citysim posts SCENARIO [options]  where units wait\n\n"
	"  --accounts FILE  accounts and API clients (JSON, as tools/quickstart writes it)\n"
	"  --photos DIR     JPEG photos to send\n"
	"  --url URL        the gateway; default: the accounts file's \"url\"\n"
	"  --speed N        city seconds in a wall second (60)\n"
	"  --day DATE       the day to replay, YYYY-MM-DD; default: the busiest\n"
	"  --limit N        at most N accidents of the day\n"
	"  --officers N     officers at their desks (4)\n"
	"  --seed N         of the jitter of times (1)\n"
	"  --minutes N      give up after so many wall minutes (30)\n\n"
	"Ends with a table; exit 0 when every case was finished.\n";

struct settings {
	const char *file, *accounts, *photos, *url, *day;
	double speed;
	size_t limit;
	unsigned seed, minutes, officers;
};

static bool read_photo(struct world *w, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct photo *more;
	struct stat st;
	unsigned char *data;
	bool ok;

	if (!f || fstat(fileno(f), &st) != 0 || st.st_size < 4 ||
		!(data = malloc((size_t)st.st_size))) {
		if (f)
			fclose(f);
		return false;
	}
	ok = fread(data, 1, (size_t)st.st_size, f) == (size_t)st.st_size && data[0] == 0xff &&
	     data[1] == 0xd8;
	fclose(f);
	more = ok ? realloc(w->photos, (w->n_photos + 1) * sizeof *more) : NULL;
	if (!more) {
		free(data);
		return false;
	}
	w->photos = more;
	w->photos[w->n_photos++] = (struct photo){ data, (size_t)st.st_size };
	return true;
}

static bool read_photos(struct world *w, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[4096];

	while (d && (e = readdir(d))) {
		const char *dot = strrchr(e->d_name, '.');

		if (!dot || (strcmp(dot, ".jpg") != 0 && strcmp(dot, ".jpeg") != 0))
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		read_photo(w, path);
	}
	if (d)
		closedir(d);
	if (!w->n_photos)
		fprintf(stderr, "citysim: no JPEG photos in '%s'\n", dir);
	return w->n_photos > 0;
}

static bool make_cases(struct world *w)
{
	w->n_cases = w->tape.n;
	w->cases = calloc(w->n_cases, sizeof *w->cases);
	for (size_t i = 0; w->cases && i < w->n_cases; i++) {
		snprintf(w->cases[i].order_no, sizeof w->cases[i].order_no, "SIM-%s-%05zu", w->run,
			i + 1);
		w->cases[i].what = w->tape.items[i];
	}
	return w->cases != NULL;
}

/* ---- people ---- */

struct crew {
	struct person *people;
	size_t n;
};

static void hire(struct crew *c, struct world *w, const json_t *a, void *(*main_)(void *),
	bool client, const char *post)
{
	struct person *p = &c->people[c->n];

	*p = (struct person){
		.w = w,
		.username = text_at(a, client ? "clientId" : "username", NULL),
		.password = text_at(a, client ? "clientSecret" : "password", NULL),
		.post = post,
		.org = text_at(a, "org", NULL),
		.client = client,
		.seed = (unsigned)c->n * 7919u + 1,
	};
	if (pthread_create(&p->thread, NULL, main_, p) == 0)
		c->n++;
}

static void hire_all(struct crew *c, struct world *w, unsigned officers)
{
	const json_t *a;
	void *post = json_object_iter(w->posts);
	size_t i;

	for (size_t k = 0; (a = world_account(w, "RESPONDER", k)); k++) {
		const char *own = text_at(a, "post", NULL);

		hire(c, w, a, responder_main, false, *own ? own : json_object_iter_key(post));
		post = json_object_iter_next(w->posts, post);
		if (!post)
			post = json_object_iter(w->posts);
	}
	for (size_t k = 0; k < officers && (a = world_account(w, "OFFICER", k)); k++)
		hire(c, w, a, officer_main, false, NULL);
	json_array_foreach(w->clients, i, a) if (*text_at(a, "org", NULL))
		hire(c, w, a, insurer_main, true, NULL);
	hire(c, w, world_account(w, "DISPATCHER", 0), clerk_main, false, NULL);
}

static void wait_for_end(struct world *w, unsigned minutes)
{
	int64_t until = mono_us() + minutes * 60 * US_PER_S;

	while (!atomic_load(&w->stop) && mono_us() < until) {
		struct timespec ts = { 0, 200000000 };

		nanosleep(&ts, NULL);
	}
	atomic_store(&w->stop, true);
}

static int replay(const struct settings *set)
{
	static struct world w;
	struct crew crew = { calloc(1024, sizeof *crew.people), 0 };
	char run[32];
	int open;

	snprintf(run, sizeof run, "%lld", (long long)(now_us() / US_PER_MS));
	w = (struct world){ .speed = set->speed, .run = run };
	pthread_mutex_init(&w.lock, NULL);
	if (!crew.people || tape_read(&w.tape, set->file, set->day, set->limit, set->seed) != 0 ||
		!world_read_accounts(&w, set->accounts, set->url) ||
		!read_photos(&w, set->photos) || !make_cases(&w) || !world_read_posts(&w))
		return 2;
	printf("citysim: %zu accidents of %s, %zu photos, %s\n", w.n_cases, w.tape.day, w.n_photos,
		w.base);
	fflush(stdout);
	hire_all(&crew, &w, set->officers);
	wait_for_end(&w, set->minutes);
	for (size_t i = 0; i < crew.n; i++)
		pthread_join(crew.people[i].thread, NULL);
	open = report_print(&w);
	json_decref(w.who);
	json_decref(w.posts);
	free(w.cases);
	tape_free(&w.tape);
	free(crew.people);
	return open ? 1 : 0;
}

static double number(const char *text, const char *name, double min, double max)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end || !(v >= min && v <= max)) {
		fprintf(stderr, "citysim: --%s: '%s' is not a number from %g to %g\n", name, text,
			min, max);
		exit(2);
	}
	return v;
}

static void read_options(int argc, char **argv, struct settings *s)
{
	static const struct option options[] = {
		{ "accounts", required_argument, NULL, 'a' },
		{ "photos", required_argument, NULL, 'p' },
		{ "url", required_argument, NULL, 'u' },
		{ "speed", required_argument, NULL, 's' },
		{ "day", required_argument, NULL, 'd' },
		{ "limit", required_argument, NULL, 'l' },
		{ "seed", required_argument, NULL, 'e' },
		{ "minutes", required_argument, NULL, 'm' },
		{ "officers", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (o) {
		case 'a':
			s->accounts = optarg;
			break;
		case 'p':
			s->photos = optarg;
			break;
		case 'u':
			s->url = optarg;
			break;
		case 'd':
			s->day = optarg;
			break;
		case 's':
			s->speed = number(optarg, "speed", 1, 100000);
			break;
		case 'l':
			s->limit = (size_t)number(optarg, "limit", 1, 1e6);
			break;
		case 'e':
			s->seed = (unsigned)number(optarg, "seed", 0, 4e9);
			break;
		case 'm':
			s->minutes = (unsigned)number(optarg, "minutes", 1, 10000);
			break;
		case 'o':
			s->officers = (unsigned)number(optarg, "officers", 1, 500);
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			exit(2);
		}
	if (argc - optind == 2 && !strcmp(argv[optind], "replay"))
		s->file = argv[optind + 1];
	if (!s->file || !s->accounts || !s->photos) {
		fputs(usage, stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct settings s = { .speed = 60, .seed = 1, .minutes = 30, .officers = 4 };
	int rc;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 &&
		(!strcmp(argv[1], "run") || !strcmp(argv[1], "posts") || !strcmp(argv[1], "tape")))
		return cmd_run(argc - 1, argv + 1);
	read_options(argc, argv, &s);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	rc = replay(&s);
	curl_global_cleanup();
	return rc;
}
