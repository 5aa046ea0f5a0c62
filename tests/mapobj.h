/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests of the map passes: an object of selftests/progs taken through them.
 * A test holds one struct mapobj; teardown frees whatever it got to.
 */
#ifndef WEIR_TESTS_MAPOBJ_H
#define WEIR_TESTS_MAPOBJ_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/btf.h"
#include "loader/code.h"
#include "loader/elf.h"
#include "loader/log.h"
#include "loader/mapdef.h"

struct mapobj {
	char *bytes;
	size_t len;
	struct weir_elf *elf;
	struct btf *btf;
	struct weir_mapdefs defs;
	void *image;
	size_t image_len;
	struct bpf_object *bpf;
	char log[4096]; /* every line so far, each with a newline */
};

static inline void mapobj_hear(void *ctx, enum weir_log_level level, const char *line)
{
	struct mapobj *obj = ctx;
	size_t used = strlen(obj->log);

	(void)level;
	snprintf(obj->log + used, sizeof(obj->log) - used, "%s\n", line);
}

static inline int mapobj_hush(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

static inline int mapobj_setup(void **state)
{
	struct mapobj *obj = calloc(1, sizeof(*obj));

	libbpf_set_print(mapobj_hush);
	weir_log_to(mapobj_hear, obj, WEIR_LOG_DEBUG);
	*state = obj;
	return obj ? 0 : -1;
}

static inline void mapobj_reset(struct mapobj *obj)
{
	bpf_object__close(obj->bpf);
	free(obj->image);
	weir_mapdefs_free(&obj->defs);
	btf__free(obj->btf);
	weir_elf_free(obj->elf);
	free(obj->bytes);
	*obj = (struct mapobj){0};
}

static inline int mapobj_teardown(void **state)
{
	weir_log_to(NULL, NULL, WEIR_LOG_ERROR);
	mapobj_reset(*state);
	free(*state);
	return 0;
}

/* Reads and repairs program @prog of selftests/progs and opens its BTF. */
static inline void mapobj_open(struct mapobj *obj, const char *prog)
{
	const char *build = getenv("BUILD");
	char path[4096];
	FILE *file;

	mapobj_reset(obj);
	snprintf(path, sizeof(path), "%s/progs/%s.o", build ? build : "build", prog);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s: not there; make progs", path);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	obj->len = (size_t)ftell(file);
	rewind(file);
	obj->bytes = malloc(obj->len);
	assert_non_null(obj->bytes);
	assert_int_equal(fread(obj->bytes, 1, obj->len, file), obj->len);
	fclose(file);
	assert_int_equal(weir_elf_read(obj->bytes, obj->len, prog, &obj->elf), 0);
	assert_int_equal(weir_symbols_repair(obj->elf, prog), 0);
	assert_int_equal(weir_btf_open(obj->elf, prog, &obj->btf), 0);
}

static inline int mapobj_collect(struct mapobj *obj, const char *prog)
{
	mapobj_open(obj, prog);
	return weir_mapdefs_collect(obj->elf, obj->btf, prog, &obj->defs);
}

/* The declaration of map @name; the test fails when there is none. */
static inline struct weir_mapdef *mapobj_def(struct mapobj *obj, const char *name)
{
	for (size_t i = 0; i < obj->defs.n; i++)
		if (!strcmp(obj->defs.list[i].decl.name, name))
			return &obj->defs.list[i];
	fail_msg("no map %s", name);
	return NULL;
}

#endif
