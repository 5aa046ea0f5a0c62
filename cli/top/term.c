// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * In: the terminal of standard input and output. Out: curses, and an end of it that leaves
 * nothing behind.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <ncursesw/ncurses.h>
#include <ncursesw/term.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/say.h"
#include "cli/top/term.h"

/* all that curses has handlers for, and what else ends, stops or resizes */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};
#define N_SIGNALS (sizeof(signals) / sizeof(*signals))

int weir_term_check(void)
{
	const char *name = getenv("TERM");
	const char *home;
	bool can;
	int why = 0;

	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
		weir_say_error("top: standard %s is not a terminal; weir stat interval 1 prints "
			       "reports",
			       isatty(STDOUT_FILENO) ? "input" : "output");
		return -ENOTTY;
	}
	name = name && *name ? name : "unknown";
	if (setupterm(name, STDOUT_FILENO, &why) != OK && why != 1) {
		weir_say_error("top: terminal \"%s\" is not known here; set TERM", name);
		return -ENOTTY;
	}
	home = why == 1 ? tigetstr("cup") : NULL;
	can = home && (intptr_t)home != -1;
	(void)del_curterm(cur_term);
	if (!can) {
		weir_say_error("top: terminal \"%s\" cannot move its cursor; weir stat interval 1 "
			       "prints reports",
			       name);
		return -ENOTTY;
	}
	return 0;
}

/* Is the terminal ours to change? A job that the shell has in the background stops when it
 * tries, which no signal that we read would end. */
static bool is_ours(void)
{
	pid_t group = tcgetpgrp(STDOUT_FILENO);

	return group < 0 || group == getpgrp();
}

/* LC_CTYPE only: numbers keep their point. */
static bool set_locale(void)
{
	const char *asked = getenv("LC_ALL");

	if (!asked || !*asked)
		asked = getenv("LC_CTYPE");
	if (!asked || !*asked)
		asked = getenv("LANG");
	/* a locale that is not installed here, on a terminal that has UTF-8 all the same */
	if (!setlocale(LC_CTYPE, "") && asked &&
	    (strcasestr(asked, "utf-8") || strcasestr(asked, "utf8")))
		(void)setlocale(LC_CTYPE, "C.UTF-8");
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

static bool set_colours(void)
{
	const char *no_colour = getenv("NO_COLOR"); /* no-color.org */

	if ((no_colour && *no_colour) || !has_colors() || start_color() == ERR ||
	    use_default_colors() == ERR)
		return false;
	init_pair(WEIR_PROG, COLOR_CYAN, -1);
	init_pair(WEIR_MAP, COLOR_YELLOW, -1);
	init_pair(WEIR_HISTORY, COLOR_GREEN, -1);
	init_pair(WEIR_WARN, COLOR_RED, -1);
	return true;
}

unsigned int weir_term_colour(bool on, enum weir_colour colour)
{
	return on ? (unsigned int)COLOR_PAIR(colour) : 0;
}

static int catch_signals(struct weir_term *term)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaddset(&set, signals[i]);
	term->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (term->signal_fd < 0)
		return -errno;
	return sigprocmask(SIG_BLOCK, &set, &term->mask_before) ? -errno : 0;
}

/* newterm() with the handlers left alone that it brings: they run at any point of ours. */
static SCREEN *new_screen(void)
{
	struct sigaction before[N_SIGNALS];
	SCREEN *screen;

	for (size_t i = 0; i < N_SIGNALS; i++)
		(void)sigaction(signals[i], NULL, &before[i]);
	use_tioctl(TRUE);
	screen = newterm(NULL, stdout, stdin);
	for (size_t i = 0; i < N_SIGNALS; i++)
		(void)sigaction(signals[i], &before[i], NULL);
	return screen;
}

int weir_term_open(struct weir_term *term)
{
	int err;

	*term = (struct weir_term){.signal_fd = -1, .utf8 = set_locale()};
	if (!is_ours())
		(void)raise(SIGTTOU); /* while signals still end us */
	err = catch_signals(term);
	if (err) {
		weir_say_error("top: signals: %s", strerror(-err));
		return err;
	}
	term->screen = new_screen();
	if (!term->screen) {
		weir_say_error("top: the terminal cannot be used");
		return -ENOTTY;
	}
	term->colour = set_colours();
	set_escdelay(25);
	(void)cbreak();
	(void)noecho();
	(void)nonl();
	(void)keypad(stdscr, TRUE);
	(void)nodelay(stdscr, TRUE);
	(void)leaveok(stdscr, FALSE);
	(void)curs_set(0);
	return 0;
}

/* A terminal without a second screen keeps ours: the shell's line goes below it. */
static void leave(void)
{
	if (isendwin())
		return;
	(void)move(LINES - 1, 0);
	(void)clrtoeol();
	(void)refresh();
	(void)endwin();
}

void weir_term_close(struct weir_term *term)
{
	void (*before)(int);

	if (term->signal_fd < 0)
		return;
	if (term->screen) {
		/* also from the background, where it would stop us */
		before = signal(SIGTTOU, SIG_IGN);
		leave();
		(void)signal(SIGTTOU, before);
		delscreen(term->screen);
	}
	close(term->signal_fd);
	(void)sigprocmask(SIG_SETMASK, &term->mask_before, NULL);
	*term = (struct weir_term){.signal_fd = -1};
}

/* Until somebody continues us, which is a signal of its own. */
static void stop(void)
{
	sigset_t stops;

	leave();
	sigemptyset(&stops);
	sigaddset(&stops, SIGTSTP);
	(void)raise(SIGTSTP);
	(void)sigprocmask(SIG_UNBLOCK, &stops, NULL);
	(void)sigprocmask(SIG_BLOCK, &stops, NULL);
}

/* The modes of the terminal may be another's by now. */
static void go_on(void)
{
	if (!is_ours()) {
		(void)raise(SIGSTOP);
		return; /* what continued us is read next */
	}
	if (!isendwin())
		(void)endwin();
	(void)clearok(curscr, TRUE);
	(void)refresh();
}

static void resize(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		(void)resizeterm(size.ws_row, size.ws_col);
}

bool weir_term_signals(struct weir_term *term)
{
	struct signalfd_siginfo info;

	while (read(term->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGTSTP:
			stop();
			break;
		case SIGCONT:
			go_on();
			resize();
			break;
		case SIGWINCH:
			resize();
			break;
		default:
			return true;
		}
	}
	return false;
}
