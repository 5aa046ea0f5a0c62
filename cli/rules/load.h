/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules out of a file: lines "allow|deny WORDS", as `weir filter ... show` prints them,
 * "default allow|deny", and prefixes alone. A comment begins with # or ;.
 */
#ifndef WEIR_CLI_RULES_LOAD_H
#define WEIR_CLI_RULES_LOAD_H

#include "cli/rules/set.h"

/* What a prefix alone means. */
struct weir_bare {
	bool deny;
	enum weir_side side;
};

/* Reads @path ("-": standard input) into @out, whose default stays unless the file says
 * another, and settles it. Each bad line is said, up to twenty, with its number; -EINVAL
 * or -EEXIST then. */
int weir_set_load(const char *path, const struct weir_bare *bare, struct weir_set *out);

#endif
