// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Types that were told once, for maps without BTF. In: a file of lines "NAME<tab>KEY
 * TYPE<tab>VALUE TYPE", "-" for what a line does not say. Out: the types of a map by its name.
 * What the last line says counts, so a line is added by one write(2), whole or not at all,
 * whoever else adds one.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/schema.h"

static void take_type(const char *text, char **type)
{
	if (!strcmp(text, "-"))
		return;
	free(*type);
	*type = strdup(text);
}

/* Cuts @line into its three parts. */
static bool cut(char *line, char **key, char **value)
{
	line[strcspn(line, "\n")] = '\0';
	*key = strchr(line, '\t');
	*value = *key ? strchr(*key + 1, '\t') : NULL;
	if (*line == '#' || !*value)
		return false;
	*(*key)++ = '\0';
	*(*value)++ = '\0';
	return true;
}

int weir_schema_find(const char *path, const char *name, struct weir_schema *out)
{
	FILE *file = fopen(path, "re");
	char *line = NULL, *key, *value;
	size_t room = 0;
	int err = 0;

	*out = (struct weir_schema){0};
	if (!file && errno == ENOENT)
		return 0;
	if (!file)
		return weir_fail(-errno, "%s: %s", path, weir_errstr(errno));
	while (getline(&line, &room, file) > 0) {
		if (!cut(line, &key, &value) || strcmp(line, name) != 0)
			continue;
		take_type(key, &out->key);
		take_type(value, &out->value);
	}
	if (ferror(file))
		err = weir_fail(-EIO, "%s: cannot be read", path);
	free(line);
	(void)fclose(file);
	return err;
}

void weir_schema_free(struct weir_schema *schema)
{
	free(schema->key);
	free(schema->value);
	*schema = (struct weir_schema){0};
}

static bool is_known(const char *has, const char *wanted)
{
	return !wanted || (has && !strcmp(has, wanted));
}

static int make_dir_of(const char *path)
{
	char dir[PATH_MAX];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return 0;
	*slash = '\0';
	return mkdir(dir, 0755) && errno != EEXIST ? -errno : 0;
}

static int add_line(const char *path, const char *line, size_t len)
{
	int fd, err = make_dir_of(path);
	ssize_t n;

	fd = err ? err : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		return weir_fail(err ? err : -errno, "%s: cannot be written: %s", path,
				 weir_errstr(err ? err : errno));
	n = write(fd, line, len);
	err = n < 0 ? -errno : n < (ssize_t)len ? -ENOSPC : 0;
	if (close(fd) && !err)
		err = -errno;
	return err ? weir_fail(err, "%s: cannot be written: %s", path, weir_errstr(err)) : 0;
}

int weir_schema_keep(const char *path, const char *name, const struct weir_schema *schema)
{
	struct weir_schema has;
	bool known;
	char *line;
	int len, err = weir_schema_find(path, name, &has);

	known = is_known(has.key, schema->key) && is_known(has.value, schema->value);
	weir_schema_free(&has);
	if (err || known)
		return err;
	if (!*name || strpbrk(name, "\t\n") || *name == '#')
		return weir_fail(-EINVAL, "%s: types are kept by a map's name, and it has none",
				 *name ? name : "map");
	len = asprintf(&line, "%s\t%s\t%s\n", name, schema->key ?: "-", schema->value ?: "-");
	if (len < 0)
		return weir_fail(-ENOMEM, "%s: out of memory", path);
	err = add_line(path, line, (size_t)len);
	free(line);
	return err;
}
