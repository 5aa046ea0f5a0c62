// SPDX-License-Identifier: LGPL-2.1-or-later
/* Snapshots: built, sent, received. In: elements one by one. Out: arrays. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "cli/board/snap.h"

#define MAGIC	  0x77736e31u
#define TEXTS_MAX (64u << 20)
#define NAMES_MAX (TEXTS_MAX - (4u << 20)) /* the rest is for interfaces, programs, maps */
#define COUNT_MAX (1u << 24)
#define ARRAYS	  6

struct head {
	uint32_t magic;
	uint32_t n[ARRAYS];
	uint64_t time_ns, cost_ns;
	double time_s;
};

struct array {
	void **items;
	uint32_t *n, *room;
	size_t size;
};

#define ARRAY(SNAP, MEMBER)                                                            \
	(struct array)                                                                 \
	{                                                                              \
		(void **)&(SNAP)->MEMBER, &(SNAP)->n_##MEMBER, &(SNAP)->room_##MEMBER, \
			sizeof(*(SNAP)->MEMBER)                                        \
	}

static void arrays_of(struct weir_snap *snap, struct array out[ARRAYS])
{
	out[0] = ARRAY(snap, devs);
	out[1] = ARRAY(snap, progs);
	out[2] = ARRAY(snap, refs);
	out[3] = ARRAY(snap, maps);
	out[4] = ARRAY(snap, series);
	out[ARRAYS - 1] = ARRAY(snap, texts);
}

static int make_room(const struct array *array, size_t need)
{
	size_t room = *array->room ? *array->room : 16;
	void *items;

	if (need <= *array->room)
		return 0;
	while (room < need)
		room *= 2;
	items = reallocarray(*array->items, room, array->size);
	if (!items)
		return -ENOMEM;
	*array->items = items;
	*array->room = (uint32_t)room;
	return 0;
}

/* The place of @n more, zeroed. */
static void *add(struct array array, uint32_t n)
{
	uint8_t *at;

	if (make_room(&array, (size_t)*array.n + n))
		return NULL;
	at = (uint8_t *)*array.items + *array.n * array.size;
	memset(at, 0, n * array.size);
	*array.n += n;
	return at;
}

struct weir_snap_dev *weir_snap_add_dev(struct weir_snap *snap)
{
	return add(ARRAY(snap, devs), 1);
}

struct weir_snap_prog *weir_snap_add_prog(struct weir_snap *snap)
{
	return add(ARRAY(snap, progs), 1);
}

int weir_snap_add_ref(struct weir_snap *snap, uint32_t map)
{
	uint32_t *ref = add(ARRAY(snap, refs), 1);

	if (ref)
		*ref = map;
	return ref ? 0 : -ENOMEM;
}

struct weir_snap_map *weir_snap_add_map(struct weir_snap *snap)
{
	return add(ARRAY(snap, maps), 1);
}

struct weir_snap_series *weir_snap_add_series(struct weir_snap *snap)
{
	return add(ARRAY(snap, series), 1);
}

weir_snap_text weir_snap_add_text(struct weir_snap *snap, const char *text)
{
	uint32_t at = snap->n_texts;
	size_t len = strlen(text) + 1;
	char *to = len > 1 && at + len < TEXTS_MAX ? add(ARRAY(snap, texts), (uint32_t)len) : NULL;

	if (!to)
		return 0;
	memcpy(to, text, len);
	return at;
}

bool weir_snap_has_room_for(const struct weir_snap *snap, const char *name)
{
	return snap->n_texts + strlen(name) < NAMES_MAX;
}

int weir_snap_begin(struct weir_snap *snap)
{
	struct array arrays[ARRAYS];

	arrays_of(snap, arrays);
	for (size_t i = 0; i < ARRAYS; i++)
		*arrays[i].n = 0;
	return add(ARRAY(snap, texts), 1) ? 0 : -ENOMEM; /* "" */
}

void weir_snap_free(struct weir_snap *snap)
{
	struct array arrays[ARRAYS];

	arrays_of(snap, arrays);
	for (size_t i = 0; i < ARRAYS; i++)
		free(*arrays[i].items);
	*snap = (struct weir_snap){0};
}

/* ---- between processes --------------------------------------------------- */

/* Moves the beginning of @vecs, @n of them, over @done bytes. */
static struct iovec *go_behind(struct iovec *vecs, int *n, size_t done)
{
	while (*n && done >= vecs->iov_len) {
		done -= vecs->iov_len;
		vecs++;
		--*n;
	}
	if (*n) {
		vecs->iov_base = (uint8_t *)vecs->iov_base + done;
		vecs->iov_len -= done;
	}
	return vecs;
}

/* All of it, by readv or writev. 0: the end before the first byte; 1: done. */
static int move_all(ssize_t (*move)(int, const struct iovec *, int), int fd, struct iovec *vecs,
		    int n)
{
	bool any = false;

	for (vecs = go_behind(vecs, &n, 0); n;) {
		ssize_t done = move(fd, vecs, n);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (!done)
			return any ? -EPIPE : 0;
		if (done < 0)
			continue;
		any = true;
		vecs = go_behind(vecs, &n, (size_t)done);
	}
	return 1;
}

/* One call: who reads wakes once. */
int weir_snap_write(const struct weir_snap *snap, int fd)
{
	struct head head = {.magic = MAGIC,
			    .time_ns = snap->time_ns,
			    .cost_ns = snap->cost_ns,
			    .time_s = snap->time_s};
	struct iovec vecs[1 + ARRAYS] = {{&head, sizeof(head)}};
	struct array arrays[ARRAYS];
	int ret;

	arrays_of((struct weir_snap *)snap, arrays);
	for (size_t i = 0; i < ARRAYS; i++) {
		head.n[i] = *arrays[i].n;
		vecs[1 + i] = (struct iovec){*arrays[i].items, *arrays[i].n * arrays[i].size};
	}
	ret = move_all(writev, fd, vecs, 1 + ARRAYS);
	return ret < 0 ? ret : 0;
}

int weir_snap_read(struct weir_snap *snap, int fd)
{
	struct array arrays[ARRAYS];
	struct iovec vecs[ARRAYS];
	struct head head;
	int ret = move_all(readv, fd, &(struct iovec){&head, sizeof(head)}, 1);

	if (ret <= 0)
		return ret;
	arrays_of(snap, arrays);
	if (head.magic != MAGIC)
		return -EBADMSG;
	for (size_t i = 0; i < ARRAYS; i++) {
		if (head.n[i] > (i == ARRAYS - 1 ? TEXTS_MAX : COUNT_MAX))
			return -EBADMSG;
		if (make_room(&arrays[i], head.n[i]))
			return -ENOMEM;
		*arrays[i].n = head.n[i];
		vecs[i] = (struct iovec){*arrays[i].items, head.n[i] * arrays[i].size};
	}
	ret = move_all(readv, fd, vecs, ARRAYS);
	if (ret <= 0)
		return ret ? ret : -EPIPE;
	snap->time_ns = head.time_ns;
	snap->cost_ns = head.cost_ns;
	snap->time_s = head.time_s;
	return 1;
}
