// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A map's entries and pins handed over to a new map. In: the old map, an empty one. Out: the
 * new map filled, then at every pin of the old one, each in one step (rename(2) on bpffs).
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/convert.h"
#include "maps/writer.h"

struct migration {
	struct weir_table *old, *new;
	bool by_btf;		      /* it has types, and no others are given */
	struct weir_convert *convert; /* NULL: values are copied as they are */
	struct weir_writer writer;
	uint8_t *value; /* a new one, of all CPUs */
	int64_t n;
};

/* ---- may it be? ---------------------------------------------------------- */

/* Types whose entries are the same things: LRU or not does not change what is in them. */
static uint32_t family(uint32_t type)
{
	switch (type) {
	case BPF_MAP_TYPE_LRU_HASH:
		return BPF_MAP_TYPE_HASH;
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return BPF_MAP_TYPE_PERCPU_HASH;
	default:
		return type;
	}
}

static int check(const struct migration *mig)
{
	const struct weir_map *old = &mig->old->map, *new = &mig->new->map;
	const char *label = mig->old->label;

	if (old->id == new->id)
		return weir_fail(-EINVAL, "%s: this is the new map already", label);
	if (old->ifindex != new->ifindex || old->netns_ino != new->netns_ino)
		return weir_fail(
			-EINVAL,
			"%s: a map in a device's memory is not moved; attach the new object, "
			"and set its entries",
			label);
	if (family(old->type) != family(new->type))
		return weir_fail(-EINVAL, "%s: the new map is of another type", label);
	if (!old->key_size_bytes || !new->key_size_bytes)
		return weir_fail(-EINVAL, "%s: a map of this type has no entries to read", label);
	/* by its shape alone a value would be copied to wrong places */
	if (mig->by_btf && !mig->old->has_btf)
		return weir_fail(-EACCES, "%s: its BTF cannot be read; value TYPE says what it is",
				 label);
	if (mig->old->has_btf && !mig->new->has_btf)
		return weir_fail(-EINVAL, "%s: the new map has no BTF; compile its object with -g",
				 label);
	if (old->key_size_bytes != new->key_size_bytes)
		return weir_fail(-EINVAL, "%s: keys have %u bytes, those of the new map %u", label,
				 old->key_size_bytes, new->key_size_bytes);
	if (mig->old->is_array && old->max_entries > new->max_entries)
		return weir_fail(-E2BIG, "%s: an array of %u entries does not go into one of %u",
				 label, old->max_entries, new->max_entries);
	return 0;
}

static bool same_types(const struct weir_table *a, const struct weir_table *b)
{
	struct weir_buf left, right;
	const char *one, *other;
	bool same;

	if (a->value->size_bytes != b->value->size_bytes)
		return false;
	weir_buf_init(&left, -1);
	weir_buf_init(&right, -1);
	weir_type_write(a->value, &left);
	weir_type_write(b->value, &right);
	one = weir_buf_string(&left);
	other = weir_buf_string(&right);
	same = one && other && !strcmp(one, other);
	weir_buf_free(&left);
	weir_buf_free(&right);
	return same;
}

/* ---- entries ------------------------------------------------------------- */

static int copy_some(const void *keys, const void *values, size_t n, void *ctx)
{
	struct migration *mig = ctx;
	const struct weir_table *old = mig->old, *new = mig->new;
	size_t value_bytes = weir_table_value_bytes(old);
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		const uint8_t *key = (const uint8_t *)keys + i * old->map.key_size_bytes;
		const uint8_t *value = (const uint8_t *)values + i * value_bytes;

		for (unsigned int cpu = 0; cpu < old->cpus && mig->convert; cpu++)
			weir_convert_value(mig->convert, weir_cpu_value(old, value, cpu),
					   mig->value + cpu * new->stride_bytes);
		err = weir_writer_put(&mig->writer, key, mig->convert ? mig->value : value);
		mig->n++;
	}
	return err;
}

