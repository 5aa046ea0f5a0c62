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

static int write_all(int fd, const void *bytes, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = write(fd, (const uint8_t *)bytes + at, len - at);

		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* 0: the end before the first byte. */
static int read_all(int fd, void *bytes, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = read(fd, (uint8_t *)bytes + at, len - at);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			return at ? -EPIPE : 0;
		at += n > 0 ? (size_t)n : 0;
	}
	return 1;
}

int weir_snap_write(const struct weir_snap *snap, int fd)
{
	struct head head = {.magic = MAGIC,
			    .time_ns = snap->time_ns,
			    .cost_ns = snap->cost_ns,
			    .time_s = snap->time_s};
	struct array arrays[ARRAYS];
	int err;

	arrays_of((struct weir_snap *)snap, arrays);
	for (size_t i = 0; i < ARRAYS; i++)
		head.n[i] = *arrays[i].n;
	err = write_all(fd, &head, sizeof(head));
	for (size_t i = 0; i < ARRAYS && !err; i++)
		err = write_all(fd, *arrays[i].items, *arrays[i].n * arrays[i].size);
	return err;
}

int weir_snap_read(struct weir_snap *snap, int fd)
{
	struct array arrays[ARRAYS];
	struct head head;
	int ret = read_all(fd, &head, sizeof(head));

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
		ret = head.n[i] ? read_all(fd, *arrays[i].items, head.n[i] * arrays[i].size) : 1;
		if (ret <= 0)
			return ret ? ret : -EPIPE;
	}
	snap->time_ns = head.time_ns;
	snap->cost_ns = head.cost_ns;
	snap->time_s = head.time_s;
	return 1;
}
