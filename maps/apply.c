// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Maps compared with files and with each other, and made equal. In: what is wanted. Out:
 * the differences: entries that are gone, changed, new.
 *
 * A file's entries are staged in a map of the kernel's own, so that each entry of the
 * compared map finds its counterpart at once and memory here does not grow. Matched
 * entries leave the stage; what is left are the new ones.
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
#include "maps/check.h"
#include "maps/writer.h"

/* ---- the stage ----------------------------------------------------------- */

/* A hash with the keys and whole values of @like. */
static int make_stage(const struct weir_table *like, uint64_t n, struct weir_table *out)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	uint32_t room = n > UINT32_MAX - 1 ? UINT32_MAX : (uint32_t)n + 1;

	*out = *like;
	out->map.type = BPF_MAP_TYPE_HASH;
	out->map.value_size_bytes = (uint32_t)weir_table_value_bytes(like);
	out->map.max_entries = room;
	out->stride_bytes = out->map.value_size_bytes;
	out->cpus = 1;
	out->ref = WEIR_REF_NONE;
	out->is_array = out->is_lpm = false;
	out->fd = bpf_map_create(BPF_MAP_TYPE_HASH, "weir_stage", out->map.key_size_bytes,
				 out->map.value_size_bytes, room, &opts);
	return out->fd < 0 ? weir_fail(out->fd, "%s: no room to compare in: %s", like->label,
				       weir_errstr(out->fd))
			   : 0;
}

static int fill_stage(struct weir_source *src, const struct weir_table *stage, uint64_t n)
{
	struct weir_writer writer;
	uint64_t done = 0;
	uint8_t *key = calloc(1, stage->map.key_size_bytes + 1);
	uint8_t *value = calloc(1, stage->map.value_size_bytes + 8);
	int ret = weir_writer_start(stage, false, &writer);

	writer.no_journal = true;
	if (!ret)
		ret = key && value ? 1 : weir_fail(-ENOMEM, "%s: out of memory", stage->label);
	while (ret > 0 && (ret = weir_source_next(src, key, value)) > 0) {
		int err = weir_writer_put(&writer, key, value);

		ret = err ? err : ret;
		weir_progress(src->opts, "reading", ++done, n);
	}
	if (!ret)
		ret = weir_writer_flush(&writer);
	weir_writer_end(&writer);
	free(key);
	free(value);
	return ret;
}

/* ---- comparing ----------------------------------------------------------- */

struct comparing {
	const struct weir_table *table;	   /* of the entries that are walked */
	const struct weir_table *wanted;   /* where their counterparts are */
	bool reverse;			   /* what is walked is wanted, and only the new is told */
	bool take;			   /* matched entries leave the stage */
	uint8_t *other;			   /* a counterpart */
	const struct weir_bulk_opts *opts; /* NULL */
	uint64_t done;
	int64_t n;
	weir_difference_fn fn;
	void *ctx;
};

static bool is_zero(const uint8_t *bytes, size_t len)
{
	return !len || (!bytes[0] && !memcmp(bytes, bytes + 1, len - 1));
}

static int compare_one(struct comparing *cmp, const uint8_t *key, const uint8_t *value)
{
	size_t value_bytes = weir_table_value_bytes(cmp->table);
	int err = bpf_map_lookup_elem(cmp->wanted->fd, key, cmp->other);

	if (err && err != -ENOENT)
		return weir_fail(err, "%s: %s", cmp->wanted->label, weir_errstr(err));
	if (cmp->opts)
		weir_progress(cmp->opts, "comparing", ++cmp->done, 0);
	if (cmp->reverse) {
		if (!err)
			return 0;
		cmp->n++;
		return cmp->fn(key, NULL, value, cmp->ctx);
	}
	if (!err && cmp->take)
		(void)bpf_map_delete_elem(cmp->wanted->fd, key);
	if (!err && !memcmp(value, cmp->other, value_bytes))
		return 0;
	/* entries of an array are not gone, but zero */
	if (err && cmp->table->is_array && is_zero(value, value_bytes))
		return 0;
	cmp->n++;
	return cmp->fn(key, value, err ? NULL : cmp->other, cmp->ctx);
}

