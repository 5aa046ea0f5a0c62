// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Decides whether a pinned map is the one that an object declares. In: the
 * declared shape, the pinned map's fd. Out: yes, or each difference.
 *
 * Kernel rules: DEVMAP and DEVMAP_HASH get BPF_F_RDONLY_PROG whether asked or
 * not (kernel/bpf/devmap.c). The kernel does not tell which inner maps an outer
 * one takes, but it never has others than those in it: so one of these is asked.
 * Inner maps need equal type, sizes and flags, and an inner array the same
 * length unless BPF_F_INNER_MAP (bpf_map_meta_equal, Linux 5.10).
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <unistd.h>

#include "loader/log.h"
#include "maps/pin.h"

/* Slots of an outer array that are looked at before it counts as empty. */
#define SLOTS_MAX 4096

static const char *type_text(uint32_t type, char *buf, size_t len)
{
	const char *name = weir_map_type_name(type);

	if (name)
		return name;
	(void)snprintf(buf, len, "%u", type);
	return buf;
}

static unsigned int differ(const char *prefix, const char *field, uint32_t want, uint32_t have)
{
	if (want == have)
		return 0;
	weir_log(WEIR_LOG_DETAIL, "%s%s: object %u, pin %u", prefix, field, want, have);
	return 1;
}

static uint32_t comparable_flags(const struct weir_map_shape *shape)
{
	if (shape->type == BPF_MAP_TYPE_DEVMAP || shape->type == BPF_MAP_TYPE_DEVMAP_HASH)
		return shape->flags & ~(uint32_t)BPF_F_RDONLY_PROG;
	return shape->flags;
}

unsigned int weir_shape_differ(const char *prefix, const struct weir_map_shape *want,
			       const struct weir_map_shape *have)
{
	uint32_t want_flags = comparable_flags(want), have_flags = comparable_flags(have);
	char want_type[16], have_type[16];
	unsigned int n = 0;

	if (want->type != have->type) {
		weir_log(WEIR_LOG_DETAIL, "%stype: object %s, pin %s", prefix,
			 type_text(want->type, want_type, sizeof(want_type)),
			 type_text(have->type, have_type, sizeof(have_type)));
		n++;
	}
	n += differ(prefix, "key_size", want->key_size_bytes, have->key_size_bytes);
	n += differ(prefix, "value_size", want->value_size_bytes, have->value_size_bytes);
	n += differ(prefix, "max_entries", want->max_entries, have->max_entries);
	if (want_flags != have_flags) {
		weir_log(WEIR_LOG_DETAIL, "%sflags: object %#x, pin %#x", prefix, want_flags,
			 have_flags);
		n++;
	}
	return n;
}

bool weir_shape_inner_fits(const struct weir_map_shape *want, const struct weir_map_shape *have)
{
	if (want->type != have->type || want->key_size_bytes != have->key_size_bytes ||
	    want->value_size_bytes != have->value_size_bytes ||
	    comparable_flags(want) != comparable_flags(have))
		return false;
	return want->type != BPF_MAP_TYPE_ARRAY || want->flags & BPF_F_INNER_MAP ||
	       want->max_entries == have->max_entries;
}

/* Id of some map in the outer map @fd; false when it has none, or it cannot be read. */
static bool find_inner_id(int fd, const struct weir_map_shape *outer, uint32_t *id)
{
	char key[512] = {0}; /* MAX_BPF_STACK: the kernel's limit of hash keys in such maps */
	const void *prev = NULL;

	if (outer->key_size_bytes > sizeof(key) || outer->value_size_bytes != sizeof(*id))
		return false;
	for (unsigned int i = 0; i < SLOTS_MAX; i++) {
		if (bpf_map_get_next_key(fd, prev, key))
			return false;
		if (bpf_map_lookup_elem(fd, key, id) == 0)
			return true;
		prev = key;
	}
	return false;
}

static bool read_inner(int fd, const struct weir_map_shape *outer, struct weir_map_shape *out)
{
	uint32_t id;
	int inner, err;

	if (outer->type != BPF_MAP_TYPE_ARRAY_OF_MAPS && outer->type != BPF_MAP_TYPE_HASH_OF_MAPS)
		return false;
	if (!find_inner_id(fd, outer, &id))
		return false;
	inner = bpf_map_get_fd_by_id(id);
	if (inner < 0)
		return false;
	err = weir_map_shape_of(inner, out, NULL);
	(void)close(inner);
	return !err;
}

/* A map in a device's memory is never the host's, nor another device's. */
static int compare_place(const struct weir_map_shape *want, const struct weir_map_shape *have,
			 const char *path, const char *map, uint32_t id)
{
	if (want->ifindex == have->ifindex && want->netns_ino == have->netns_ino)
		return 0;
	if (!have->ifindex)
		return weir_fail(
			-EEXIST,
			"%s: map id %u, pinned at %s, is the host's, and a device's program "
			"cannot use it; remove the pin (rm %s), or rename the map",
			map, id, path, path);
	return weir_fail(
		-EEXIST,
		"%s: map id %u, pinned at %s, is in the memory of a device (interface %u of "
		"namespace %llu), and %s program cannot use it; remove the pin (rm %s), or "
		"rename the map",
		map, id, path, have->ifindex, (unsigned long long)have->netns_ino,
		want->ifindex ? "another device's" : "a host's", path);
}

int weir_pin_compare(int fd, const char *path, const char *map, const struct weir_map_shape *want)
{
	struct weir_map_shape have, inner;
	unsigned int n;
	uint32_t id;
	int err = weir_map_shape_of(fd, &have, &id);

	if (!err)
		err = compare_place(want, &have, path, map, id);
	if (err)
		return err;
	n = weir_shape_differ("", want, &have);
	if (!n && want->inner && read_inner(fd, &have, &inner) &&
	    !weir_shape_inner_fits(want->inner, &inner))
		n = weir_shape_differ("inner map ", want->inner, &inner);
	if (!n)
		return 0;
	return weir_fail(-EEXIST,
			 "%s: map id %u, pinned at %s, has another shape; change the "
			 "object, or remove the pin (rm %s)",
			 map, id, path, path);
}
