// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writes that can be undone. In: keys and values, removals. Out: the map, changed in
 * batches; the journal: for each key what was there before, in the order of the changes.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/writer.h"

#define BATCH_BYTES 131072u /* of keys and values */
#define BATCH_MAX   4096u

static int out_of_memory(const struct weir_writer *writer)
{
	return weir_fail(-ENOMEM, "%s: out of memory", writer->table->label);
}

/* Journal entry: one byte, 1: was there; key; value. */
static size_t entry_bytes(const struct weir_writer *writer)
{
	return 1 + writer->table->map.key_size_bytes + weir_table_value_bytes(writer->table);
}

int weir_writer_start(const struct weir_table *table, bool only_new, struct weir_writer *out)
{
	size_t value_bytes = weir_table_value_bytes(table);
	size_t each = table->map.key_size_bytes + value_bytes;
	uint8_t first[512];

	*out = (struct weir_writer){.table = table, .only_new = only_new, .journal_fd = -1};
	out->room = (uint32_t)(BATCH_BYTES / each);
	out->room = out->room > BATCH_MAX ? BATCH_MAX : out->room ? out->room : 1;
	/* programs, maps and devices go in as fds, one by one */
	out->elementwise = table->ref != WEIR_REF_NONE || table->map.type == BPF_MAP_TYPE_DEVMAP ||
			   table->map.type == BPF_MAP_TYPE_DEVMAP_HASH ||
			   table->map.type == BPF_MAP_TYPE_CPUMAP || only_new;
	out->was_empty = !table->is_array && table->map.key_size_bytes <= sizeof(first) &&
			 bpf_map_get_next_key(table->fd, NULL, first) == -ENOENT;
	out->keys = malloc((size_t)out->room * table->map.key_size_bytes + 1);
	out->values = malloc((size_t)out->room * value_bytes + 8);
	out->journal = calloc(out->room, entry_bytes(out) + 8);
	return out->keys && out->values && out->journal ? 0 : out_of_memory(out);
}

void weir_writer_end(struct weir_writer *writer)
{
	free(writer->keys);
	free(writer->values);
	free(writer->journal);
	if (writer->journal_fd >= 0)
		close(writer->journal_fd);
}

/* ---- journal ------------------------------------------------------------- */

static int write_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_journal(struct weir_writer *writer, const uint8_t *entries, uint32_t n)
{
	int err;

	if (writer->journal_fd < 0)
		writer->journal_fd = memfd_create("weir-journal", MFD_CLOEXEC);
	err = writer->journal_fd < 0
		      ? -errno
		      : write_all(writer->journal_fd, entries, n * entry_bytes(writer));
	if (err)
		return weir_fail(err, "%s: journal: %s", writer->table->label, weir_errstr(err));
	writer->journal_n += n;
	return 0;
}

static int note(struct weir_writer *writer, const uint8_t *keys, uint32_t n)
{
	const struct weir_table *table = writer->table;
	size_t key_bytes = table->map.key_size_bytes, len = entry_bytes(writer);

	if (writer->no_journal)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		uint8_t *entry = writer->journal + i * len;

		memcpy(entry + 1, keys + i * key_bytes, key_bytes);
		entry[0] = !writer->was_empty &&
			   !bpf_map_lookup_elem(table->fd, entry + 1, entry + 1 + key_bytes);
	}
	return write_journal(writer, writer->journal, n);
}

static int undo_one(struct weir_writer *writer, uint64_t nth)
{
	const struct weir_table *table = writer->table;
	size_t len = entry_bytes(writer), key_bytes = table->map.key_size_bytes;
	uint8_t *entry = writer->journal;
	int err;

	if (pread(writer->journal_fd, entry, len, (off_t)(nth * len)) != (ssize_t)len)
		return weir_fail(-EIO, "%s: journal cannot be read", table->label);
	if (entry[0])
		return weir_table_put(table, entry + 1, entry + 1 + key_bytes, WEIR_PUT_ANY);
	err = bpf_map_delete_elem(table->fd, entry + 1);
	/* written or not, it is not there */
	return err && err != -ENOENT
		       ? weir_fail(err, "%s: undo failed: %s", table->label, weir_errstr(err))
		       : 0;
}

void weir_writer_undo(struct weir_writer *writer)
{
	int err = 0;

	while (writer->journal_n && !err)
		err = undo_one(writer, --writer->journal_n);
}

/* ---- writes -------------------------------------------------------------- */

static int put_each(struct weir_writer *writer, uint32_t from)
{
	const struct weir_table *table = writer->table;
	size_t value_bytes = weir_table_value_bytes(table);
	int err = 0;

	for (uint32_t i = from; i < writer->n && !err; i++)
		err = weir_table_put(table, writer->keys + (size_t)i * table->map.key_size_bytes,
				     writer->values + i * value_bytes,
				     writer->only_new ? WEIR_PUT_NEW : WEIR_PUT_ANY);
	return err;
}

int weir_writer_flush(struct weir_writer *writer)
{
	uint32_t n = writer->n;
	int err;

	if (!n)
		return 0;
	err = note(writer, writer->keys, writer->n);
	if (err)
		return err;
	if (!writer->elementwise)
		err = bpf_map_update_batch(writer->table->fd, writer->keys, writer->values, &n,
					   NULL);
	/* Without batches for this map the kernel has written none, and where it refused at
	 * once the count is as it was; else the entry that it stopped at is written once more,
	 * by itself, to say why. */
	if (writer->elementwise || err) {
		writer->elementwise |= err == -ENOTSUPP || err == -EOPNOTSUPP || err == -EINVAL;
		err = put_each(writer, writer->elementwise || n >= writer->n ? 0 : n);
	}
	writer->n = 0;
	return err;
}

int weir_writer_put(struct weir_writer *writer, const void *key, const void *value)
{
	size_t key_bytes = writer->table->map.key_size_bytes;
	size_t value_bytes = weir_table_value_bytes(writer->table);

	memcpy(writer->keys + writer->n * key_bytes, key, key_bytes);
	memcpy(writer->values + writer->n * value_bytes, value, value_bytes);
	return ++writer->n == writer->room ? weir_writer_flush(writer) : 0;
}

int weir_writer_del(struct weir_writer *writer, const void *key)
{
	int err = weir_writer_flush(writer);

	err = err ?: note(writer, key, 1);
	return err ?: weir_table_del(writer->table, key);
}
