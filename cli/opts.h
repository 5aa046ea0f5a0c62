/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The words of the command line. A word is a row: what it is called, what
 * follows it, which field of the command's config struct it fills. Help,
 * completion and the check of the man page read the same rows.
 */
#ifndef WEIR_CLI_OPTS_H
#define WEIR_CLI_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum weir_word_type {
	WEIR_WORD_FLAG,	  /* bool = true */
	WEIR_WORD_COUNT,  /* uint32_t, one more each time */
	WEIR_WORD_SET,	  /* uint32_t = row's value */
	WEIR_WORD_STRING, /* const char * = the next word */
	WEIR_WORD_U32,	  /* uint32_t = the next word, min..max */
	WEIR_WORD_TIME,	  /* uint64_t nanoseconds: "2", "0.5", "1s", "500ms"; min..max */
	WEIR_WORD_CHOICE, /* uint32_t = value of the choice that the next word names */
	WEIR_WORD_WHERE,  /* struct weir_wheres, one more: FIELD OP VALUE */
	WEIR_WORD_MAP,	  /* struct weir_map_ref: NAME, PATH, id N, or prog P NAME */
	WEIR_WORD_REST,	  /* struct weir_rest: all words that follow */
};

/* "saddr = 10.0.0.1", as often as given. */
struct weir_wheres {
	const char *words[16][3];
	uint32_t n;
};

/* Which map is meant. */
struct weir_map_ref {
	const char *name; /* a pinned name, a path, or of the program's map */
	const char *id;	  /* "id N"; NULL */
	const char *prog; /* "prog P NAME": name or id of the program; NULL */
};

struct weir_rest {
	char **words; /* NULL at the end */
	uint32_t n;
};

/* What a shell can offer as the value of a word. */
enum weir_word_fill {
	WEIR_FILL_NOTHING,
	WEIR_FILL_DEV,
	WEIR_FILL_FILE,
	WEIR_FILL_DIR,
	WEIR_FILL_MAP,
	WEIR_FILL_NETNS,
	WEIR_FILL_COMMAND,
	WEIR_FILL_SECTION, /* of the object given before */
	WEIR_FILL_PROG,	   /* the same */
};

struct weir_choice {
	const char *name; /* NULL ends the list */
	uint32_t value;
};

struct weir_word {
	const char *word;    /* NULL: positional, @metavar stands for it */
	const char *aliases; /* separated by blanks; found as a whole or by prefix */
	const char *metavar; /* of the value; NULL: takes none */
	const char *help;    /* NULL ends the rows */
	const char *needs;   /* at least one of these words as well */
	const char *bars;    /* none of these words as well */
	const struct weir_choice *choices;
	size_t offset;	   /* of the field in the config struct */
	uint64_t min, max; /* WEIR_WORD_U32, WEIR_WORD_TIME */
	enum weir_word_type type;
	enum weir_word_fill fill;
	uint32_t value; /* WEIR_WORD_SET */
	char group;	/* neighbours of one group exclude each other; 0: none */
	char letter;	/* global options: -L */
	bool required;	/* the word, or one of its group */
	bool first;	/* positional: the first word is its value, whatever it looks like */
};

#define WEIR_WORDS_MAX 64 /* rows of a command: bits of a uint64_t */

/* Which rows have been given, and which are possible next. */
struct weir_parse {
	const struct weir_word *rows;
	const char *command; /* for messages */
	void *cfg;
	uint64_t seen;
};

#define WEIR_PARSE_HELP 1 /* the word "help", "-h" or "--help" stood there */

/* Parses the NULL-terminated @argv, all of it. 0; WEIR_PARSE_HELP; -EINVAL
 * after one error line. Strings in cfg point into @argv. */
int weir_words_parse(struct weir_parse *parse, char **argv);

/* Parses the options at the start of @argv; *used = how many words they took.
 * Ends at the first word without a dash. Returns as weir_words_parse(). */
int weir_options_parse(struct weir_parse *parse, char **argv, int *used);

/* The row that @text names, as a whole or by a prefix no other row has: its
 * index; -ENOENT; -ENOTUNIQ. Positional rows do not count. */
int weir_words_find(const struct weir_word *rows, const char *text);

/* True when row @nth may still be given: it was not, nor one of its group. */
bool weir_words_open(const struct weir_parse *parse, size_t nth);

/* The first word of the blank-separated @list that was given; NULL: none. */
const char *weir_words_given(const struct weir_parse *parse, const char *list);

/* "dev DEV (xdp | ingress | egress) [force]" */
void weir_words_synopsis(FILE *out, const struct weir_word *rows);
/* One line a row: "  dev DEV     the interface". */
void weir_words_help(FILE *out, const struct weir_word *rows);

/* How far @text is from @word: 0 equal, each typing slip 1. */
unsigned int weir_words_distance(const char *text, const char *word);

/* Which of some words may have been meant by @text: the nearest, "a, b". */
struct weir_near {
	const char *text;
	unsigned int slips;
	char list[128]; /* empty: none is near */
};

void weir_near_add(struct weir_near *near, const char *word);

/* ---- between the files of the parser ------------------------------------- */

/* "help", "-h", "-help", "--help". */
bool weir_words_is_help(const char *text);
/* The row in messages: its word, or what stands for it. */
const char *weir_words_name(const struct weir_word *row);
/* How many of @argv's words a row of several takes, stored into cfg. -EINVAL. */
int weir_words_several(const char *command, const struct weir_word *row, char **argv, void *cfg);
/* Takes row @nth with @value (NULL: none follows). -EINVAL after an error line. */
int weir_words_take(struct weir_parse *parse, int nth, const char *value);
/* Says why weir_words_find() answered @err for @text. -EINVAL. */
int weir_words_fail(const struct weir_parse *parse, const char *text, int err);
/* Converts @value, which is not NULL when the row takes one. -EINVAL after an
 * error line. */
int weir_value_store(const char *command, const struct weir_word *row, const char *value,
		     void *cfg);

#endif
