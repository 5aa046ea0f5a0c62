/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `weir tc` and `weir ip`: iproute2's grammar, output and exit status for all
 * that is BPF; the real program does the rest. The same when weir is called by
 * the name tc or ip (the shims).
 *
 * A line goes: options (compat_opts.c) -> whose is it (compat.c) -> ours: words
 * to a struct (tc_*.c, ip_*.c: parse), then the library (run); not ours: the
 * real program (real.c, real_path.c). Parsing never asks the kernel, so that a wrong
 * word is found before anything is loaded.
 *
 * Functions named _parse, _run, _line return the exit status of the line, 0
 * for success: iproute2's numbers (WEIR_COMPAT_*).
 */
#ifndef WEIR_CLI_COMPAT_H
#define WEIR_CLI_COMPAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "cli/command.h"
#include "loader/weir.h"

enum {
	WEIR_COMPAT_FAILED = 1,	 /* parse or load failure inside a filter, unknown device, batch */
	WEIR_COMPAT_REFUSED = 2, /* the kernel's no */
	WEIR_COMPAT_USAGE = 255, /* wrong words; actions, exec; ip: load failures */
};

/* Options of one command line, and what lines of a batch share. */
struct weir_compat {
	const char *program; /* "tc" or "ip" */
	const char *name;    /* as it was called: the real program's argv[0] */
	bool is_ip;
	bool unknown; /* an option that only the real program can judge */
	bool force, json, pretty, details, stats, brief, echo, oneline, numeric, version, help;
	bool names;	     /* tc -nm */
	const char *netns;   /* -n NAME; NULL */
	const char *batch;   /* -batch FILE; NULL */
	const char *bpffs;   /* of weir's own option; NULL */
	bool verbose, quiet; /* the same */
	char **options;	     /* the option words as they were given, for the real program */
	size_t n_options;
	struct weir_net *net; /* opened when first needed: weir_compat_net() */
	bool in_batch;
};

/* Is @name, of any folder, one of a shim? */
bool weir_compat_is_name(const char *name);
/* From the words after `tc` or `ip` (or after argv[0] of a shim, @name) to the exit
 * status of the process. @globals: options before the word tc; NULL for a shim. */
int weir_compat_main(const char *name, char **argv, const struct weir_globals *globals);
/* Parses options; *argv moves to the object word, or behind a -V or -help, or to
 * the option that is unknown. */
void weir_compat_options(struct weir_compat *c, char ***argv);
bool weir_compat_is_ours(const struct weir_compat *c, char **words);
/* Runs one line, whosever it is; @words is NULL-terminated. */
int weir_compat_line(struct weir_compat *c, char **words);
/* @words: what follows the options; only the real program hears of it. */
int weir_compat_batch(struct weir_compat *c, char **words);
/* Enters the namespace of -n, as tc and ip do before they read a line. False after
 * an error line in their words. */
bool weir_compat_enter(struct weir_compat *c);
/* The route socket, in the namespace of -n. NULL after an error line. */
struct weir_net *weir_compat_net(struct weir_compat *c);

/* ---- batch files (batch_read.c) ------------------------------------------ */

struct weir_batch_text {
	FILE *in;
	char *line; /* the last one, cut into words */
	size_t room_bytes;
	unsigned long line_no; /* of its last physical line */
};

#define WEIR_BATCH_WORDS_MAX 512 /* iproute2's, NULL included */

/* Reads the next line that has words, as iproute2 does. How many; 0 at the end.
 * With iproute2's message in *why: -ENODATA at an end where a line should go on,
 * -EINVAL where a line cannot be cut, -ENOMEM. */
int weir_batch_read(struct weir_batch_text *text, char **words, const char **why);
/* Writes @words so that weir_batch_read() reads the same. */
void weir_batch_write(FILE *out, char **words);

/* After the kernel has taken a program: ends the process, whose end closes and
 * frees all at once. Does nothing in a batch. */
void weir_compat_leave(const struct weir_compat *c);

