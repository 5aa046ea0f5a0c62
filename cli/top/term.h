/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The terminal: taken over, given back as it was. Signals are read from a descriptor, so that
 * none ends us, or stops us, with the terminal in our hands. Those that end us do so also while
 * the terminal takes no output (Ctrl-S, a connection that stands still).
 */
#ifndef WEIR_CLI_TOP_TERM_H
#define WEIR_CLI_TOP_TERM_H

#include <signal.h>
#include <stdbool.h>
#include <termios.h>

struct screen; /* of curses */

#define WEIR_TERM_ENDS 4 /* signals that end us */

struct weir_term {
	struct screen *screen;
	sigset_t mask_before;
	int signal_fd;
	int tty_fd; /* of standard output, while that leads elsewhere */
	struct termios modes_before;
	struct sigaction ends_before[WEIR_TERM_ENDS];
	bool utf8, colour;
};

enum weir_colour { WEIR_PROG = 1, WEIR_MAP, WEIR_HISTORY, WEIR_WARN };

/* Is there a terminal that can do it? An error line otherwise. */
int weir_term_check(void);
int weir_term_open(struct weir_term *term);
/* Also of one that was not opened. */
void weir_term_close(struct weir_term *term);
/* Does it take output now? */
bool weir_term_is_ready(void);
/* Shows what was drawn. True when a signal came meanwhile that ends us. */
bool weir_term_show(void);
/* As get_wch(). */
int weir_term_key(unsigned int *key);
/* The signals that have come: true when one of them ends us. Stops and goes on as asked. */
bool weir_term_signals(struct weir_term *term);
/* An attribute of curses; 0 unless @on. */
unsigned int weir_term_colour(bool on, enum weir_colour colour);

#endif
