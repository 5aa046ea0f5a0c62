/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the command says on standard error: its own errors, and the library's
 * lines through its log callback. Standard output belongs to cli/out.h.
 */
#ifndef WEIR_CLI_SAY_H
#define WEIR_CLI_SAY_H

#include <stdbool.h>
#include <stddef.h>

/* Hears the library from now on: @verbose 0 errors and notices, 1 what was
 * done, 2 everything; @quiet errors only. */
void weir_say_start(bool quiet, unsigned int verbose);

/* Until release, the library's errors are not said: the first one goes to @text of @len
 * bytes. For what is asked, and may be refused. */
void weir_say_catch(char *text, size_t len);
void weir_say_release(void);

/* "weir: LINE". */
void weir_say_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "weir: note: LINE", unless quiet. */
void weir_say_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* When weir_query_is_blind(). */
#define WEIR_SAY_BLIND "programs and maps are not seen: it is not permitted; run as root"
/* Then -EPERM after an error line about @what, else 0. */
int weir_say_blind(const char *what);

/* True after an error line, ours or the library's. */
bool weir_say_had_error(void);
/* Forgets errors and settings: for tests. */
void weir_say_reset(void);

#endif
