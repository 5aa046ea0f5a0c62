/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How rows of words are written: for words.c and map_words.c. */
#ifndef WEIR_CLI_WORD_ROWS_H
#define WEIR_CLI_WORD_ROWS_H

#include "cli/command.h"

#define FIELD(command, member) .offset = offsetof(struct weir_##command##_config, member)
#define GLOBAL(member)	       .offset = offsetof(struct weir_globals, member)

#define FLAG(WORD, ...)                                             \
	{                                                           \
		.type = WEIR_WORD_FLAG, .word = (WORD), __VA_ARGS__ \
	}
#define SET(WORD, VALUE, ...)                                                        \
	{                                                                            \
		.type = WEIR_WORD_SET, .word = (WORD), .value = (VALUE), __VA_ARGS__ \
	}
#define STRING(WORD, METAVAR, ...)                                                          \
	{                                                                                   \
		.type = WEIR_WORD_STRING, .word = (WORD), .metavar = (METAVAR), __VA_ARGS__ \
	}
#define NUMBER(WORD, METAVAR, MAX, ...)                                                \
	{                                                                              \
		.type = WEIR_WORD_U32, .word = (WORD), .metavar = (METAVAR), .min = 1, \
		.max = (MAX), __VA_ARGS__                                              \
	}
#define INTERVAL(OFFSET, HELP)                                                            \
	{                                                                                 \
		.type = WEIR_WORD_TIME, .word = "interval", .metavar = "TIME", OFFSET,    \
		.min = 10000000, .max = 86400000000000, .help = (HELP) /* 10 ms, a day */ \
	}
#define FILE_NAME(...) \
	STRING(NULL, "FILE", .required = true, .first = true, .fill = WEIR_FILL_FILE, __VA_ARGS__)
#define END                  \
	{                    \
		.help = NULL \
	}

#endif
