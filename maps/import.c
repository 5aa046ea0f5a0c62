// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Entries of a file written into a map, all or none. In: a checked source. Out: the map
 * with them, written in batches where the kernel has those (BPF_MAP_UPDATE_BATCH, Linux
 * 5.6 for hash and array, 5.13 for others).
 *
 * What was there before a batch goes into a journal, a file without a name; when a batch
 * fails the journal is read back. A map that was empty needs none: what was written is
 * removed. After kill -9 some entries are written, and the same command writes the rest.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/check.h"
#include "maps/writer.h"

static int write_entries(struct weir_source *src, struct weir_writer *writer, uint64_t n)
{
	const struct weir_table *table = src->table;
	uint8_t *key = calloc(1, table->map.key_size_bytes + 1);
	uint8_t *value = calloc(1, weir_table_value_bytes(table) + 8);
	uint64_t done = 0;
	int ret = key && value ? 1 : weir_fail(-ENOMEM, "%s: out of memory", table->label);

	while (ret > 0 && (ret = weir_source_next(src, key, value)) > 0) {
		int err = weir_writer_put(writer, key, value);

		if (err)
			ret = err;
		weir_progress(src->opts, "writing", ++done, n);
	}
	if (!ret)
		ret = weir_writer_flush(writer);
	free(key);
	free(value);
	return ret;
}

int weir_import_checked(const struct weir_table *table, struct weir_source *src,
			const struct weir_checked *checked)
{
	struct weir_writer writer;
	int err = weir_writer_start(table, src->opts->only_new, &writer);

	err = err ?: write_entries(src, &writer, checked->n);
	if (err)
		weir_writer_undo(&writer);
	weir_writer_end(&writer);
	return err;
}

int64_t weir_table_import(const struct weir_table *table, const char *path,
			  const struct weir_bulk_opts *opts)
{
	struct weir_checked checked;
	struct weir_source src;
	int err = weir_source_open(table, path, opts, &src);

	err = err ?: weir_check_source(&src, &checked);
	err = err ?: weir_import_checked(table, &src, &checked);
	weir_source_close(&src);
	return err ? err : (int64_t)checked.n;
}
