/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A typed map between its files: opened (table.c), words (table_words.c), changed
 * (table_ops.c), printed (dump.c). */
#ifndef WEIR_MAPS_TABLE_H
#define WEIR_MAPS_TABLE_H

#include "maps/value.h"
#include "maps/weir_map.h"

/* What the kernel takes as fd and gives as id. */
enum weir_ref { WEIR_REF_NONE, WEIR_REF_PROG, WEIR_REF_MAP };

#define WEIR_REF_NAME_LEN 16 /* BPF_OBJ_NAME_LEN */

/* The name of program or map @id, which may be empty. -ENOENT, not logged. */
int weir_ref_name(enum weir_ref ref, uint32_t id, char name[WEIR_REF_NAME_LEN]);

struct weir_table {
	int fd;
	struct weir_map map;
	struct weir_type *key, *value;
	enum weir_ref ref;
	unsigned int cpus;   /* values in an entry */
	bool percpu;	     /* a value for each CPU, if there be only one */
	size_t stride_bytes; /* from one CPU's value to the next */
	bool is_array, is_lpm;
	bool has_btf; /* it was read */
	struct weir_value_env env;
	char label[320]; /* of the map, or FILE:LINE */
};

static inline const void *weir_cpu_value(const struct weir_table *table, const void *value,
					 unsigned int cpu)
{
	return (const uint8_t *)value + cpu * table->stride_bytes;
}

/* "blk4: 10.0.0.0/8", for errors; @buf of @len bytes. */
const char *weir_table_key_label(const struct weir_table *table, const void *key, char *buf,
				 size_t len);

#endif
