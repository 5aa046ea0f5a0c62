// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The journal behind maps/undo.h: a stack of (function, data).
 * In: steps, announced before they are taken. Out: on rollback the steps taken
 * back, newest first. A step that fails to be undone is passed over, since
 * those below it must still be undone.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "maps/undo.h"

struct entry {
	void (*fn)(void *data);
	void (*drop)(void *data);
	void *data;
};

struct weir_undo {
	struct entry *list;
	size_t n, cap;
	size_t reserved; /* promised to pushes that have not come yet */
};

int weir_undo_new(struct weir_undo **out)
{
	struct weir_undo *undo = calloc(1, sizeof(*undo));

	if (!undo)
		return -ENOMEM;
	*out = undo;
	return 0;
}

/* Reservations add up, so that a step may call another that records steps of
 * its own before it pushes. */
int weir_undo_reserve(struct weir_undo *undo)
{
	size_t need = undo->n + undo->reserved + 1;

	if (need > undo->cap) {
		size_t cap = undo->cap ? undo->cap * 2 : 16;
		struct entry *list = reallocarray(undo->list, cap, sizeof(*list));

		if (!list)
			return -ENOMEM;
		undo->list = list;
		undo->cap = cap;
	}
	undo->reserved++;
	return 0;
}

void weir_undo_push(struct weir_undo *undo, void (*fn)(void *data), void (*drop)(void *data),
		    void *data)
{
	assert(undo->n < undo->cap);
	undo->list[undo->n++] = (struct entry){.fn = fn, .drop = drop, .data = data};
	if (undo->reserved)
		undo->reserved--;
}

static void unlink_path(void *data)
{
	(void)unlink(data);
}

static void rmdir_path(void *data)
{
	/* Not empty: somebody uses it by now, so it stays. */
	(void)rmdir(data);
}

static int push_path(struct weir_undo *undo, void (*fn)(void *data), const char *path)
{
	char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	if (weir_undo_reserve(undo)) {
		free(copy);
		return -ENOMEM;
	}
	weir_undo_push(undo, fn, free, copy);
	return 0;
}

int weir_undo_unlink(struct weir_undo *undo, const char *path)
{
	return push_path(undo, unlink_path, path);
}

int weir_undo_rmdir(struct weir_undo *undo, const char *path)
{
	return push_path(undo, rmdir_path, path);
}

static struct entry take_newest(struct weir_undo *undo)
{
	assert(undo->n);
	return undo->list[--undo->n];
}

static void drop_entry(struct entry entry)
{
	if (entry.drop)
		entry.drop(entry.data);
}

void weir_undo_pop(struct weir_undo *undo)
{
	drop_entry(take_newest(undo));
}

void weir_undo_commit(struct weir_undo *undo)
{
	while (undo->n)
		drop_entry(take_newest(undo));
	undo->reserved = 0;
}

void weir_undo_rollback(struct weir_undo *undo)
{
	while (undo->n) {
		struct entry entry = take_newest(undo);

		entry.fn(entry.data);
		drop_entry(entry);
	}
	undo->reserved = 0;
}

void weir_undo_free(struct weir_undo *undo)
{
	if (!undo)
		return;
	weir_undo_rollback(undo);
	free(undo->list);
	free(undo);
}
