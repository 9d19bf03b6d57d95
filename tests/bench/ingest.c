/* ingest.c - reports positions over HTTP at a given rate, and watches a board's event stream: what
 * was answered, what arrived, how long a fix takes to the board. Run by run.mjs.
 *
 *   bench-ingest PORT BOARD-TOKEN TOKENS-FILE RATE BATCH SECONDS
 *
 * One token a line, one responder each. RATE is fixes a second over all; each request carries BATCH
 * fixes of one responder. Prints one JSON object. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kit/timeutil.h"

enum {
	CONNECTIONS = 64,
	PEOPLE_MAX = 10000,
	BODY_MAX = 1 << 18,
	READ_MAX = 1 << 18,
	SAMPLES = 1 << 20
};

struct conn {
	int fd;
	char *out, *in;
	size_t out_len, out_at, in_len;
	bool busy;
	int64_t sent_us;
};

static char tokens[PEOPLE_MAX][128];
static size_t people;
static int64_t last_fix[PEOPLE_MAX];
static struct conn conns[CONNECTIONS], board;
static float to_answer[SAMPLES], to_board[SAMPLES];
static size_t answers, shown;
static uint64_t fixes_sent, fixes_stored, refused, late_sends;
static int port;

static void die(const char *what)
{
	fprintf(stderr, "bench-ingest: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void dial(struct conn *c)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof a))
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	c->out = malloc(BODY_MAX + 1024);
	c->in = malloc(READ_MAX + 1);
	if (!c->out || !c->in)
		die("malloc");
}

static void read_tokens(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f)
		die(path);
	while (people < PEOPLE_MAX && fscanf(f, "%127s", tokens[people]) == 1)
		people++;
	fclose(f);
	if (!people)
		die("no tokens");
}

/* The newest fix is of this very moment, the others evenly back to the responder's last one. */
static void make_request(struct conn *c, size_t who, int batch, int64_t now)
{
	static char body[BODY_MAX];
	int64_t from = last_fix[who] ? last_fix[who] : now - batch * 10000;
	size_t n = (size_t)snprintf(body, sizeof body, "{\"fixes\":[");

	for (int i = 1; i <= batch; i++) {
		char when[TIME_TEXT_MAX];
		int64_t at = from + (now - from) * i / batch;
		double lon =
			108.8 + (double)(who % 100) * 0.003 + (double)(at / 1000000 % 60) * 1e-4;
		n += (size_t)snprintf(body + n, sizeof body - n,
			"%s{\"position\":{\"lon\":%.6f,\"lat\":%.6f,\"datum\":\"WGS84\","
			"\"accuracyM\":5},"
			"\"fixAt\":\"%s\",\"speedMps\":8.5,\"courseDeg\":90}",
			i > 1 ? "," : "", lon, 34.2 + (double)(who / 100 % 100) * 0.002,
			time_to_text(at, when));
	}
	n += (size_t)snprintf(body + n, sizeof body - n, "]}");
	last_fix[who] = now;
	c->out_len = (size_t)snprintf(c->out, BODY_MAX + 1024,
		"POST /v1/positions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
		"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		tokens[who], n, body);
	c->out_at = c->in_len = 0;
	c->busy = true;
	c->sent_us = now_us();
	fixes_sent += (uint64_t)batch;
}

static void push(struct conn *c)
{
	while (c->out_at < c->out_len) {
		ssize_t n = write(c->fd, c->out + c->out_at, c->out_len - c->out_at);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			die("write");
		c->out_at += (size_t)n;
	}
}

static void take_answer(struct conn *c)
{
	const char *end, *length, *stored;

	c->in[c->in_len] = '\0';
	end = strstr(c->in, "\r\n\r\n");
	length = end ? strcasestr(c->in, "content-length:") : NULL;
	if (!length || c->in_len < (size_t)(end + 4 - c->in) + strtoul(length + 15, NULL, 10))
		return;
	stored = strstr(end, "\"stored\":");
	if (strncmp(c->in, "HTTP/1.1 200", 12) == 0)
		fixes_stored += stored ? strtoul(stored + 9, NULL, 10) : 0;
	else if (refused++ == 0)
		fprintf(stderr, "%.*s\n", 400, c->in);
	if (answers < SAMPLES)
		to_answer[answers++] = (float)(now_us() - c->sent_us) / 1000;
	c->busy = false;
}

static void pull(struct conn *c)
{
	for (;;) {
		ssize_t n = read(c->fd, c->in + c->in_len, READ_MAX - c->in_len);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			die("the gateway closed a connection");
		c->in_len += (size_t)n;
		if (c->busy)
			take_answer(c);
	}
}

/* ---- the board ---- */

/* By HTTP/1.0: no chunks, whose heads would stand in the middle of what is looked for. */
static void open_board(const char *token)
{
	dial(&board);
	board.out_len = (size_t)snprintf(board.out, 1024,
		"GET /v1/events?types=ResponderMoved HTTP/1.0\r\nHost: localhost\r\n"
		"Authorization: Bearer %s\r\n\r\n",
		token);
	push(&board);
}

static void look_at_board(void)
{
	static const char mark[] = "\"fixAt\":\"";

	for (;;) {
		ssize_t n = read(board.fd, board.in + board.in_len, READ_MAX - board.in_len);
		if (n <= 0)
			break;
		int64_t now = now_us(), at;
		board.in_len += (size_t)n;
		board.in[board.in_len] = '\0';
		char *p = board.in, *hit;
		while ((hit = strstr(p, mark)) && strchr(hit + sizeof mark, '"')) {
			char when[TIME_TEXT_MAX] = "";
			hit += sizeof mark - 1;
			size_t len = strcspn(hit, "\"");
			if (len < sizeof when)
				memcpy(when, hit, len);
			if (time_from_text(when, &at) && shown < SAMPLES)
				to_board[shown++] = (float)(now - at) / 1000;
			p = hit + len;
		}
		size_t keep = board.in_len - (size_t)(p - board.in);
		if (keep > 400) { /* no mark in it but perhaps one begun */
			p += keep - 400;
			keep = 400;
		}
		memmove(board.in, p, keep);
		board.in_len = keep;
	}
}

/* ---- the run ---- */

static void turn(int wait_ms)
{
	struct pollfd fds[CONNECTIONS + 1];

	for (size_t i = 0; i < CONNECTIONS; i++)
		fds[i] = (struct pollfd){ conns[i].fd,
			(short)(conns[i].busy
					? POLLIN |
						  (conns[i].out_at < conns[i].out_len ? POLLOUT : 0)
					: 0),
			0 };
	fds[CONNECTIONS] = (struct pollfd){ board.fd, POLLIN, 0 };
	poll(fds, CONNECTIONS + 1, wait_ms);
	for (size_t i = 0; i < CONNECTIONS; i++) {
		if (fds[i].revents & POLLOUT)
			push(&conns[i]);
		if (fds[i].revents & (POLLIN | POLLHUP))
			pull(&conns[i]);
	}
	if (fds[CONNECTIONS].revents)
		look_at_board();
}

static struct conn *free_conn(void)
{
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (!conns[i].busy)
			return &conns[i];
	return NULL;
}

static bool any_busy(void)
{
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (conns[i].busy)
			return true;
	return false;
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static double rank(float *v, size_t n, double p)
{
	if (!n)
		return -1;
	qsort(v, n, sizeof *v, by_value);
	return (double)v[(size_t)((double)(n - 1) * p)];
}

int main(int argc, char **argv)
{
	if (argc != 7) {
		fprintf(stderr,
			"usage: bench-ingest PORT BOARD-TOKEN TOKENS-FILE RATE BATCH SECONDS\n");
		return 2;
	}
	port = (int)strtol(argv[1], NULL, 10);
	read_tokens(argv[3]);
	double rate = strtod(argv[4], NULL);
	int batch = (int)strtol(argv[5], NULL, 10), seconds = (int)strtol(argv[6], NULL, 10);
	for (size_t i = 0; i < CONNECTIONS; i++)
		dial(&conns[i]);
	open_board(argv[2]);
	for (int64_t until = mono_us() + 500000; mono_us() < until;)
		turn(50);
	int64_t began = mono_us(), gap = (int64_t)(1e6 * batch / rate), due = began;
	size_t who = 0;
	while (due < began + seconds * US_PER_S) {
		struct conn *c = mono_us() >= due ? free_conn() : NULL;
		if (c) {
			make_request(c, who++ % people, batch, now_us());
			push(c);
			late_sends += mono_us() - due > 100000;
			due += gap;
			continue;
		}
		int64_t left = due - mono_us();
		turn(left > 1000 ? (int)(left / 1000) : left > 0 ? 0 : 1);
	}
	double took = (double)(mono_us() - began) / 1e6;
	for (int64_t until = mono_us() + 5000000; any_busy() && mono_us() < until;)
		turn(50);
	for (int64_t until = mono_us() + 500000; mono_us() < until;)
		turn(50);
	printf("{\"sent\":%llu,\"stored\":%llu,\"refused\":%llu,\"perSecond\":%.0f,\"late\":%llu,"
	       "\"answers\":%zu,\"answerP50Ms\":%.1f,\"answerP99Ms\":%.1f,"
	       "\"shown\":%zu,\"boardP50Ms\":%.1f,\"boardP99Ms\":%.1f,\"boardMaxMs\":%.1f}\n",
		(unsigned long long)fixes_sent, (unsigned long long)fixes_stored,
		(unsigned long long)refused, (double)fixes_sent / took,
		(unsigned long long)late_sends, answers, rank(to_answer, answers, 0.5),
		rank(to_answer, answers, 0.99), shown, rank(to_board, shown, 0.5),
		rank(to_board, shown, 0.99), rank(to_board, shown, 1));
	return 0;
}
