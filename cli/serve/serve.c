// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The two processes of weir serve. In: where to listen, whom to let in. Out: a server, until
 * SIGINT or SIGTERM. The one that serves is the child, and ends with its parent; when the child
 * ends, so does the parent, with an error.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/board/collect.h"
#include "cli/interval.h"
#include "cli/say.h"
#include "cli/serve/serve.h"

#define NSEC_PER_SEC 1000000000ull
#define BEAT_MS	     15000 /* streams get a sign of life */
#define SEND_SECONDS 10
#define FAILURES_MAX 5 /* snapshots, one after the other */

struct server {
	struct weir_listen listen;
	char token[WEIR_TOKEN_MAX];
	uint64_t interval_ns;
	int pipe; /* of snapshots */
	pid_t child;
};

/* ---- the child: HTTP ----------------------------------------------------- */

/* Snapshots until the parent closes the pipe. */
static int take_snapshots(const struct server *server, struct weir_state *state,
			  struct weir_http *http)
{
	struct pollfd wait = {.fd = server->pipe, .events = POLLIN};
	struct weir_snap snap = {0};
	int ret = 1;

	while (ret > 0) {
		ret = poll(&wait, 1, BEAT_MS);
		if (ret < 0 && errno == EINTR)
			ret = 1;
		else if (!ret)
			ret = 1; /* nothing new */
		else
			ret = weir_snap_read(&snap, server->pipe);
		if (ret > 0 && wait.revents)
			ret = weir_state_take(state, &snap) ? -ENOMEM : 1;
		weir_http_notify(http);
	}
	weir_snap_free(&snap);
	return ret;
}

static int serve(const struct server *server, pid_t parent)
{
	struct weir_http_opts opts = {.listen = &server->listen, .token = server->token};
	struct weir_http *http = NULL;
	struct weir_state state;
	int err = weir_privilege_server();

	/* who changes user loses it, so behind that */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		return -ECHILD;
	(void)signal(SIGINT, SIG_IGN); /* the parent gets it, too */
	err = err ?: weir_state_start(&state);
	if (err)
		return err;
	state.interval_ns = server->interval_ns;
	opts.state = &state;
	err = weir_http_start(&opts, &http);
	if (!err && write(server->pipe, "", 1) != 1)
		err = -errno;
	err = err ?: take_snapshots(server, &state, http);
	weir_http_stop(http);
	weir_state_end(&state);
	return err;
}

/* ---- the parent: counters ------------------------------------------------ */

static bool child_ended(const struct server *server)
{
	return waitpid(server->child, NULL, WNOHANG) == server->child;
}

static int collect_once(struct weir_collect *collect, struct weir_snap *snap,
			const struct server *server, unsigned int *failures)
{
	int err = weir_collect_take(collect, snap);

	/* it was said why; one that fails may be the only one */
	if (err && ++*failures < FAILURES_MAX)
		return 0;
	if (err)
		return err;
	*failures = 0;
	err = weir_snap_write(snap, server->pipe);
	if (err || child_ended(server)) {
		weir_say_error("serve: the process that serves has ended");
		return err ? err : -ECHILD;
	}
	return 0;
}

static int collect_on(struct weir_collect *collect, const struct server *server)
{
	struct weir_snap snap = {0};
	struct weir_interval interval;
	unsigned int failures = 0;
	int err = weir_interval_start(&interval, server->interval_ns);

	do
		err = err ?: collect_once(collect, &snap, server, &failures);
	while (!err && weir_interval_wait(&interval));
	weir_snap_free(&snap);
	return err;
}

static int run_parent(const struct server *server, const struct weir_globals *globals,
		      const struct weir_serve_config *cfg)
{
	const struct weir_collect_opts opts = {.netns = globals->netns,
					       .dev = cfg->dev,
					       .dev_may_go = true,
					       .series_max = cfg->series};
	const struct timeval patience = {.tv_sec = SEND_SECONDS};
	struct weir_collect *collect = NULL;
	char ready;
	int err = weir_collect_open(&opts, &collect);

	err = err ?: weir_privilege_collector();
	(void)setsockopt(server->pipe, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!err && read(server->pipe, &ready, 1) != 1)
		err = -ECHILD; /* it said why */
	if (!err)
		weir_say_note("serving on http://%s/", server->listen.text);
	err = err ?: collect_on(collect, server);
	weir_collect_close(collect);
	return err;
}

/* ---- both ---------------------------------------------------------------- */

static int prepare(struct server *server, const struct weir_serve_config *cfg)
{
	int err = cfg->token ? weir_token_read(cfg->token, server->token) : 0;

	err = err ?: weir_listen_open(cfg->listen, &server->listen);
	if (err)
		return err;
	if (server->listen.loopback || cfg->token)
		return 0;
	weir_say_error("serve: listen %s: beyond loopback a token is needed; token FILE",
		       server->listen.text);
	return -EACCES;
}

/* Forks; returns in the parent, or what the child is to exit with. */
static int start_child(struct server *server, bool *is_child)
{
	pid_t parent = getpid();
	int pipes[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pipes))
		return -errno;
	server->child = fork();
	*is_child = !server->child;
	if (server->child < 0)
		return -errno;
	server->pipe = pipes[*is_child];
	close(pipes[!*is_child]);
	if (*is_child)
		return serve(server, parent);
	close(server->listen.fd);
	return 0;
}

int weir_serve_run(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_serve_config *cfg = &config->serve;
	struct server server = {.pipe = -1,
				.interval_ns = cfg->interval_ns ? cfg->interval_ns : NSEC_PER_SEC};
	bool is_child = false;
	int err = prepare(&server, cfg);

	err = err ?: start_child(&server, &is_child);
	if (err || is_child)
		return err;
	err = run_parent(&server, globals, cfg);
	close(server.pipe);
	if (server.child > 0)
		(void)waitpid(server.child, NULL, 0);
	return err;
}