static int compare_some(const void *keys, const void *values, size_t n, void *ctx)
{
	struct comparing *cmp = ctx;
	size_t key_bytes = cmp->table->map.key_size_bytes;
	size_t value_bytes = weir_table_value_bytes(cmp->table);
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++)
		ret = compare_one(cmp, (const uint8_t *)keys + i * key_bytes,
				  (const uint8_t *)values + i * value_bytes);
	return ret;
}

static int tell_new(const void *keys, const void *values, size_t n, void *ctx)
{
	struct comparing *cmp = ctx;
	size_t key_bytes = cmp->wanted->map.key_size_bytes;
	size_t value_bytes = cmp->wanted->map.value_size_bytes;
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++, cmp->n++)
		ret = cmp->fn((const uint8_t *)keys + i * key_bytes, NULL,
			      (const uint8_t *)values + i * value_bytes, cmp->ctx);
	return ret;
}

int64_t weir_table_diff_file(const struct weir_table *table, const char *path,
			     const struct weir_bulk_opts *opts, weir_difference_fn fn, void *ctx)
{
	struct weir_table stage = {.fd = -1};
	struct comparing cmp = {
		.table = table, .wanted = &stage, .take = true, .opts = opts, .fn = fn, .ctx = ctx};
	struct weir_checked checked;
	struct weir_source src;
	int err = weir_source_open(table, path, opts, &src);

	err = err ?: weir_check_source(&src, &checked);
	err = err ?: make_stage(table, checked.n, &stage);
	err = err ?: fill_stage(&src, &stage, checked.n);
	weir_source_close(&src);
	cmp.other = calloc(1, weir_table_value_bytes(table) + 8);
	if (!err && !cmp.other)
		err = weir_fail(-ENOMEM, "%s: out of memory", table->label);
	err = err ?: weir_table_each(table, compare_some, &cmp);
	err = err ?: weir_table_each(&stage, tell_new, &cmp);
	free(cmp.other);
	if (stage.fd >= 0)
		close(stage.fd);
	return err ? err : cmp.n;
}

int64_t weir_table_diff(const struct weir_table *table, const struct weir_table *wanted,
			weir_difference_fn fn, void *ctx)
{
	struct comparing cmp = {.table = table, .wanted = wanted, .fn = fn, .ctx = ctx};
	int err = 0;

	if (table->map.key_size_bytes != wanted->map.key_size_bytes ||
	    weir_table_value_bytes(table) != weir_table_value_bytes(wanted))
		return weir_fail(-EINVAL, "%s and %s: keys or values differ in size", table->label,
				 wanted->label);
	cmp.other = calloc(1, weir_table_value_bytes(table) + 8);
	if (!cmp.other)
		return weir_fail(-ENOMEM, "%s: out of memory", table->label);
	err = weir_table_each(table, compare_some, &cmp);
	cmp.table = wanted;
	cmp.wanted = table;
	cmp.reverse = true;
	err = err ?: weir_table_each(wanted, compare_some, &cmp);
	free(cmp.other);
	return err ? err : cmp.n;
}

/* ---- making equal -------------------------------------------------------- */

enum change { REMOVE, CHANGE, ADD };

/* Changes wait in a file without a name until all of them are known: the map must not
 * change while it is walked. */
struct plan {
	const struct weir_table *table;
	const struct weir_bulk_opts *opts;
	int fd;
	uint8_t *buf; /* records on their way out */
	size_t len, record_bytes, room;
	uint64_t n[3], done;
};

static int write_plan(struct plan *plan)
{
	size_t at = 0;

	while (at < plan->len) {
		ssize_t n = write(plan->fd, plan->buf + at, plan->len - at);

		if (n < 0 && errno != EINTR)
			return weir_fail(-errno, "%s: plan: %s", plan->table->label,
					 weir_errstr(errno));
		at += n > 0 ? (size_t)n : 0;
	}
	plan->len = 0;
	return 0;
}

