/* cmd_run.c - citysim run and citysim posts, citysim tape: the scoreboard's command line. */
#include "cmd_run.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "board/board.h"
#include "board/variant.h"
#include "live.h"

static const char usage[] =
	"citysim run - the scoreboard: dispatch policies on the same simulated days\n"
	"citysim posts - where units wait (p-median with tardiness), as CSV\n"
	"citysim tape - the calls, as CSV\n\n"
	"usage: citysim run SCENARIO [options]\n"
	"       citysim posts SCENARIO [options]\n"
	"       citysim tape SCENARIO [options]\n\n"
	"  --seeds N            tapes, each with hot spots and posts of its own (4)\n"
	"  --seed N             the first one (1)\n"
	"  --days M             days of each (5)\n"
	"  --policies P2,P7     which, in that order; the base of differences is P2 (P0 to P8);\n"
	"                       with other weights: P7:swap=0.1:gain_s=30\n"
	"  --json               a report instead of a table\n"
	"  --set NAME=VALUE     another value of the scenario's (repeatable; --set help lists "
	"them)\n"
	"  --graph NODES ARCS   another city: CSV files, also JEMSS tables\n"
	"  --tape CALLS         another tape: CSV; the first third of its days is history\n"
	"  --posts POSTS        other posts: CSV (lon, lat or node; units), JEMSS stations; as "
	"many\n"
	"                       units as posts unless --set units=N\n"
	"  --mode N             JEMSS travel mode (1)\n"
	"  --live               the first seed's day against running services over HTTP, with\n"
	"     --accounts FILE   accounts (JSON, as tools/quickstart writes it)\n"
	"     --url URL         the gateway; default: the accounts file's\n"
	"     --from H --minutes M   the stretch of the day (17, 30)\n"
	"     --speed N         city seconds in a wall second (1; the services' clocks run at 1)\n"
	"  --no-bound           leave out the clairvoyant bound\n"
	"  --no-checks          leave out the assertions that run the first day again\n\n"
	"Scenarios:\n";

static void print_usage(FILE *f)
{
	fputs(usage, f);
	for (size_t i = 0; i < n_scenarios; i++)
		fprintf(f, "  %-5s %s\n", scenarios[i].name, scenarios[i].title);
	fputs("\nRoad data: $JB_SHARED/data/xian/roads (../shared), else a made-up city. Exit 0; 1 "
	      "when an\nassertion is broken; 2 for wrong input.\n",
		f);
}

static bool whole(const char *name, const char *text, double max, double *ret)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end || !(v >= 0 && v <= max) || v > floor(v)) {
		fprintf(stderr, "citysim: --%s: '%s' is not a whole number up to %.0f\n", name,
			text, max);
		return false;
	}
	*ret = v;
	return true;
}

static bool name_policies(struct board_options *o, const char *list)
{
	static struct policy variants[BOARD_POLICIES];
	static char names[BOARD_POLICIES][160];
	char error[200];

	for (o->n_policies = 0; *list; o->n_policies++) {
		size_t n = strcspn(list, ","), i = o->n_policies;
		if (i == BOARD_POLICIES || n >= sizeof names[0]) {
			fprintf(stderr, "citysim: --policies: at most %d, %zu letters each\n",
				BOARD_POLICIES, sizeof names[0] - 1);
			return false;
		}
		snprintf(names[i], sizeof names[0], "%.*s", (int)n, list);
		if (!variant_parse(names[i], &variants[i], error, sizeof error)) {
			fprintf(stderr, "citysim: --policies: %s\n", error);
			return false;
		}
		o->policies[i] = &variants[i];
		list += n + (list[n] == ',');
	}
	return o->n_policies > 0;
}

static bool set_value(struct board_options *o, const char *text)
{
	if (!strcmp(text, "help")) {
		scenario_print(&o->scenario);
		exit(0);
	}
	if (scenario_set(&o->scenario, text)) {
		o->units_given = o->units_given || !strncmp(text, "units=", 6);
		return true;
	}
	fprintf(stderr, "citysim: --set: '%s' is not NAME=VALUE; --set help lists them\n", text);
	return false;
}

static bool two_files(int argc, char **argv, struct board_options *o)
{
	o->nodes = optarg;
	if (optind >= argc || argv[optind][0] == '-') {
		fputs("citysim: --graph needs two files, nodes and arcs\n", stderr);
		return false;
	}
	o->arcs = argv[optind++];
	return true;
}

enum {
	SEEDS = 1,
	SEED,
	DAYS,
	POLICIES,
	JSON,
	SET,
	GRAPH,
	TAPE,
	POSTS,
	MODE,
	NO_BOUND,
	NO_CHECKS,
	LIVE,
	ACCOUNTS,
	URL,
	FROM,
	MINUTES,
	SPEED,
	HELP
};

/* What was asked for. */
struct wish {
	struct board_options o;
	struct live_options live;
	bool is_live, json;
};

static bool real(const char *name, const char *text, double low, double high, double *ret)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end || !(v >= low && v <= high)) {
		fprintf(stderr, "citysim: --%s: '%s' is not a number from %g to %g\n", name, text,
			low, high);
		return false;
	}
	*ret = v;
	return true;
}

