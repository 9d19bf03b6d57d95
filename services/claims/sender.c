/* sender.c - many webhooks at once over libcurl's multi interface, none of them trusted. */
#include "claims/sender.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "claims/webhook.h"

enum { CONNECT_S = 5, ANSWER_MAX = 64 * 1024, POLL_MS = 1000 };

/* One on its way. */
struct flight {
	struct flight *next;
	struct parcel *parcel;
	CURL *easy;
	struct curl_slist *headers;
	size_t answered; /* bytes of the answer's body, which nobody reads */
	bool forbidden;  /* the address rule said no */
};

static struct {
	struct sender_settings settings;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows, down to stop */
	struct parcel *queue, **queue_end, *ended, **ended_end;
	size_t held; /* queued or on their way */
	bool stop, running;
	/* the thread's own */
	CURLM *multi;
	struct flight *flights;
} sender = { .lock = PTHREAD_MUTEX_INITIALIZER };

void parcel_free(struct parcel *p)
{
	if (!p)
		return;
	free(p->delivery_id);
	free(p->insurer);
	free(p->endpoint_id);
	free(p->url);
	free(p->secret);
	free(p->previous_secret);
	free(p->body);
	free(p);
}

/* ---- one request ---- */

/* Called with the address the name led to, so that no DNS trick gets around the rule. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct flight *f = arg;
	(void)purpose;
	if (!webhook_address_allowed(&a->addr, sender.settings.allow_private)) {
		f->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static size_t drop_answer(char *data, size_t size, size_t n, void *arg)
{
	struct flight *f = arg;
	(void)data;
	f->answered += size * n;
	return f->answered > ANSWER_MAX ? 0 : size * n;
}

static bool add_header(struct flight *f, const char *name, const char *value)
{
	char line[512];
	snprintf(line, sizeof line, "%s: %s", name, value);
	struct curl_slist *l = curl_slist_append(f->headers, line);
	if (l)
		f->headers = l;
	return l != NULL;
}

static bool sign(struct flight *f)
{
	const struct parcel *p = f->parcel;
	char one[WEBHOOK_SIGNATURE_TEXT], two[WEBHOOK_SIGNATURE_TEXT], both[160], stamp[32];
	int64_t now = (int64_t)time(NULL);
	size_t len = strlen(p->body);
	if (!webhook_sign(p->secret, p->delivery_id, now, p->body, len, one))
		return false;
	bool old = *p->previous_secret &&
		   webhook_sign(p->previous_secret, p->delivery_id, now, p->body, len, two);
	snprintf(both, sizeof both, "%s%s%s", one, old ? " " : "", old ? two : "");
	snprintf(stamp, sizeof stamp, "%lld", (long long)now);
	return add_header(f, "webhook-id", p->delivery_id) &&
	       add_header(f, "webhook-timestamp", stamp) &&
	       add_header(f, "webhook-signature", both) &&
	       add_header(f, "Content-Type", "application/cloudevents+json; charset=utf-8") &&
	       add_header(f, "Expect", "");
}

static bool set_options(struct flight *f)
{
	const struct sender_settings *s = &sender.settings;
	CURL *e = f->easy;
	curl_easy_setopt(e, CURLOPT_URL, f->parcel->url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, s->allow_http ? "http,https" : "https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "jingbao-webhook/" JB_VERSION);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(e, CURLOPT_TIMEOUT, s->timeout_s);
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, f->parcel->body);
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(f->parcel->body));
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, f->headers);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, f);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, drop_answer);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, f);
	curl_easy_setopt(e, CURLOPT_PRIVATE, f);
	if (*s->ca_file)
		curl_easy_setopt(e, CURLOPT_CAINFO, s->ca_file);
	return true;
}

static void flight_free(struct flight *f)
{
	if (f->easy) {
		curl_multi_remove_handle(sender.multi, f->easy);
		curl_easy_cleanup(f->easy);
	}
	curl_slist_free_all(f->headers);
	parcel_free(f->parcel);
	free(f);
}

static void hand_back(struct parcel *p)
{
	p->next = NULL;
	pthread_mutex_lock(&sender.lock);
	*sender.ended_end = p;
	sender.ended_end = &p->next;
	sender.held--;
	pthread_mutex_unlock(&sender.lock);
}

static void launch(struct parcel *p)
{
	struct flight *f = calloc(1, sizeof *f);
	if (f) {
		f->parcel = p;
		f->easy = curl_easy_init();
		if (f->easy && sign(f) && set_options(f) &&
			curl_multi_add_handle(sender.multi, f->easy) == CURLM_OK) {
			f->next = sender.flights;
			sender.flights = f;
			return;
		}
		f->parcel = NULL;
		flight_free(f);
	}
	snprintf(p->error, sizeof p->error, "the request can't be made");
	hand_back(p);
}

static void land(struct flight *f, CURLcode code)
{
	struct parcel *p = f->parcel;
	curl_off_t after = 0;
	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &p->status);
	/* An answer that came whole but for a body too long has still said what it thinks. */
	if (code != CURLE_OK && code != CURLE_WRITE_ERROR)
		p->status = 0;
	if (p->status == 429 || p->status == 503) {
		curl_easy_getinfo(f->easy, CURLINFO_RETRY_AFTER, &after);
		p->retry_after_s =
			after > WEBHOOK_RETRY_AFTER_MAX_S ? WEBHOOK_RETRY_AFTER_MAX_S : (long)after;
	}
	if (f->forbidden)
		snprintf(p->error, sizeof p->error, "the address is not allowed");
	else if (p->status == 0)
		snprintf(p->error, sizeof p->error, "%s", curl_easy_strerror(code));
	else if (p->status >= 300)
		snprintf(p->error, sizeof p->error, "answered %ld", p->status);
	f->parcel = NULL;
	for (struct flight **at = &sender.flights; *at; at = &(*at)->next) {
		if (*at == f) {
			*at = f->next;
			break;
		}
	}
	flight_free(f);
	hand_back(p);
}