static int note_change(const void *key, const void *old, const void *wanted, void *ctx)
{
	struct plan *plan = ctx;
	size_t key_bytes = plan->table->map.key_size_bytes;
	size_t value_bytes = weir_table_value_bytes(plan->table);
	uint8_t *record = plan->buf + plan->len;
	enum change change = !wanted ? REMOVE : old ? CHANGE : ADD;

	/* an array's entry is not removed, but zero */
	if (change == REMOVE && plan->table->is_array)
		change = CHANGE;
	record[0] = (uint8_t)change;
	memcpy(record + 1, key, key_bytes);
	memset(record + 1 + key_bytes, 0, value_bytes);
	if (wanted)
		memcpy(record + 1 + key_bytes, wanted, value_bytes);
	plan->n[change]++;
	plan->len += plan->record_bytes;
	return plan->len == plan->room ? write_plan(plan) : 0;
}

/* Records from @at on, whole ones: bytes, 0 at the end. */
static ssize_t read_plan(const struct plan *plan, off_t at)
{
	size_t len = 0;

	while (len < plan->room) {
		ssize_t n = pread(plan->fd, plan->buf + len, plan->room - len, at + (off_t)len);

		if (n < 0 && errno != EINTR)
			return weir_fail(-errno, "%s: plan: %s", plan->table->label,
					 weir_errstr(errno));
		if (!n)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	return (ssize_t)len;
}

static int carry_out(struct plan *plan, struct weir_writer *writer, enum change change)
{
	size_t key_bytes = plan->table->map.key_size_bytes;
	off_t at = 0;
	ssize_t n;
	int err = 0;

	if (!plan->n[change])
		return 0;
	while (!err && (n = read_plan(plan, at))) {
		if (n < 0)
			return (int)n;
		for (ssize_t i = 0; i < n && !err; i += (ssize_t)plan->record_bytes) {
			const uint8_t *record = plan->buf + i;

			if (record[0] != (uint8_t)change)
				continue;
			err = change == REMOVE
				      ? weir_writer_del(writer, record + 1)
				      : weir_writer_put(writer, record + 1, record + 1 + key_bytes);
			weir_progress(plan->opts, "writing", ++plan->done,
				      plan->n[REMOVE] + plan->n[CHANGE] + plan->n[ADD]);
		}
		at += n;
	}
	return err ?: weir_writer_flush(writer);
}

static int start_plan(const struct weir_table *table, const struct weir_bulk_opts *opts,
		      struct plan *plan)
{
	size_t record = 1 + table->map.key_size_bytes + weir_table_value_bytes(table);

	*plan = (struct plan){.table = table, .opts = opts, .record_bytes = record};
	plan->room = (record < 65536 ? 65536 / record : 1) * record;
	plan->buf = malloc(plan->room);
	plan->fd = memfd_create("weir-plan", MFD_CLOEXEC);
	if (!plan->buf || plan->fd < 0)
		return weir_fail(plan->buf ? -errno : -ENOMEM, "%s: plan: %s", table->label,
				 weir_errstr(plan->buf ? errno : ENOMEM));
	return 0;
}

int64_t weir_table_apply(const struct weir_table *table, const char *path,
			 const struct weir_bulk_opts *opts)
{
	struct weir_writer writer = {.journal_fd = -1};
	struct plan plan;
	int64_t n = start_plan(table, opts, &plan);
	int err;

	if (!n)
		n = weir_table_diff_file(table, path, opts, note_change, &plan);
	err = n < 0 ? (int)n : write_plan(&plan);
	err = err ?: weir_writer_start(table, false, &writer);
	for (enum change change = REMOVE; change <= ADD && !err; change++)
		err = carry_out(&plan, &writer, change);
	if (err && n > 0)
		weir_writer_undo(&writer);
	weir_writer_end(&writer);
	free(plan.buf);
	if (plan.fd >= 0)
		close(plan.fd);
	return err ? err : n;
}
