// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * tool_walk PIN: walks a map and removes, from within, the last key of each batch, from
 * which the kernel would go on. Prints how many entries were told, and how many of them
 * twice.
 */
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps/walk.h"

struct told {
	int fd;
	size_t key_bytes, n;
	unsigned char *keys;
};

static size_t key_bytes;

static int take(const void *keys, const void *values, size_t n, void *ctx)
{
	struct told *told = ctx;

	(void)values;
	told->keys = realloc(told->keys, (told->n + n) * told->key_bytes);
	if (!told->keys)
		return -1;
	memcpy(told->keys + told->n * told->key_bytes, keys, n * told->key_bytes);
	told->n += n;
	(void)bpf_map_delete_elem(told->fd, (const char *)keys + (n - 1) * told->key_bytes);
	return 0;
}

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, key_bytes);
}

int main(int argc, char **argv)
{
	struct told told = {.fd = argc == 2 ? bpf_obj_get(argv[1]) : -1};
	struct weir_walk *walk;
	struct weir_map map;
	size_t twice = 0;
	int err;

	if (told.fd < 0 || weir_map_by_fd(told.fd, &map) || weir_walk_new(told.fd, &map, &walk))
		return 2;
	key_bytes = told.key_bytes = map.key_size_bytes;
	err = weir_walk_run(walk, take, &told);
	if (told.n)
		qsort(told.keys, told.n, key_bytes, by_key);
	for (size_t i = 1; i < told.n; i++)
		twice += !memcmp(told.keys + (i - 1) * key_bytes, told.keys + i * key_bytes,
				 key_bytes);
	printf("%zu %zu\n", told.n, twice);
	weir_walk_free(walk);
	free(told.keys);
	return err ? 1 : 0;
}
