// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * block MAP PREFIX...: puts prefixes into a pinned LPM trie, whatever its value is, and
 * prints all of it. Build: cc block.c $(pkg-config --cflags --libs weir)
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <weir.h>
#include <weir_map.h>

static void say(void *ctx, enum weir_log_level level, const char *line)
{
	(void)ctx;
	(void)level;
	fprintf(stderr, "block: %s\n", line);
}

static int block(const struct weir_table *table, char *prefix)
{
	void *key = calloc(1, weir_table_key_bytes(table));
	void *value = calloc(1, weir_table_value_bytes(table));
	char *one = "1";
	int err = key && value ? 0 : -1;

	if (!err)
		err = weir_table_read_key(table, &prefix, 1, key);
	if (!err)
		err = weir_table_read_value(table, &one, 1, value);
	if (!err)
		err = weir_table_put(table, key, value, WEIR_PUT_ANY);
	free(key);
	free(value);
	return err;
}

int main(int argc, char **argv)
{
	const struct weir_table_opts opts = {.size = sizeof(opts), .mask = true};
	const struct weir_dump_opts all = {.size = sizeof(all), .sort = "key"};
	struct weir_table *table = NULL;
	int fd, err;

	if (argc < 2) {
		fprintf(stderr, "usage: block MAP PREFIX...\n");
		return 2;
	}
	weir_log_to(say, NULL, WEIR_LOG_ERROR);
	fd = weir_map_open(argv[1], NULL);
	err = fd < 0 ? fd : weir_table_open(fd, &opts, &table);
	for (int i = 2; i < argc && !err; i++)
		err = block(table, argv[i]);
	if (!err && weir_table_dump(table, &all, STDOUT_FILENO) < 0)
		err = -1;
	weir_table_close(table);
	if (fd >= 0)
		close(fd);
	return err ? 1 : 0;
}
