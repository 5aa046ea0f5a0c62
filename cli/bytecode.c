// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Classic BPF as text: "N,c t f k,c t f k,...", decimals, as `tcpdump -ddd`
 * prints it with newlines for commas. In: a word or a file. Out: instructions.
 */
#include <errno.h>
#include <limits.h>
#include <linux/bpf_common.h>
#include <stdlib.h>
#include <string.h>

#include "cli/spec.h"

/* More text than 4096 instructions (BPF_MAXINSNS) can need, blanks included. */
#define TEXT_MAX (1u << 20)

/* NULL: @text is the whole file. */
static const char *read_all(FILE *file, char *text)
{
	size_t len = fread(text, 1, TEXT_MAX + 1, file);

	if (ferror(file))
		return strerror(errno);
	if (len > TEXT_MAX)
		return "too long for bytecode";
	if (memchr(text, '\0', len))
		return "not a text; bytecode is decimals, as tcpdump -ddd prints them";
	text[len] = '\0';
	return NULL;
}

char *weir_bytecode_read(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(TEXT_MAX + 1);
	const char *why = !file ? strerror(errno) : !text ? strerror(ENOMEM) : read_all(file, text);

	if (file)
		(void)fclose(file);
	if (!why)
		return text;
	weir_compat_say("%s: %s", path, why);
	free(text);
	return NULL;
}

/* One decimal up to @max; false: none stands here. */
static bool take_number(char **at, unsigned long max, unsigned long *out)
{
	char *end;

	*at += strspn(*at, " \t");
	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*out = strtoul(*at, &end, 10);
	if (errno || *out > max)
		return false;
	*at = end;
	return true;
}

/* Skips what separates instructions; false: nothing that does. */
static bool take_separator(char **at)
{
	size_t n = strspn(*at, " \t\r");
	bool any = (*at)[n] == ',' || (*at)[n] == '\n' || !(*at)[n];

	*at += strspn(*at, " \t\r,\n");
	return any;
}

static bool take_insn(char **at, struct sock_filter *insn)
{
	unsigned long code, jt, jf, k;

	if (!take_number(at, UINT16_MAX, &code) || !take_number(at, UINT8_MAX, &jt) ||
	    !take_number(at, UINT8_MAX, &jf) || !take_number(at, UINT32_MAX, &k))
		return false;
	*insn = (struct sock_filter){(uint16_t)code, (uint8_t)jt, (uint8_t)jf, (uint32_t)k};
	return take_separator(at);
}

static bool take_all(char *at, struct sock_filter *ops, unsigned long count)
{
	unsigned long i;

	for (i = 0; *at && i < count; i++)
		if (!take_insn(&at, &ops[i])) {
			weir_compat_say("Error at instruction %lu!", i);
			return false;
		}
	if (*at) {
		weir_compat_say("Real program length exceeds encoded length parameter!");
		return false;
	}
	if (i != count) {
		weir_compat_say("Parsed program length is less than encoded length parameter!");
		return false;
	}
	return true;
}

bool weir_bytecode_parse(char *text, struct sock_filter **ops, uint16_t *n_ops)
{
	struct sock_filter *list;
	unsigned long count;

	text += strspn(text, " \t\r\n,");
	if (!take_number(&text, ULONG_MAX, &count) || !take_separator(&text) || !count ||
	    count > BPF_MAXINSNS) {
		weir_compat_say("Bytecode begins with its number of instructions, 1 to %d, and a "
				"comma",
				BPF_MAXINSNS);
		return false;
	}
	list = calloc(count, sizeof(*list));
	if (!list) {
		weir_compat_say("bytecode: %s", strerror(ENOMEM));
		return false;
	}
	if (!take_all(text, list, count)) {
		free(list);
		return false;
	}
	*ops = list;
	*n_ops = (uint16_t)count;
	return true;
}
