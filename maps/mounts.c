// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads /proc/self/mountinfo, whose form is in proc(5) and only grows by
 * optional fields before the "-":
 *   36 35 98:0 /root /target rw,noatime shared:1 - type source options
 * In: that file. Out: one struct a line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "maps/mounts.h"

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* The kernel writes blanks, newlines and backslashes in paths as \ooo. */
static char *unescape(char *text)
{
	char *to = text;

	for (char *at = text; *at; to++) {
		if (at[0] == '\\' && is_octal(at[1]) && is_octal(at[2]) && is_octal(at[3])) {
			*to = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
			at += 4;
		} else {
			*to = *at++;
		}
	}
	*to = '\0';
	return text;
}

static bool parse_line(char *line, struct weir_mount *out)
{
	char *save = NULL, *id, *dev, *root, *target, *field, *end;
	unsigned long major, minor;

	id = strtok_r(line, " \n", &save);
	(void)strtok_r(NULL, " \n", &save); /* parent */
	dev = strtok_r(NULL, " \n", &save);
	root = strtok_r(NULL, " \n", &save);
	target = strtok_r(NULL, " \n", &save);
	(void)strtok_r(NULL, " \n", &save); /* options */
	*out = (struct weir_mount){.root = root, .target = target};
	if (!target)
		return false;
	out->id = (int)strtol(id, &end, 10);
	if (*end)
		return false;
	major = strtoul(dev, &end, 10);
	if (*end != ':')
		return false;
	minor = strtoul(end + 1, &end, 10);
	if (*end)
		return false;
	out->dev = makedev((unsigned int)major, (unsigned int)minor);
	while ((field = strtok_r(NULL, " \n", &save)) && strcmp(field, "-") != 0)
		out->shared |= strncmp(field, "shared:", strlen("shared:")) == 0;
	out->type = strtok_r(NULL, " \n", &save);
	if (!out->type)
		return false;
	unescape(root);
	unescape(target);
	return true;
}

int weir_mounts_walk(const char *file, weir_mount_fn fn, void *ctx)
{
	FILE *in = fopen(file ? file : "/proc/self/mountinfo", "re");
	struct weir_mount mount;
	char *line = NULL;
	size_t cap = 0;
	int ret = 0;

	if (!in)
		return -errno;
	while (!ret && getline(&line, &cap, in) >= 0)
		if (parse_line(line, &mount))
			ret = fn(&mount, ctx);
	free(line);
	(void)fclose(in);
	return ret;
}