/* Is the line weir's? Looks at words only. */
bool weir_tc_is_ours(const struct weir_compat *c, char **words);
bool weir_ip_is_ours(const struct weir_compat *c, char **words);
/* Runs a line that is ours: words[0] is the object word (qdisc, filter, link ...). */
int weir_tc_line(struct weir_compat *c, char **words);
int weir_ip_line(struct weir_compat *c, char **words);

/* ---- words (words iproute2 compares: compat_words.c) --------------------- */

/* True when @text is a non-empty prefix of @word: iproute2's matches(). */
bool weir_word_is(const char *text, const char *word);
/* Says `Command line is not complete. Try option "help"`; WEIR_COMPAT_USAGE. */
int weir_word_missing(void);
/* `Error: argument "TEXT" is wrong: WHY`; WEIR_COMPAT_USAGE. */
int weir_word_wrong(const char *text, const char *why);
/* `Error: duplicate "KEY": "TEXT" is the second value.`; WEIR_COMPAT_USAGE. */
int weir_word_duplicate(const char *key, const char *text);
/* Number of any base as strtoul(, 0) reads it, the whole word; false otherwise. */
bool weir_word_u32(const char *text, uint32_t *out);
/* Decimal only: what actions count and number. 010 is ten, 0x10 none. */
bool weir_word_decimal(const char *text, uint32_t *out);
/* "1:2", "1:", ":2", "ffff", "root", "none"; false otherwise. */
bool weir_word_classid(const char *text, uint32_t *out);
/* "1:2", "ffff:" and so on; @buf of 32 bytes. */
const char *weir_classid_text(uint32_t classid, char *buf);
/* Ethertype by name (ip, ipv6, all, 802.1Q ...; case does not matter) or number. */
bool weir_word_protocol(const char *text, uint16_t *protocol_be);
/* Its name, "[N]" without one; @buf of 16 bytes. */
const char *weir_protocol_text(uint16_t protocol_be, char *buf);

/* ---- speaking (compat_say.c) --------------------------------------------- */

/* Hears the library for one line: errors and details as plain lines on standard
 * error; notices are held back until weir_compat_say_end(), which drops them
 * when @refused: the kernel's "Error: ..." is then the first line there is. */
void weir_compat_say_begin(bool verbose);
void weir_compat_say_end(bool refused);
/* A line on standard error. */
void weir_compat_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "Error: TEXT." or "RTNETLINK answers: strerror" from the kernel's answer, and
 * a line for a missing attribute. True when there was one (ack->err). */
bool weir_compat_refused(const struct weir_ack *ack);

/* ---- the real program (real_path.c, real.c) ------------------------------ */

/* Path of the real `tc` or `ip`: in PATH, then /sbin, /usr/sbin, /bin, /usr/bin;
 * never a weir under another name, nor a script that calls one. -ENOENT, not
 * logged. */
int weir_real_path(const char *program, char *buf, size_t len);
/* Becomes the real program with our options and @words; returns only on failure,
 * with a status after an error line. In a batch: runs it and returns its status. */
int weir_real_line(struct weir_compat *c, char **words);
/* Runs it with our options and @words, its standard output to *out (malloc'd,
 * NUL-terminated, the caller frees). Returns its status; -errno. */
int weir_real_output(struct weir_compat *c, char **words, char **out, size_t *out_len);
/* A NULL-terminated argv of the real program at @path with our options; free()d. */
char **weir_real_argv(const struct weir_compat *c, char *path, char **words);
/* Has the real program make the request of @words; "WHAT are read by the real tc" when
 * there is none. 0, or the line's status after error lines. */
struct weir_borrowed;
int weir_real_borrow(const struct weir_compat *c, char **words, const char *what,
		     struct weir_borrowed **out);
/* Prints the kernel's answer to a borrowed request as the real program prints such
 * messages; nothing when it does not run. */
void weir_real_print(struct weir_compat *c, const struct weir_borrowed *req);
/* Starts it with our options and @words; @in, @err become its fd 0 and 2 (-1: as
 * they are). -errno. weir_real_wait() returns its status. */
int weir_real_start(struct weir_compat *c, char **words, int in, int err, pid_t *pid);
int weir_real_wait(pid_t pid);

#endif
