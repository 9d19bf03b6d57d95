/* test_webhook.c - signature vector, retry schedule, and the addresses we may connect to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "claims/webhook.h"

static void published_vector(void **state)
{
	(void)state;
	static const char body[] = "{\"test\": 2432232314}";
	char sig[WEBHOOK_SIGNATURE_TEXT];
	assert_true(webhook_sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, strlen(body), sig));
	assert_string_equal(sig, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void secrets(void **state)
{
	(void)state;
	char a[WEBHOOK_SECRET_TEXT], b[WEBHOOK_SECRET_TEXT], sig[WEBHOOK_SIGNATURE_TEXT];
	webhook_new_secret(a);
	webhook_new_secret(b);
	assert_string_not_equal(a, b);
	assert_int_equal(strncmp(a, "whsec_", 6), 0);
	assert_int_equal(strlen(a), 6 + 44);
	assert_true(webhook_sign(a, "id", 1, "", 0, sig));
	assert_false(webhook_sign("", "id", 1, "", 0, sig));
	assert_false(webhook_sign("whsec_", "id", 1, "", 0, sig));
	assert_false(webhook_sign("whsec_!!", "id", 1, "", 0, sig));
}

static void schedule(void **state)
{
	(void)state;
	static const int64_t first[] = { 0, 2, 10, 30, 120 };
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(webhook_wait_us(i, 0), first[i] * 1000000);
	int64_t before = -1;
	unsigned n = 0;
	for (; webhook_wait_us(n, 0) >= 0; n++) {
		assert_true(webhook_wait_us(n, 0) > before);
		before = webhook_wait_us(n, 0);
		int64_t spread = webhook_wait_us(n, 4294967295u) - before;
		assert_true(spread >= 0 && spread <= before / 10);
	}
	assert_int_equal(n, 13);
	assert_int_equal(webhook_wait_us(4000000000u, 1), -1);
}

static void fates(void **state)
{
	(void)state;
	assert_int_equal(webhook_fate(200), WEBHOOK_DELIVERED);
	assert_int_equal(webhook_fate(204), WEBHOOK_DELIVERED);
	assert_int_equal(webhook_fate(410), WEBHOOK_GONE);
	static const long again[] = { 0, 100, 301, 302, 400, 401, 404, 429, 500, 503 };
	for (size_t i = 0; i < sizeof again / sizeof again[0]; i++)
		assert_int_equal(webhook_fate(again[i]), WEBHOOK_RETRY);
}

static bool allowed(const char *text, bool private_too)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	if (inet_pton(AF_INET, text, &in4.sin_addr) == 1)
		return webhook_address_allowed((struct sockaddr *)&in4, private_too);
	assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return webhook_address_allowed((struct sockaddr *)&in6, private_too);
}

static void addresses(void **state)
{
	(void)state;
	static const char *const open_ones[] = { "1.2.3.4", "172.32.0.1", "172.15.255.255",
		"100.128.0.1", "2001:db8::1", "::ffff:8.8.8.8" };
	static const char *const internal[] = { "127.0.0.1", "127.255.0.1", "10.1.2.3",
		"172.16.0.1", "172.31.255.1", "192.168.0.1", "100.64.0.1", "::1", "fd00::1",
		"::ffff:127.0.0.1" };
	static const char *const never[] = { "169.254.169.254", "0.0.0.0", "224.0.0.1",
		"255.255.255.255", "::", "ff02::1", "fe80::1", "::ffff:169.254.169.254" };
	for (size_t i = 0; i < sizeof open_ones / sizeof open_ones[0]; i++)
		assert_true(allowed(open_ones[i], false));
	for (size_t i = 0; i < sizeof internal / sizeof internal[0]; i++) {
		assert_false(allowed(internal[i], false));
		assert_true(allowed(internal[i], true));
	}
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
		assert_false(allowed(never[i], true));
	struct sockaddr other = { .sa_family = AF_UNIX };
	assert_false(webhook_address_allowed(&other, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vector),
		cmocka_unit_test(secrets),
		cmocka_unit_test(schedule),
		cmocka_unit_test(fates),
		cmocka_unit_test(addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
