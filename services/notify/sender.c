/* sender.c - one thread that sends, so that the service thread never waits for a provider. */
#include "notify/sender.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "kit/timeutil.h"

/* Each slot goes round: free, waiting, done, free. Indices only grow. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_t thread;
	const struct provider *provider;
	struct sent *slots;
	size_t put, next, taken; /* taken <= next <= put <= taken + SENDER_QUEUE */
	int64_t longest_us;      /* that one message may take */
	bool running, stop;
} sender = { .lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER };

static void *send_all(void *arg)
{
	(void)arg;
	(void)pthread_mutex_lock(&sender.lock);
	while (!sender.stop) {
		if (sender.next == sender.put) {
			(void)pthread_cond_wait(&sender.work, &sender.lock);
			continue;
		}
		/* Nobody else touches a waiting slot. */
		struct sent *s = &sender.slots[sender.next % SENDER_QUEUE];
		(void)pthread_mutex_unlock(&sender.lock);
		s->error[0] = '\0';
		if (now_us() + sender.longest_us > s->message.lease_until)
			s->outcome = OUTCOME_LATE;
		else
			s->outcome = sender.provider->send(&s->message, s->error);
		(void)pthread_mutex_lock(&sender.lock);
		sender.next++;
	}
	(void)pthread_mutex_unlock(&sender.lock);
	return NULL;
}

bool sender_start(const struct provider *p, const struct provider_settings *s, const char **ret_why)
{
	sigset_t all, before;
	*ret_why = "no memory";
	sender.slots = calloc(SENDER_QUEUE, sizeof(*sender.slots));
	if (!sender.slots || !p->open(s, ret_why))
		return false;
	sender.provider = p;
	sender.longest_us = s->timeout_s * US_PER_S;
	sender.put = sender.next = sender.taken = 0;
	sender.stop = false;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	sender.running = pthread_create(&sender.thread, NULL, send_all, NULL) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	*ret_why = "no thread";
	return sender.running;
}

void sender_stop(void)
{
	if (sender.running) {
		(void)pthread_mutex_lock(&sender.lock);
		sender.stop = true;
		(void)pthread_cond_signal(&sender.work);
		(void)pthread_mutex_unlock(&sender.lock);
		(void)pthread_join(sender.thread, NULL);
		sender.provider->close();
		sender.running = false;
	}
	free(sender.slots);
	sender.slots = NULL;
}

size_t sender_room(void)
{
	(void)pthread_mutex_lock(&sender.lock);
	size_t room = SENDER_QUEUE - (sender.put - sender.taken);
	(void)pthread_mutex_unlock(&sender.lock);
	return room;
}

bool sender_put(const struct outgoing *m)
{
	(void)pthread_mutex_lock(&sender.lock);
	bool room = sender.put - sender.taken < SENDER_QUEUE;
	if (room) {
		sender.slots[sender.put % SENDER_QUEUE].message = *m;
		sender.put++;
		(void)pthread_cond_signal(&sender.work);
	}
	(void)pthread_mutex_unlock(&sender.lock);
	return room;
}

bool sender_take(struct sent *ret)
{
	(void)pthread_mutex_lock(&sender.lock);
	bool any = sender.taken < sender.next;
	if (any) {
		*ret = sender.slots[sender.taken % SENDER_QUEUE];
		sender.taken++;
	}
	(void)pthread_mutex_unlock(&sender.lock);
	return any;
}
