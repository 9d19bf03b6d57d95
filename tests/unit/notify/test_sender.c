/* test_sender.c - the sending thread, the spool's files, and the http provider against a server. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>
#include "kit/timeutil.h"
#include "notify/sender.h"

static struct outgoing message(int i)
{
	struct outgoing m = { .phone = "13800138000",
		.template = "PARTY_LINK",
		.body = "您好",
		.attempt = 1,
		.lease_until = INT64_MAX / 2 };
	(void)snprintf(m.id, sizeof(m.id), "01900000-0000-7000-8000-%012d", i);
	return m;
}

static bool wait_for(struct sent *s)
{
	for (int64_t end = mono_us() + 10 * US_PER_S; mono_us() < end; (void)usleep(1000))
		if (sender_take(s))
			return true;
	return false;
}

static void spool_writes_whole_files(void **state)
{
	(void)state;
	char dir[] = "/tmp/jb-spool-XXXXXX", path[256];
	const char *why = "";
	assert_non_null(mkdtemp(dir));
	struct provider_settings s = { .spool_dir = dir };
	assert_true(sender_start(&provider_spool, &s, &why));
	for (int i = 0; i < 20; i++) {
		struct outgoing m = message(i);
		assert_true(sender_put(&m));
	}
	for (int i = 0; i < 20; i++) {
		struct sent done;
		struct stat st;
		assert_true(wait_for(&done));
		assert_int_equal(done.outcome, OUTCOME_SENT);
		assert_string_equal(done.message.id, message(i).id); /* in order */
		(void)snprintf(path, sizeof(path), "%s/%s.json", dir, done.message.id);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		json_t *o = json_load_file(path, 0, NULL);
		assert_string_equal(json_string_value(json_object_get(o, "text")), "您好");
		json_decref(o);
		assert_int_equal(unlink(path), 0);
	}
	sender_stop();
	assert_int_equal(rmdir(dir), 0); /* nothing else was left */
}

static void spool_gone_is_tried_again(void **state)
{
	(void)state;
	char dir[] = "/tmp/jb-spool-XXXXXX";
	const char *why = "";
	struct sent done;
	assert_non_null(mkdtemp(dir));
	struct provider_settings s = { .spool_dir = dir };
	assert_true(sender_start(&provider_spool, &s, &why));
	assert_int_equal(rmdir(dir), 0);
	struct outgoing m = message(1);
	assert_true(sender_put(&m));
	assert_true(wait_for(&done));
	assert_int_equal(done.outcome, OUTCOME_RETRY);
	assert_non_null(strstr(done.error, "spool:"));
	sender_stop();
	s.spool_dir = "/proc/no/such";
	assert_false(sender_start(&provider_spool, &s, &why));
	assert_true(*why);
	sender_stop();
}

/* ---- a provider that waits until it is told ---- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static bool gate_open(const struct provider_settings *s, const char **ret_why)
{
	(void)s;
	(void)ret_why;
	return true;
}
static enum outcome gate_send(const struct outgoing *m, char error[static ERROR_MAX])
{
	(void)m;
	(void)error;
	(void)pthread_mutex_lock(&gate);
	(void)pthread_mutex_unlock(&gate);
	return OUTCOME_REFUSED;
}
static void gate_close(void)
{
}
static const struct provider gated = { "gated", gate_open, gate_send, gate_close };

static void room_is_bounded(void **state)
{
	(void)state;
	const char *why = "";
	struct provider_settings s = { 0 };
	struct sent done;
	assert_true(sender_start(&gated, &s, &why));
	(void)pthread_mutex_lock(&gate);
	struct outgoing m = message(1);
	for (size_t i = 0; i < SENDER_QUEUE; i++) {
		assert_int_equal(sender_room(), SENDER_QUEUE - i);
		assert_true(sender_put(&m));
	}
	assert_false(sender_put(&m));
	assert_false(sender_take(&done));
	(void)pthread_mutex_unlock(&gate);
	for (size_t i = 0; i < SENDER_QUEUE; i++)
		assert_true(wait_for(&done));
	assert_int_equal(done.outcome, OUTCOME_REFUSED);
	assert_int_equal(sender_room(), SENDER_QUEUE);
	sender_stop();
}

/* ---- http ---- */

