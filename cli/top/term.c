// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * In: the terminal of standard input and output. Out: curses, and an end of it that leaves
 * nothing behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <ncursesw/ncurses.h>
#include <ncursesw/term.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/say.h"
#include "cli/top/term.h"

/* all that curses has handlers for, and what else ends (the first ones), stops or resizes */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};
#define N_SIGNALS (sizeof(signals) / sizeof(*signals))
#define WAY_MS	  100

/* Of the one terminal that a process has, for the handler. */
static volatile sig_atomic_t ended;
static int null_fd = -1;

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

/* ---- signals, and output ------------------------------------------------- */

/* Curses tries until all is written. From now on all is, whoever stopped the terminal. */
static void end(int signo)
{
	int saved = errno;

	(void)signo;
	ended = 1;
	(void)dup2(null_fd, STDOUT_FILENO);
	errno = saved;
}

/* Around what writes: a signal that ends us comes through. */
static void let_in(bool in)
{
	sigset_t ends;

	sigemptyset(&ends);
	for (size_t i = 0; i < WEIR_TERM_ENDS; i++)
		sigaddset(&ends, signals[i]);
	(void)sigprocmask(in ? SIG_UNBLOCK : SIG_BLOCK, &ends, NULL);
}

bool weir_term_is_ready(void)
{
	struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&fd, 1, 0) > 0;
}

bool weir_term_show(void)
{
	let_in(true);
	(void)refresh();
	let_in(false);
	return ended;
}

int weir_term_key(unsigned int *key)
{
	int kind;

	let_in(true); /* after a resize curses draws before it reads */
	kind = get_wch(key);
	let_in(false);
	return kind;
}

static int catch_signals(struct weir_term *term)
{
	const struct sigaction action = {.sa_handler = end}; /* no SA_RESTART: write() ends */
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < N_SIGNALS; i++)
		sigaddset(&set, signals[i]);
	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	term->tty_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	term->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (null_fd < 0 || term->tty_fd < 0 || term->signal_fd < 0 ||
	    sigprocmask(SIG_BLOCK, &set, &term->mask_before))
		return -errno;
	for (size_t i = 0; i < WEIR_TERM_ENDS; i++)
		(void)sigaction(signals[i], &action, &term->ends_before[i]);
	return 0;
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

/* The keypad in the mode that keypad() switches on, which terminfo seldom tells. */
static void define_keypad(void)
{
	static const struct {
		char sequence[4];
		int key;
	} keys[] = {{"\033OM", KEY_ENTER}, {"\033Oq", KEY_END},	 {"\033Or", KEY_DOWN},
		    {"\033Os", KEY_NPAGE}, {"\033Ot", KEY_LEFT}, {"\033Ov", KEY_RIGHT},
		    {"\033Ow", KEY_HOME},  {"\033Ox", KEY_UP},	 {"\033Oy", KEY_PPAGE}};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		(void)define_key(keys[i].sequence, keys[i].key);
}

int weir_term_open(struct weir_term *term)
{
	int err;

	*term = (struct weir_term){.signal_fd = -1, .tty_fd = -1, .utf8 = set_locale()};
	if (!is_ours())
		(void)raise(SIGTTOU); /* while signals still end us */
	err = catch_signals(term);
	if (err) {
		weir_say_error("top: signals: %s", strerror(-err));
		return err;
	}
	if (!tcgetattr(STDOUT_FILENO, &term->modes_before))
		term->screen = new_screen();
	if (!term->screen) {
		weir_say_error("top: the terminal cannot be used");
		return -ENOTTY;
	}
	let_in(true);
	term->colour = set_colours();
	set_escdelay(25);
	(void)cbreak();
	(void)noecho();
	(void)nonl();
	(void)keypad(stdscr, TRUE);
	define_keypad();
	(void)nodelay(stdscr, TRUE);
	(void)leaveok(stdscr, FALSE);
	(void)curs_set(0);
	let_in(false);
	return 0;
}

/* A terminal without a second screen keeps ours: the shell's line goes below it. */
static void leave(void)
{
	if (isendwin())
		return;
	let_in(true);
	(void)move(LINES - 1, 0);
	(void)clrtoeol();
	(void)refresh();
	(void)endwin();
	let_in(false);
}

/* Output that is stopped goes on, and what nobody takes is dropped: the last words must get out. */
static void make_way(const struct weir_term *term)
{
	struct pollfd fd = {.fd = term->tty_fd, .events = POLLOUT};
	struct termios modes;

	/* without flow control there is none that was stopped by it: TCOON is not for Ctrl-S */
	if (!tcgetattr(term->tty_fd, &modes) && (modes.c_iflag & IXON)) {
		modes.c_iflag &= ~(tcflag_t)IXON;
		(void)tcsetattr(term->tty_fd, TCSANOW, &modes);
	}
	if (ended || poll(&fd, 1, WAY_MS) <= 0)
		(void)tcflush(term->tty_fd, TCOFLUSH);
	(void)dup2(term->tty_fd, STDOUT_FILENO);
}

static void give_back(struct weir_term *term)
{
	void (*before)(int);

	/* also from the background, where it would stop us */
	before = signal(SIGTTOU, SIG_IGN);
	/* while we are stopped it is another's, who has modes of his own */
	if (!isendwin() || ended) {
		make_way(term);
		leave();
		(void)dup2(term->tty_fd, STDOUT_FILENO);
		(void)tcsetattr(term->tty_fd, TCSANOW, &term->modes_before);
	}
	(void)signal(SIGTTOU, before);
	delscreen(term->screen);
}

void weir_term_close(struct weir_term *term)
{
	if (term->signal_fd < 0)
		return;
	if (term->screen)
		give_back(term);
	for (size_t i = 0; i < WEIR_TERM_ENDS; i++)
		(void)sigaction(signals[i], &term->ends_before[i], NULL);
	close(term->signal_fd);
	close(term->tty_fd);
	close(null_fd);
	(void)sigprocmask(SIG_SETMASK, &term->mask_before, NULL);
	*term = (struct weir_term){.signal_fd = -1, .tty_fd = -1};
}

/* Until somebody continues us, which is a signal of its own. */
static void stop(void)
{
	sigset_t stops;

	leave();
	if (ended)
		return;
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
	let_in(true);
	if (!isendwin())
		(void)endwin();
	let_in(false);
	(void)clearok(curscr, TRUE);
	(void)weir_term_show();
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
	return ended;
}
