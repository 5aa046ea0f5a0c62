// SPDX-License-Identifier: LGPL-2.1-or-later
/* Time limits of connections. In: what they do, from the HTTP library's thread. Out: shutdown(2)
 * of those that take too long. */
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "cli/interval.h"
#include "cli/serve/guard.h"

#define NSEC_PER_SEC 1000000000ull

/* 0: none. Between requests the library waits IDLE_SECONDS for a first byte, and then there
 * is as much time as a first request has. */
static const unsigned int limit_seconds[WEIR_PHASES] = {
	[WEIR_PHASE_FIRST] = 10,
	[WEIR_PHASE_NEXT] = 20,
	[WEIR_PHASE_ANSWER] = 30,
};

#define CROWDED_SECONDS 5 /* for an answer while those who are slow hold all versions of one */

struct weir_guarded {
	int fd;
	enum weir_phase phase;
	uint64_t since_ns;
	struct weir_guarded *next, **from;
};

/* What waits to be sent is thrown away when the library closes @fd: else the kernel would keep it
 * for as long as its reader likes. A second time is harmless. */
static void cut(int fd)
{
	const struct linger none = {.l_onoff = 1};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	(void)shutdown(fd, SHUT_RDWR);
}

/* Under the lock: descriptors are open as long as they are here. */
static void look(struct weir_guard *guard)
{
	uint64_t now_ns = weir_now_ns();
	uint64_t crowded_ns = __atomic_load_n(&guard->state->crowded_ns, __ATOMIC_RELAXED);
	bool is_crowded = crowded_ns && now_ns < crowded_ns + 2 * NSEC_PER_SEC;

	for (struct weir_guarded *at = guard->connections; at; at = at->next) {
		uint64_t limit_ns = limit_seconds[at->phase] * NSEC_PER_SEC;

		if (is_crowded && at->phase == WEIR_PHASE_ANSWER)
			limit_ns = CROWDED_SECONDS * NSEC_PER_SEC;
		if (limit_ns && now_ns - at->since_ns >= limit_ns)
			cut(at->fd);
	}
}

static void *run(void *cls)
{
	struct weir_guard *guard = cls;
	struct timespec next;

	(void)clock_gettime(CLOCK_MONOTONIC, &next);
	pthread_mutex_lock(&guard->lock);
	while (!guard->stopping) {
		next.tv_sec++;
		while (!guard->stopping &&
		       !pthread_cond_timedwait(&guard->wake, &guard->lock, &next))
			;
		look(guard);
	}
	pthread_mutex_unlock(&guard->lock);
	return NULL;
}

int weir_guard_start(struct weir_guard *guard, const struct weir_state *state)
{
	pthread_condattr_t monotonic;
	int err;

	*guard = (struct weir_guard){.state = state};
	(void)pthread_mutex_init(&guard->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&guard->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	err = pthread_create(&guard->thread, NULL, run, guard);
	if (!err)
		return 0;
	pthread_cond_destroy(&guard->wake);
	pthread_mutex_destroy(&guard->lock);
	return -err;
}

void weir_guard_stop(struct weir_guard *guard)
{
	pthread_mutex_lock(&guard->lock);
	guard->stopping = true;
	pthread_cond_signal(&guard->wake);
	pthread_mutex_unlock(&guard->lock);
	(void)pthread_join(guard->thread, NULL);
	pthread_cond_destroy(&guard->wake);
	pthread_mutex_destroy(&guard->lock);
}

struct weir_guarded *weir_guard_add(struct weir_guard *guard, int fd)
{
	struct weir_guarded *at = calloc(1, sizeof(*at));

	if (!at) {
		(void)shutdown(fd, SHUT_RDWR);
		return NULL;
	}
	at->fd = fd;
	at->since_ns = weir_now_ns();
	pthread_mutex_lock(&guard->lock);
	at->next = guard->connections;
	at->from = &guard->connections;
	if (at->next)
		at->next->from = &at->next;
	guard->connections = at;
	pthread_mutex_unlock(&guard->lock);
	return at;
}

void weir_guard_remove(struct weir_guard *guard, struct weir_guarded *at)
{
	if (!at)
		return;
	pthread_mutex_lock(&guard->lock);
	*at->from = at->next;
	if (at->next)
		at->next->from = at->from;
	pthread_mutex_unlock(&guard->lock);
	free(at);
}

void weir_guard_enter(struct weir_guard *guard, struct weir_guarded *at, enum weir_phase phase)
{
	if (!at)
		return;
	pthread_mutex_lock(&guard->lock);
	at->phase = phase;
	at->since_ns = weir_now_ns();
	pthread_mutex_unlock(&guard->lock);
}
