// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Programs and maps as values. In: an id out of an array of programs or a map of maps. Out:
 * the id with its name, and, where it is asked for, what is in the map.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/log.h"
#include "maps/print.h"

int weir_ref_name(enum weir_ref ref, uint32_t id, char name[WEIR_REF_NAME_LEN])
{
	struct bpf_prog_info prog = {0};
	struct bpf_map_info map = {0};
	void *info = ref == WEIR_REF_PROG ? (void *)&prog : &map;
	uint32_t len = ref == WEIR_REF_PROG ? sizeof(prog) : sizeof(map);
	int fd = ref == WEIR_REF_PROG ? bpf_prog_get_fd_by_id(id) : bpf_map_get_fd_by_id(id), err;

	if (fd < 0)
		return fd;
	err = bpf_obj_get_info_by_fd(fd, info, &len);
	close(fd);
	if (!err)
		memcpy(name, ref == WEIR_REF_PROG ? prog.name : map.name, WEIR_REF_NAME_LEN);
	return err;
}

static void put_name(struct weir_print *print, uint32_t id)
{
	char name[WEIR_REF_NAME_LEN] = "";

	/* gone meanwhile, or without a name: the id is all there is */
	if (weir_ref_name(print->table->ref, id, name) || !*name)
		return;
	weir_buf_text(&print->out, print->opts->json ? ",\"name\":\"" : " name ");
	weir_buf_text(&print->out, name);
	if (print->opts->json)
		weir_buf_char(&print->out, '"');
}

static int print_some(const void *keys, const void *values, size_t n, void *ctx)
{
	struct weir_print *print = ctx;
	size_t key_bytes = print->table->map.key_size_bytes;
	size_t value_bytes = weir_table_value_bytes(print->table);
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = weir_print_entry(print, (const uint8_t *)keys + i * key_bytes,
				       (const uint8_t *)values + i * value_bytes);
	return err;
}

/* The entries of map @id; what is printed goes where @print's goes. */
static int put_entries(struct weir_print *print, uint32_t id, const char *prefix)
{
	struct weir_dump_opts opts = {
		.size = sizeof(opts), .json = print->opts->json, .percpu = print->opts->percpu};
	int fd = weir_map_open_id_quiet(id), err;
	struct weir_table *table = NULL;
	struct weir_print inner;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd; /* gone meanwhile */
	err = weir_table_open(fd, NULL, &table);
	close(fd);
	if (err)
		return err;
	table->env = print->table->env;
	err = weir_print_start(&inner, table, &opts, -1);
	weir_buf_free(&inner.out);
	inner.out = print->out;
	inner.prefix = prefix;
	err = err ?: weir_table_each(table, print_some, &inner);
	print->out = inner.out;
	weir_buf_init(&inner.out, -1);
	weir_print_end(&inner);
	weir_table_close(table);
	return err;
}

static int put_lines(struct weir_print *print, const uint8_t *key, uint32_t id)
{
	struct weir_buf prefix;
	int err;

	weir_buf_init(&prefix, -1);
	weir_value_write(print->table->key, key, &print->table->env, &prefix);
	weir_buf_char(&prefix, ' ');
	err = weir_buf_string(&prefix) ? put_entries(print, id, prefix.bytes) : -ENOMEM;
	weir_buf_free(&prefix);
	return err;
}

int weir_print_ref(struct weir_print *print, const uint8_t *key, const uint8_t *value)
{
	bool json = print->opts->json, inner = print->opts->inner;
	uint32_t id;
	int err = 0;

	memcpy(&id, value, sizeof(id));
	inner = inner && print->table->ref == WEIR_REF_MAP;
	if (inner && !json)
		return put_lines(print, key, id);
	weir_buf_text(&print->out, json ? "{\"id\":" : "id ");
	weir_buf_u64(&print->out, id);
	put_name(print, id);
	if (inner) {
		weir_buf_text(&print->out, ",\"entries\":[");
		err = put_entries(print, id, NULL);
		weir_buf_char(&print->out, ']');
	}
	if (json)
		weir_buf_char(&print->out, '}');
	return err;
}
