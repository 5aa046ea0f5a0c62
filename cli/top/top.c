// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir top. In: what the line asked for. Out: a screen that follows the counters, until a key
 * or a signal ends it.
 *
 * One loop waits for keys, signals and the next snapshot, and draws after each. The library's
 * lines go to the footer as long as curses has the terminal.
 */
#include <errno.h>
#include <ncursesw/ncurses.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/interval.h"
#include "cli/say.h"
#include "cli/top/state.h"
#include "cli/top/term.h"
#include "cli/top/top.h"
#include "loader/weir.h"

static void hear(void *ctx, enum weir_log_level level, const char *line)
{
	struct weir_top *top = ctx;

	if (level != WEIR_LOG_ERROR && level != WEIR_LOG_NOTICE)
		return;
	snprintf(top->said, sizeof(top->said), "%s", line);
	top->said_ns = weir_now_ns();
}

static int take(struct weir_top *top)
{
	int err = weir_collect_take(top->collect, &top->next);

	top->taken_ns = weir_now_ns();
	err = err ?: weir_runs_take(&top->runs, &top->next);
	err = err ?: weir_board_take(&top->board, &top->next);
	return err ?: weir_top_build(top);
}

/* A snapshot that fails is told of in the footer, and the next one may succeed: unless the
 * one interface that is watched is gone. */
static int take_again(struct weir_top *top)
{
	int err = take(top);

	return err == -ENOMEM || err == -ENODEV ? err : 0;
}

/* For poll(): until the next snapshot; -1: there is none while it is paused. */
static int wait_ms(const struct weir_top *top)
{
	uint64_t now_ns = weir_now_ns(), due_ns = top->taken_ns + top->interval_ns;

	if (top->paused)
		return -1;
	/* up to a whole millisecond: not many short waits */
	return now_ns < due_ns ? (int)((due_ns - now_ns + 999999) / 1000000) : 0;
}

#define ESCAPE 27

/* Behind an escape: what came with it is a key that curses does not know, or one with Alt, and no
 * command of ours. True when there was nothing. */
static bool skip_sequence(void)
{
	unsigned int key;
	int kind = weir_term_key(&key);

	if (kind == ERR)
		return true;
	if (kind == KEY_CODE_YES || (key != '[' && key != 'O'))
		return false;
	/* ECMA-48: ESC [, parameters, a final byte; a keypad's ESC O has no parameters */
	do {
		kind = weir_term_key(&key);
	} while (kind == OK && (key < '@' || key > '~'));
	return false;
}

static int take_keys(struct weir_top *top)
{
	int err = 0, kind;
	unsigned int key;

	while (!top->done && !err && (kind = weir_term_key(&key)) != ERR) {
		if (kind == OK && key == ESCAPE && !skip_sequence())
			continue;
		weir_top_key(top, key, kind == KEY_CODE_YES);
		err = weir_top_build(top);
	}
	return err;
}

static int follow(struct weir_top *top, struct weir_term *term)
{
	struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
			       {.fd = term->signal_fd, .events = POLLIN},
			       {.events = POLLOUT}};
	int err = 0;

	while (!err && !top->done) {
		bool ready = weir_term_is_ready();

		/* what cannot be shown now is drawn when it can */
		fds[2].fd = ready ? -1 : STDOUT_FILENO;
		if (ready) {
			weir_top_draw(top);
			if (weir_term_show())
				break;
		}
		if (poll(fds, 3, wait_ms(top)) < 0 && errno != EINTR)
			return -errno;
		if (fds[1].revents && weir_term_signals(term))
			break;
		err = take_keys(top);
		/* a terminal that is gone is readable for ever */
		if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			break;
		if (!err && !top->done && !wait_ms(top))
			err = take_again(top);
	}
	return err;
}

static int run(struct weir_top *top, const struct weir_globals *globals)
{
	struct weir_term term = {.signal_fd = -1, .tty_fd = -1};
	int err = take(top);

	err = err ?: weir_term_open(&term);
	if (!err) {
		top->utf8 = term.utf8;
		top->colour = term.colour;
		weir_log_to(hear, top, globals->quiet ? WEIR_LOG_ERROR : WEIR_LOG_NOTICE);
		err = follow(top, &term);
	}
	weir_term_close(&term);
	weir_say_start(globals->quiet, globals->verbose);
	if (err && !weir_say_had_error())
		weir_say_error("top: %s", *top->said ? top->said : strerror(-err));
	return err;
}

int weir_top_run(const struct weir_globals *globals, const union weir_config *cfg)
{
	struct weir_collect_opts opts = {.netns = globals->netns, .dev = cfg->top.dev};
	struct weir_top top = {.interval_ns = cfg->top.interval_ns ?: 1000000000u};
	int err;

	if (top.interval_ns < WEIR_TOP_FASTEST_NS || top.interval_ns > WEIR_TOP_SLOWEST_NS) {
		weir_say_error("top: 'interval' '%g': not a time from 100ms to 60s",
			       (double)top.interval_ns / 1e9);
		return WEIR_EXIT_USAGE;
	}
	err = weir_term_check();
	if (err)
		return err;
	(void)gethostname(top.host, sizeof(top.host) - 1);
	err = weir_collect_open(&opts, &top.collect);
	err = err ?: run(&top, globals);
	weir_collect_close(top.collect);
	weir_board_free(&top.board);
	weir_snap_free(&top.next);
	weir_runs_free(&top.runs);
	weir_rows_free(&top.rows);
	weir_view_free(&top.view);
	return err;
}