static int count_some(const void *keys, const void *values, size_t n, void *ctx)
{
	int64_t *sum = ctx;

	(void)keys;
	(void)values;
	*sum += (int64_t)n;
	return 0;
}

/* An LRU map lets go of entries that it has no room for. */
static int check_all_there(const struct migration *mig)
{
	int64_t n = 0;
	int err = 0;

	if (mig->new->map.type != family(mig->new->map.type))
		err = weir_table_each(mig->new, count_some, &n);
	else
		return 0;
	if (!err && n < mig->n)
		err = weir_fail(-E2BIG, "%s: the new map has room for %lld of %lld entries",
				mig->old->label, (long long)n, (long long)mig->n);
	return err;
}

static int copy_entries(struct migration *mig, const struct weir_migrate_opts *opts)
{
	int err = 0;

	if (!same_types(mig->old, mig->new))
		err = weir_convert_new(mig->old->value, mig->new->value, mig->old->label,
				       opts->drop, &mig->convert);
	mig->value = calloc(1, weir_table_value_bytes(mig->new) + 8);
	if (!err && !mig->value)
		err = weir_fail(-ENOMEM, "%s: out of memory", mig->old->label);
	if (err)
		return err;
	err = weir_writer_start(mig->new, false, &mig->writer);
	mig->writer.no_journal = true; /* the new map as a whole goes when this fails */
	err = err ?: weir_table_each(mig->old, copy_some, mig);
	err = err ?: weir_writer_flush(&mig->writer);
	weir_writer_end(&mig->writer);
	return err ?: check_all_there(mig);
}

/* ---- pins ---------------------------------------------------------------- */

/* @fd at @path, whatever is there now. */
static int take_over(int fd, const char *path)
{
	char beside[PATH_MAX];
	int err;

	if (snprintf(beside, sizeof(beside), "%s_weir_new", path) >= (int)sizeof(beside))
		return weir_fail(-ENAMETOOLONG, "%.40s...: too long", path);
	(void)unlink(beside); /* of one that was killed */
	err = bpf_obj_pin(fd, beside);
	if (!err && rename(beside, path)) {
		err = -errno;
		(void)unlink(beside);
	}
	return err ? weir_fail(err, "%s: cannot be pinned anew: %s", path, weir_errstr(err)) : 0;
}

static int move_pins(const struct migration *mig)
{
	const char *path;
	struct weir_pins *pins;
	size_t n = 0;
	int err = weir_pins_read(&pins);

	if (err)
		return err;
	err = weir_pins_check_whole(pins);
	while (!err && (path = weir_pins_path(pins, WEIR_PIN_OF_MAP, mig->old->map.id, n)) &&
	       !(err = take_over(mig->new->fd, path)))
		n++;
	if (!err && !n)
		err = weir_fail(-ENOENT, "%s: it is not pinned; weir map pin does that",
				mig->old->label);
	while (err && n--)
		(void)take_over(mig->old->fd,
				weir_pins_path(pins, WEIR_PIN_OF_MAP, mig->old->map.id, n));
	weir_pins_free(pins);
	return err;
}

int64_t weir_map_migrate(int old_fd, int new_fd, const struct weir_migrate_opts *opts)
{
	const struct weir_table_opts from = {
		.size = sizeof(from), .label = opts->label, .value_type = opts->value_type};
	const struct weir_table_opts to = {.size = sizeof(to), .label = opts->label};
	struct migration mig = {0};
	int err = weir_table_open(old_fd, &from, &mig.old);

	err = err ?: weir_table_open(new_fd, &to, &mig.new);
	mig.by_btf = !err && mig.old->map.btf_id && !opts->value_type;
	err = err ?: check(&mig);
	err = err ?: copy_entries(&mig, opts);
	err = err ?: move_pins(&mig);
	weir_convert_free(mig.convert);
	weir_table_close(mig.old);
	weir_table_close(mig.new);
	free(mig.value);
	return err ? err : mig.n;
}
