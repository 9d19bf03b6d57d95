/* offers.c - sends orders over HTTP at a steady rate and watches a dispatcher's event stream: how
 * long from an order's first byte to its offer. Once offered an order is cancelled, so that its
 * responder is free again. Run by run.mjs.
 *
 *   bench-offers PORT TOKEN RATE SECONDS NAME
 *
 * NAME makes the order numbers unique. Prints one JSON object; times in milliseconds. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kit/timeutil.h"

enum { CONNECTIONS = 48, ORDERS_MAX = 20000, ROOM = 1 << 16, ID = 36, SETTLE_S = 10 };

struct conn {
	int fd;
	char in[ROOM + 1];
	size_t in_len;
	int order; /* whose answer is awaited; -1 none */
	bool cancelling;
};

struct order {
	char id[ID + 1];
	int64_t sent_us, offered_us;
	bool cancelled;
};

static struct conn conns[CONNECTIONS], board;
static struct order orders[ORDERS_MAX];
/* Offers seen before their order's answer. */
static struct {
	char id[ID + 1];
	int64_t at_us;
} early[ORDERS_MAX];
static int n_orders, n_early, refused, cancels_refused;
static const char *port, *token, *name;

static void die(const char *what)
{
	fprintf(stderr, "bench-offers: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void dial(struct conn *c)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof a))
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	c->order = -1;
}

/* Requests are small: they fit the socket's buffer at once. */
static void post(struct conn *c, int order, const char *path, const char *body)
{
	char out[2048];
	int n = snprintf(out, sizeof out,
		"POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
		"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		path, token, strlen(body), body);

	if (n < 0 || (size_t)n >= sizeof out || write(c->fd, out, (size_t)n) != n)
		die("write");
	c->order = order;
	c->in_len = 0;
}

static void send_order(struct conn *c)
{
	char body[1024];
	int i = n_orders++;
	/* Spread over the city by the golden ratio: no two near each other for long. */
	double x = fmod(i * 0.6180339887, 1), y = fmod(i * 0.7548776662, 1);

	snprintf(body, sizeof body,
		"{\"orderNo\":\"L-%s-%d\",\"channel\":\"PHONE_122\","
		"\"reportedAt\":\"2026-11-21T06:00:00Z\",\"caller\":{\"phone\":\"13912345678\"},"
		"\"place\":{\"text\":\"测\",\"position\":{\"lon\":%.6f,\"lat\":%.6f,"
		"\"datum\":\"WGS84\"}},\"vehicles\":[{\"plate\":\"陕A%05d\",\"plateType\":\"02\","
		"\"kind\":\"小型轿车\",\"movable\":true}],\"casualties\":{\"dead\":0,\"injured\":0}"
		"}",
		name, i, 108.85 + 0.18 * x, 34.2 + 0.12 * y, i % 100000);
	orders[i].sent_us = mono_us();
	c->cancelling = false;
	post(c, i, "/v1/orders", body);
}

static void send_cancel(struct conn *c, int i)
{
	char path[128];

	snprintf(path, sizeof path, "/v1/orders/L-%s-%d:cancel", name, i);
	orders[i].cancelled = true;
	c->cancelling = true;
	post(c, i, path, "{\"reason\":\"测量\"}");
}

/* ---- what comes back ---- */

static const char *incident_in(const char *text)
{
	static const char key[] = "\"incidentId\":\"";
	const char *p = strstr(text, key);

	return p && strlen(p) >= sizeof key - 1 + ID ? p + sizeof key - 1 : NULL;
}

static void take_answer(struct conn *c)
{
	const char *end, *length, *id;
	struct order *o = &orders[c->order];
	bool fine;

	c->in[c->in_len] = '\0';
	end = strstr(c->in, "\r\n\r\n");
	length = end ? strcasestr(c->in, "content-length:") : NULL;
	if (!length || c->in_len < (size_t)(end + 4 - c->in) + strtoul(length + 15, NULL, 10))
		return;
	fine = strncmp(c->in, "HTTP/1.1 20", 11) == 0;
	c->order = -1;
	if (c->cancelling) {
		cancels_refused += !fine;
		return;
	}
	id = fine ? incident_in(end) : NULL;
	if (!id) {
		if (!refused++)
			fprintf(stderr, "%.400s\n", c->in);
		return;
	}
	memcpy(o->id, id, ID);
	for (int i = n_early; i-- > 0 && !o->offered_us;)
		if (!strcmp(early[i].id, o->id))
			o->offered_us = early[i].at_us;
}

static void pull(struct conn *c)
{
	ssize_t n = read(c->fd, c->in + c->in_len, ROOM - c->in_len);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		die("the gateway closed a connection");
	if (n > 0)
		c->in_len += (size_t)n;
	if (n > 0 && c->order >= 0)
		take_answer(c);
}

static void note_offer(const char *id, int64_t at_us)
{
	for (int i = n_orders; i-- > 0;)
		if (!memcmp(orders[i].id, id, ID)) {
			if (!orders[i].offered_us)
				orders[i].offered_us = at_us;
			return;
		}
	if (n_early < ORDERS_MAX) {
		memcpy(early[n_early].id, id, ID);
		early[n_early++].at_us = at_us;
	}
}

/* One event is one line. */
static void look_at_board(void)
{
	ssize_t n = read(board.fd, board.in + board.in_len, ROOM - board.in_len);
	int64_t now = mono_us();
	char *line = board.in, *end;

	if (n <= 0)
		return;
	board.in_len += (size_t)n;
	board.in[board.in_len] = '\0';
	for (; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (strstr(line, ".OfferMade\"") && incident_in(line))
			note_offer(incident_in(line), now);
	}
	board.in_len -= (size_t)(line - board.in);
	memmove(board.in, line, board.in_len);
}

/* HTTP/1.0, so that the stream comes without chunks. */
static void open_board(void)
{
	char out[512];
	int n = snprintf(out, sizeof out,
		"GET /v1/events HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n",
		token);

	dial(&board);
	if (write(board.fd, out, (size_t)n) != n)
		die("write");
}

/* ---- the run ---- */

static void turn(int wait_ms)
{
	struct pollfd fds[CONNECTIONS + 1];

	for (size_t i = 0; i < CONNECTIONS; i++)
		fds[i] = (struct pollfd){ conns[i].fd, POLLIN, 0 };
	fds[CONNECTIONS] = (struct pollfd){ board.fd, POLLIN, 0 };
	poll(fds, CONNECTIONS + 1, wait_ms);
	if (fds[CONNECTIONS].revents)
		look_at_board();
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (fds[i].revents)
			pull(&conns[i]);
}

static struct conn *free_conn(void)
{
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (conns[i].order < 0)
			return &conns[i];
	return NULL;
}

static void cancel_offered(void)
{
	for (int i = 0; i < n_orders; i++) {
		struct conn *c;

		if (!orders[i].offered_us || orders[i].cancelled || !*orders[i].id)
			continue;
		c = free_conn();
		if (!c)
			return;
		send_cancel(c, i);
	}
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void report(void)
{
	static double ms[ORDERS_MAX];
	size_t n = 0;

	for (int i = 0; i < n_orders; i++)
		if (orders[i].offered_us)
			ms[n++] = (double)(orders[i].offered_us - orders[i].sent_us) / 1000;
	qsort(ms, n, sizeof *ms, by_value);
	printf("{\"sent\":%d,\"refused\":%d,\"cancelsRefused\":%d,\"offered\":%zu,\"p50Ms\":%.3f,"
	       "\"p99Ms\":%.3f}\n",
		n_orders, refused, cancels_refused, n, n ? ms[n / 2] : -1,
		n ? ms[(size_t)((double)(n - 1) * 0.99)] : -1);
}

int main(int argc, char **argv)
{
	if (argc != 6) {
		fprintf(stderr, "usage: bench-offers PORT TOKEN RATE SECONDS NAME\n");
		return 2;
	}
	port = argv[1];
	token = argv[2];
	name = argv[5];
	double rate = strtod(argv[3], NULL);
	int64_t seconds = strtol(argv[4], NULL, 10);
	for (size_t i = 0; i < CONNECTIONS; i++)
		dial(&conns[i]);
	open_board();
	for (int64_t until = mono_us() + US_PER_S / 2; mono_us() < until;)
		turn(50);
	int64_t due = mono_us(), end = due + seconds * US_PER_S;
	while (due < end && n_orders < ORDERS_MAX) {
		int64_t left = due - mono_us();
		struct conn *c = left <= 0 ? free_conn() : NULL;

		if (c) {
			send_order(c);
			due += (int64_t)(1e6 / rate);
			continue;
		}
		turn(left > 1000 ? (int)(left / 1000) : left > 0 ? 0 : 1);
		cancel_offered();
	}
	for (int64_t until = mono_us() + SETTLE_S * US_PER_S; mono_us() < until;) {
		bool open = false;

		turn(20);
		cancel_offered();
		for (int i = 0; i < n_orders; i++)
			open |= *orders[i].id && !orders[i].cancelled;
		if (!open && free_conn() && board.in_len == 0)
			break;
	}
	report();
	return 0;
}