struct server {
	int fd;
	int status;
	char got[8192];
};

static void *serve_one(void *arg)
{
	struct server *s = arg;
	char answer[128];
	int c = accept(s->fd, NULL, NULL);
	size_t n = 0, body = 0;
	while (n < sizeof(s->got) - 1) {
		ssize_t k = recv(c, s->got + n, sizeof(s->got) - 1 - n, 0);
		if (k <= 0)
			break;
		n += (size_t)k;
		s->got[n] = '\0';
		const char *end = strstr(s->got, "\r\n\r\n"),
			   *len = strstr(s->got, "Content-Length: ");
		if (end && len)
			body = (size_t)strtoul(len + 16, NULL, 10) + (size_t)(end + 4 - s->got);
		if (body && n >= body)
			break;
	}
	int len = snprintf(answer, sizeof(answer),
		"HTTP/1.1 %d X\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", s->status);
	(void)!send(c, answer, (size_t)len, MSG_NOSIGNAL);
	(void)close(c);
	return NULL;
}

static void post_to(int status, struct server *server, struct sent *done)
{
	pthread_t t;
	char url[64];
	const char *why = "";
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	server->status = status;
	server->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(server->fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(server->fd, 1), 0);
	assert_int_equal(getsockname(server->fd, (struct sockaddr *)&at, &len), 0);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/sms", ntohs(at.sin_port));
	assert_int_equal(pthread_create(&t, NULL, serve_one, server), 0);
	struct provider_settings s = { .url = url, .token = "secret", .timeout_s = 5 };
	assert_true(sender_start(&provider_http, &s, &why));
	struct outgoing m = message(7);
	assert_true(sender_put(&m));
	assert_true(wait_for(done));
	sender_stop();
	(void)pthread_join(t, NULL);
	(void)close(server->fd);
}

static void http_posts(void **state)
{
	(void)state;
	static struct server server;
	struct sent done;
	(void)unsetenv("http_proxy");
	post_to(202, &server, &done);
	assert_int_equal(done.outcome, OUTCOME_SENT);
	assert_non_null(strstr(server.got, "POST /sms HTTP/1.1\r\n"));
	assert_non_null(strstr(server.got, "Authorization: Bearer secret\r\n"));
	assert_non_null(
		strstr(server.got, "Idempotency-Key: 01900000-0000-7000-8000-000000000007\r\n"));
	assert_non_null(strstr(server.got, "\"to\":\"13800138000\""));
	post_to(503, &server, &done);
	assert_int_equal(done.outcome, OUTCOME_RETRY);
	assert_string_equal(done.error, "http: answered 503");
	post_to(403, &server, &done);
	assert_int_equal(done.outcome, OUTCOME_REFUSED);
}

static void late_is_not_sent(void **state)
{
	(void)state;
	const char *why = "";
	struct provider_settings s = { .timeout_s = 5 };
	struct sent done;
	assert_true(sender_start(&gated, &s, &why));
	struct outgoing m = message(1);
	m.lease_until = now_us() + 4 * US_PER_S;
	assert_true(sender_put(&m));
	m.lease_until = now_us() + 60 * US_PER_S;
	assert_true(sender_put(&m));
	assert_true(wait_for(&done));
	assert_int_equal(done.outcome, OUTCOME_LATE);
	assert_true(wait_for(&done));
	assert_int_equal(done.outcome, OUTCOME_REFUSED);
	sender_stop();
}

static void http_needs_a_url(void **state)
{
	(void)state;
	const char *why = "";
	struct provider_settings s = { .url = "", .token = "", .timeout_s = 1 };
	assert_false(sender_start(&provider_http, &s, &why));
	assert_non_null(strstr(why, "http_url"));
	sender_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spool_writes_whole_files),
		cmocka_unit_test(spool_gone_is_tried_again),
		cmocka_unit_test(room_is_bounded),
		cmocka_unit_test(http_posts),
		cmocka_unit_test(late_is_not_sent),
		cmocka_unit_test(http_needs_a_url),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
