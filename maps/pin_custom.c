// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * iproute2's custom pin ids: which directory of the bpffs a number stands for.
 * In: lines "number path" of bpf_pinning. Out: that path, relative to the
 * mount point. The numbers 0, 1 and 2 are PIN_NONE, PIN_OBJECT_NS and
 * PIN_GLOBAL_NS of iproute2's bpf_elf.h and cannot be given a directory.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/pin.h"

#define PIN_FIRST_CUSTOM 3 /* PIN_GLOBAL_NS + 1 */

enum line { LINE_EMPTY, LINE_BAD, LINE_ENTRY };

static char *skip_blanks(char *at)
{
	while (isspace((unsigned char)*at))
		at++;
	return at;
}

/* Numbers as strtoul() and iproute2 read them: decimal, 0x hex, 0 octal.
 * What stands after the path is not looked at, as in iproute2. */
static enum line parse_line(char *line, uint32_t *id, char **path)
{
	unsigned long number;
	char *at = skip_blanks(line), *end;

	if (!*at || *at == '#')
		return LINE_EMPTY;
	if (!isdigit((unsigned char)*at))
		return LINE_BAD;
	errno = 0;
	number = strtoul(at, &end, 0);
	if (errno || number > UINT32_MAX || !isspace((unsigned char)*end))
		return LINE_BAD;
	at = skip_blanks(end);
	if (!*at || *at == '#')
		return LINE_BAD;
	for (end = at; *end && !isspace((unsigned char)*end);)
		end++;
	*end = '\0';
	*id = (uint32_t)number;
	*path = at;
	return LINE_ENTRY;
}

/* Path of the last good line for @id, in @found; false when a line is bad. */
static bool take_line(const char *file, unsigned int number, char *line, uint32_t id,
		      char found[PATH_MAX])
{
	char *path;
	uint32_t line_id;

	switch (parse_line(line, &line_id, &path)) {
	case LINE_EMPTY:
		return true;
	case LINE_BAD:
		weir_log(WEIR_LOG_NOTICE,
			 "%s:%u: not \"number path\"; this and later lines are "
			 "not used",
			 file, number);
		return false;
	case LINE_ENTRY:
		break;
	}
	if (line_id < PIN_FIRST_CUSTOM)
		weir_log(WEIR_LOG_NOTICE, "%s:%u: id %u has a meaning already; line not used", file,
			 number, line_id);
	else if (strlen(path) >= PATH_MAX)
		weir_log(WEIR_LOG_NOTICE, "%s:%u: path too long; line not used", file, number);
	else if (line_id == id)
		memcpy(found, path, strlen(path) + 1);
	return true;
}

int weir_pin_custom_dir_in(const char *file, uint32_t id, char *buf, size_t len)
{
	FILE *in = fopen(file, "re");
	char found[PATH_MAX] = "", *line = NULL;
	unsigned int number = 0;
	size_t cap = 0;

	if (!in && errno != ENOENT && errno != ENOTDIR)
		weir_log(WEIR_LOG_NOTICE,
			 "%s: cannot be read: %s; custom pin ids in it are not known", file,
			 weir_errstr(errno));
	if (!in)
		return -ENOENT;
	while (getline(&line, &cap, in) >= 0)
		if (!take_line(file, ++number, line, id, found))
			break;
	free(line);
	(void)fclose(in);
	if (!*found)
		return -ENOENT;
	if (strlen(found) >= len)
		return weir_fail(-ENAMETOOLONG,
				 "%s: the path of id %u is too long; use a shorter one", file, id);
	memcpy(buf, found, strlen(found) + 1);
	return 0;
}

int weir_pin_custom_dir(uint32_t id, char *buf, size_t len)
{
	int err = weir_pin_custom_dir_in("/etc/iproute2/bpf_pinning", id, buf, len);

	if (err == -ENOENT)
		err = weir_pin_custom_dir_in("/usr/share/iproute2/bpf_pinning", id, buf, len);
	return err;
}