static const struct option options[] = {
	{ "seeds", required_argument, NULL, SEEDS },
	{ "seed", required_argument, NULL, SEED },
	{ "days", required_argument, NULL, DAYS },
	{ "policies", required_argument, NULL, POLICIES },
	{ "json", no_argument, NULL, JSON },
	{ "set", required_argument, NULL, SET },
	{ "graph", required_argument, NULL, GRAPH },
	{ "tape", required_argument, NULL, TAPE },
	{ "posts", required_argument, NULL, POSTS },
	{ "mode", required_argument, NULL, MODE },
	{ "no-bound", no_argument, NULL, NO_BOUND },
	{ "no-checks", no_argument, NULL, NO_CHECKS },
	{ "live", no_argument, NULL, LIVE },
	{ "accounts", required_argument, NULL, ACCOUNTS },
	{ "url", required_argument, NULL, URL },
	{ "from", required_argument, NULL, FROM },
	{ "minutes", required_argument, NULL, MINUTES },
	{ "speed", required_argument, NULL, SPEED },
	{ "help", no_argument, NULL, HELP },
	{ 0 },
};

static bool read_number(int c, struct board_options *o)
{
	double v = 0;
	bool ok = true;

	switch (c) {
	case SEEDS:
		ok = whole("seeds", optarg, 1e4, &v) && v > 0;
		o->seeds = (size_t)v;
		break;
	case SEED:
		ok = whole("seed", optarg, 1e9, &v);
		o->first_seed = (uint64_t)v;
		break;
	case DAYS:
		ok = whole("days", optarg, 3650, &v) && v > 0;
		o->days = (size_t)v;
		break;
	default:
		ok = whole("mode", optarg, 99, &v);
		o->mode = (int)v;
	}
	return ok;
}

/* What a run against running services needs. */
static bool read_live(int c, struct live_options *l)
{
	switch (c) {
	case ACCOUNTS:
		l->accounts = optarg;
		return true;
	case URL:
		l->url = optarg;
		return true;
	case FROM:
		return real("from", optarg, 0, 24, &l->from_h);
	case MINUTES:
		return real("minutes", optarg, 1, 1440, &l->minutes);
	default:
		return real("speed", optarg, 1, 1000, &l->speed);
	}
}

static bool read_options(int argc, char **argv, struct wish *w)
{
	struct board_options *o = &w->o;
	bool ok = true;
	int c;

	while (ok && (c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case SEEDS:
		case SEED:
		case DAYS:
		case MODE:
			ok = read_number(c, o);
			break;
		case POLICIES:
			ok = name_policies(o, optarg);
			break;
		case JSON:
			w->json = true;
			break;
		case SET:
			ok = set_value(o, optarg);
			break;
		case GRAPH:
			ok = two_files(argc, argv, o);
			break;
		case TAPE:
			o->tape = optarg;
			break;
		case POSTS:
			o->posts = optarg;
			break;
		case NO_BOUND:
			o->bound = false;
			break;
		case NO_CHECKS:
			o->checks = false;
			break;
		case LIVE:
			w->is_live = true;
			break;
		case ACCOUNTS:
		case URL:
		case FROM:
		case MINUTES:
		case SPEED:
			ok = read_live(c, &w->live);
			break;
		case HELP:
			print_usage(stdout);
			exit(0);
		default:
			ok = false;
		}
	return ok;
}

/* The scenario comes before its options: --set changes it. */
static const char *find_scenario(int argc, char **argv)
{
	return argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
}

static int finish(struct board *b, const char *what, const struct wish *w)
{
	const char *broken;

	if (!strcmp(what, "posts"))
		return board_print_posts(b) ? 0 : 2;
	if (!strcmp(what, "tape"))
		return board_print_tape(b) ? 0 : 2;
	if (w->is_live)
		return live_run(b, &w->live, w->json);
	if (!board_run(b))
		return 2;
	if (w->json && !board_print_json(b))
		return 2;
	if (!w->json)
		board_print(b);
	broken = board_violation(b);
	if (broken)
		fprintf(stderr, "citysim: BROKEN ASSERTION: %s\n", broken);
	return broken ? 1 : 0;
}

static int run(const char *what, const struct wish *w)
{
	static struct board b;
	int rc = 2;

	if (w->is_live && !w->live.accounts)
		snprintf(b.error, sizeof b.error, "--live needs --accounts");
	else if (board_open(&b, &w->o))
		rc = finish(&b, what, w);
	if (*b.error)
		fprintf(stderr, "citysim: %s\n", b.error);
	board_close(&b);
	return rc;
}

int cmd_run(int argc, char **argv)
{
	struct wish w = {
		.o = { .first_seed = 1, .seeds = 4, .days = 5, .bound = true, .checks = true },
		.live = { .from_h = 17, .minutes = 30, .speed = 1 }
	};
	const char *name = find_scenario(argc, argv);
	const struct scenario *s = name ? scenario_find(name) : NULL;

	name_policies(&w.o, "P0,P1,P2,P3,P4,P5,P6,P7,P8");
	if (!name) {
		bool help = argc > 1 && !strcmp(argv[1], "--help");
		print_usage(help ? stdout : stderr);
		return help ? 0 : 2;
	}
	if (!s) {
		fprintf(stderr, "citysim: there is no scenario '%s'; --help lists them\n", name);
		return 2;
	}
	w.o.scenario = *s;
	if (!read_options(argc - 1, argv + 1, &w))
		return 2;
	w.o.quiet = w.json;
	return run(argv[0], &w);
}
