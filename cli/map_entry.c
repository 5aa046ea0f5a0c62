// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The words behind MAP of verbs that read or change one entry. In: "10.0.0.1 5",
 * "10.0.0.1 value 5", "key hex 0a 00 00 01 value hex 05 00", with "key TYPE", "value TYPE",
 * "mask", "percpu" anywhere behind. Out: which words are key, value and types. A
 * single word behind `key` that is a type is one; bpftool never has it there.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "cli/map.h"
#include "cli/say.h"

static bool is_type(char *const *words, uint32_t n)
{
	static const char *const names[] = {
		"u8",	"u16",	 "u32",	 "u64",	  "u128",   "s8",	 "s16",	    "s32",
		"s64",	"be16",	 "be32", "be64",  "bool",   "ipv4",	 "ipv6",    "mac",
		"port", "proto", "int",	 "float", "double", "ethertype", "ifindex", "prog"};
	const char *word = *words;

	if (n == 2 && !strcmp(word, "prefix"))
		return true;
	if (n != 1)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t len = strlen(names[i]);

		if (!strncmp(word, names[i], len) && (!word[len] || word[len] == '['))
			return true;
	}
	/* {u32 a; u64 b}, char[16], struct {...}; {a=1,b=2} is a value */
	return !strncmp(word, "struct", 6) || !strncmp(word, "prefix ", 7) ||
	       !strncmp(word, "char[", 5) || !strncmp(word, "bytes[", 6) ||
	       !strncmp(word, "string[", 7) || !strncmp(word, "__", 2) ||
	       (*word == '{' && !strchr(word, '=') && !strchr(word, ':') && strchr(word, ' '));
}

/* @typed: behind "key" or "value"; before, `keep` may be a name. */
static bool is_mark(const char *word, bool typed)
{
	return (typed && !strcmp(word, "keep")) || !strcmp(word, "key") || !strcmp(word, "value") ||
	       !strcmp(word, "mask") || !strcmp(word, "any") || !strcmp(word, "noexist") ||
	       !strcmp(word, "exist");
}

/* Words up to the next mark. */
static uint32_t run_of(char *const *words, bool typed)
{
	uint32_t n = 0;

	while (words[n] && !is_mark(words[n], typed))
		n++;
	return n;
}

static int twice(const char *command, const char *what)
{
	weir_say_error("map %s: '%s': given twice", command, what);
	return -EINVAL;
}

/* "prefix ipv4" is one type of two words: they stand side by side in argv no more. */
static const char *type_text(char **words, uint32_t n)
{
	static char text[2][64];
	static int nth;

	if (n == 1)
		return *words;
	nth = !nth;
	snprintf(text[nth], sizeof(text[nth]), "%s %s", words[0], words[1]);
	return text[nth];
}

static int take_marked(const char *command, char **words, uint32_t n, bool is_key,
		       struct weir_entry_words *out)
{
	const char **type = is_key ? &out->key_type : &out->value_type;
	char ***into = is_key ? &out->key : &out->value;
	uint32_t *n_into = is_key ? &out->n_key : &out->n_value, n_type;

	if (!n) {
		weir_say_error("map %s: '%s': something must follow", command,
			       is_key ? "key" : "value");
		return -EINVAL;
	}
	/* a type, and perhaps what it is of: "key ipv4", "key prefix ipv4 10.0.0.0/8" */
	n_type = n > 1 && is_type(words, 2) ? 2 : is_type(words, 1);
	if (n_type && *type)
		return twice(command, is_key ? "key TYPE" : "value TYPE");
	if (n_type)
		*type = type_text(words, n_type);
	if (n == n_type)
		return 0;
	words += n_type;
	n -= n_type;
	if (*into)
		return twice(command, is_key ? "key" : "value");
	*into = words;
	*n_into = n;
	return 0;
}

/* The first word is the key, all others the value. */
static void take_plain(char **words, uint32_t n, enum weir_plain plain,
		       struct weir_entry_words *out)
{
	uint32_t n_key = plain == WEIR_PLAIN_BOTH && n > 1 && strcmp(*words, "hex") != 0 ? 1 : n;

	if (plain == WEIR_PLAIN_VALUE) {
		out->value = words;
		out->n_value = n;
		return;
	}

	out->key = words;
	out->n_key = n_key;
	if (n > n_key) {
		out->value = words + n_key;
		out->n_value = n - n_key;
	}
}

/* Flags that stand behind a key that is given plainly. */
static uint32_t cut_flags(char **words, uint32_t n, enum weir_plain plain,
			  struct weir_entry_words *out)
{
	while (plain == WEIR_PLAIN_KEY && n > 1 && !strcmp(words[n - 1], "percpu")) {
		out->percpu = true;
		n--;
	}
	return n;
}

int weir_entry_split(const char *command, const struct weir_rest *rest, enum weir_plain plain,
		     struct weir_entry_words *out)
{
	char **at = rest->words;
	uint32_t n = at ? run_of(at, false) : 0;
	int err = 0;

	*out = (struct weir_entry_words){0};
	if (n)
		take_plain(at, cut_flags(at, n, plain, out), plain, out);
	for (at += n; at && *at && !err; at += n) {
		const char *mark = *at++;

		n = run_of(at, true);
		if (!strcmp(mark, "mask")) {
			out->mask = true;
		} else if (!strcmp(mark, "keep")) {
			out->keep = true;
		} else if (!strcmp(mark, "key") || !strcmp(mark, "value")) {
			err = take_marked(command, at, n, *mark == 'k', out);
			continue;
		}
		if (n) {
			weir_say_error("map %s: '%s': nothing is expected behind '%s'", command,
				       *at, mark);
			err = -EINVAL;
		}
	}
	if (!err && plain == WEIR_PLAIN_BOTH && !out->value) {
		weir_say_error("map %s: missing: VALUE; see: weir help map %s", command, command);
		err = -EINVAL;
	}
	return err;
}