/* ---- the thread ---- */

static struct parcel *take_queue(bool *ret_stop)
{
	pthread_mutex_lock(&sender.lock);
	struct parcel *list = sender.queue;
	sender.queue = NULL;
	sender.queue_end = &sender.queue;
	*ret_stop = sender.stop;
	pthread_mutex_unlock(&sender.lock);
	return list;
}

static void free_list(struct parcel *p)
{
	while (p) {
		struct parcel *next = p->next;
		parcel_free(p);
		p = next;
	}
}

static void land_all(void)
{
	CURLMsg *m;
	int left;
	while ((m = curl_multi_info_read(sender.multi, &left))) {
		char *f;
		if (m->msg != CURLMSG_DONE)
			continue;
		CURLcode code = m->data.result;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &f);
		land((struct flight *)(void *)f, code);
	}
}

static void *run(void *arg)
{
	(void)arg;
	for (;;) {
		bool stop;
		int running;
		struct parcel *list = take_queue(&stop);
		if (stop) {
			free_list(list);
			break;
		}
		while (list) {
			struct parcel *p = list;
			list = list->next;
			launch(p);
		}
		curl_multi_perform(sender.multi, &running);
		land_all();
		curl_multi_poll(sender.multi, NULL, 0, POLL_MS, NULL);
	}
	while (sender.flights) {
		struct flight *f = sender.flights;
		sender.flights = f->next;
		flight_free(f);
	}
	return NULL;
}

bool sender_start(const struct sender_settings *s)
{
	sender.settings = *s;
	sender.queue_end = &sender.queue;
	sender.ended_end = &sender.ended;
	sender.stop = false;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return false;
	sender.multi = curl_multi_init();
	sender.running = sender.multi && pthread_create(&sender.thread, NULL, run, NULL) == 0;
	return sender.running;
}

void sender_stop(void)
{
	if (!sender.running)
		return;
	pthread_mutex_lock(&sender.lock);
	sender.stop = true;
	pthread_mutex_unlock(&sender.lock);
	curl_multi_wakeup(sender.multi);
	pthread_join(sender.thread, NULL);
	sender.running = false;
	free_list(sender_take_ended());
	curl_multi_cleanup(sender.multi);
	curl_global_cleanup();
}

size_t sender_room(void)
{
	pthread_mutex_lock(&sender.lock);
	size_t n =
		sender.held < sender.settings.parallel ? sender.settings.parallel - sender.held : 0;
	pthread_mutex_unlock(&sender.lock);
	return n;
}

void sender_push(struct parcel *p)
{
	p->next = NULL;
	pthread_mutex_lock(&sender.lock);
	*sender.queue_end = p;
	sender.queue_end = &p->next;
	sender.held++;
	pthread_mutex_unlock(&sender.lock);
	curl_multi_wakeup(sender.multi);
}

struct parcel *sender_take_ended(void)
{
	pthread_mutex_lock(&sender.lock);
	struct parcel *list = sender.ended;
	sender.ended = NULL;
	sender.ended_end = &sender.ended;
	pthread_mutex_unlock(&sender.lock);
	return list;
}
