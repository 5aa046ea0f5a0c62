// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The two processes of weir serve. In: where to listen, whom to let in. Out: a server, until
 * SIGINT or SIGTERM. The one that serves is the child, and ends with its parent; when the child
 * ends, or takes no snapshots any more, so does the parent, with an error.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/board/collect.h"
#include "cli/interval.h"
#include "cli/say.h"
#include "cli/serve/serve.h"

#define NSEC_PER_SEC 1000000000ull
#define BEAT_MS	     15000 /* streams get a sign of life */
#define TAKE_SECONDS 10	   /* that a snapshot may wait for the child */
#define END_MS	     1000  /* that the child may take for its end */
#define FAILURES_MAX 5	   /* snapshots, one after the other */

struct server {
	struct weir_listen listen;
	char token[WEIR_TOKEN_MAX];
	uint64_t interval_ns;
	int pipe;	  /* of snapshots */
	pid_t child;	  /* 0: it has ended */
	int unread;	  /* bytes in the pipe when the last snapshot was sent */
	uint64_t read_ns; /* when the child last had read of it */
	unsigned int failures;
};

static volatile sig_atomic_t stopped; /* by a signal, while a snapshot was sent */
static int sending = -1;	      /* where to */

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
	int err;

	weir_privilege_keep_only(server->listen.fd, server->pipe);
	err = weir_privilege_server();
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
	/* the parent has ended, and said why */
	return err == -EPIPE || err == -ECONNRESET ? 0 : err;
}

/* ---- the parent: counters ------------------------------------------------ */

static bool child_ended(struct server *server)
{
	if (server->child && waitpid(server->child, NULL, WNOHANG) == server->child)
		server->child = 0;
	return !server->child;
}

/* A child that does not read blocks who writes: no longer than until a signal comes. */
static void stop_sending(int signal_number)
{
	(void)signal_number;
	stopped = 1;
	(void)shutdown(sending, SHUT_RDWR);
}

static int unread_bytes(const struct server *server)
{
	int bytes = 0;

	(void)ioctl(server->pipe, SIOCOUTQ, &bytes);
	return bytes;
}

/* The child has read nothing of what was sent, and had time to. */
static bool is_stuck(struct server *server)
{
	uint64_t now_ns = weir_now_ns();
	int unread = unread_bytes(server);

	if (!unread || unread < server->unread)
		server->read_ns = now_ns;
	return now_ns - server->read_ns > TAKE_SECONDS * NSEC_PER_SEC;
}

/* -ECANCELED: a signal came. The signals are blocked at all other times. */
static int send_snapshot(struct server *server, const struct weir_snap *snap,
			 const struct weir_interval *interval)
{
	int err = is_stuck(server) ? -EAGAIN : 0;

	(void)sigprocmask(SIG_UNBLOCK, &interval->signals, NULL);
	if (!err && !stopped)
		err = weir_snap_write(snap, server->pipe);
	(void)sigprocmask(SIG_BLOCK, &interval->signals, NULL);
	server->unread = unread_bytes(server);
	if (stopped)
		return -ECANCELED;
	if (err == -EAGAIN && !child_ended(server))
		weir_say_error("serve: the process that serves takes no snapshots any more");
	else if (err || child_ended(server))
		weir_say_error("serve: the process that serves has ended");
	return err || server->child ? err : -ECHILD;
}

static int collect_once(struct weir_collect *collect, struct weir_snap *snap, struct server *server,
			const struct weir_interval *interval)
{
	int err = weir_collect_take(collect, snap);

	/* it was said why; one that fails may be the only one */
	if (err && ++server->failures < FAILURES_MAX)
		return 0;
	if (err)
		return err;
	server->failures = 0;
	return send_snapshot(server, snap, interval);
}

static int collect_on(struct weir_collect *collect, struct server *server)
{
	const struct sigaction stop = {.sa_handler = stop_sending};
	struct weir_snap snap = {0};
	struct weir_interval interval;
	int err = weir_interval_start(&interval, server->interval_ns);

	sending = server->pipe;
	server->read_ns = weir_now_ns();
	(void)sigaction(SIGINT, &stop, NULL);
	(void)sigaction(SIGTERM, &stop, NULL);
	do
		err = err ?: collect_once(collect, &snap, server, &interval);
	while (!err && weir_interval_wait(&interval));
	weir_snap_free(&snap);
	return err == -ECANCELED ? 0 : err;
}

static void wait_for_child(struct server *server)
{
	const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};

	for (int ms = 0; ms < END_MS && !child_ended(server); ms += 10)
		(void)nanosleep(&moment, NULL);
}

/* It ends when the pipe does, or is made to. Without CAP_KILL, which another user's process
 * takes, in a session a stopped one can still be continued, and then sees the pipe's end. */
static void end_child(struct server *server)
{
	close(server->pipe);
	wait_for_child(server);
	if (!server->child)
		return;
	(void)kill(server->child, SIGKILL);
	(void)kill(server->child, SIGCONT);
	wait_for_child(server);
}

static int run_parent(struct server *server, const struct weir_globals *globals,
		      const struct weir_serve_config *cfg)
{
	const struct weir_collect_opts opts = {.netns = globals->netns,
					       .dev = cfg->dev,
					       .dev_may_go = true,
					       .series_max = cfg->series};
	const struct timeval patience = {.tv_sec = TAKE_SECONDS};
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

	return err ?: weir_listen_open(cfg->listen, cfg->token, &server->listen);
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
	end_child(&server);
	return err;
}
