/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files of `weir complete`. */
#ifndef WEIR_CLI_COMPLETE_H
#define WEIR_CLI_COMPLETE_H

#include "cli/opts.h"

/* What stands for a name that the shell knows: "@dev"; NULL: it knows none. */
const char *weir_complete_marker(enum weir_word_fill fill);
/* Prints the sections or the programs of object @file; NULL: nothing. */
void weir_complete_object(const char *file, enum weir_word_fill fill);
/* Prints what may stand at the last of @argv, the words behind tc or ip. */
void weir_complete_foreign(const char *program, char **argv);

#endif
