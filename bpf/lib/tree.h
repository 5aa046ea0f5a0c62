/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which prefix an address falls under. In: a tree (maps/filter.h), which is constant where
 * it is used, and an address. Out: what its leaf says; 0 where no prefix covers the address.
 */
#ifndef WEIR_BPF_TREE_H
#define WEIR_BPF_TREE_H

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "lib/forget.h"
#include "lib/map.h"
#include "maps/filter.h"

/* As large as the tables of a set; those of a set without such rules have one entry. */
WEIR_MAP(weir_pages, ARRAY, __u32, struct weir_tree_page, 1, BPF_F_MMAPABLE, NONE);
WEIR_MAP(weir_checks4, ARRAY, __u32, struct weir_check4, 1, BPF_F_MMAPABLE, NONE);
WEIR_MAP(weir_checks6, ARRAY, __u32, struct weir_check6, 1, BPF_F_MMAPABLE, NONE);

WEIR_MAP(weir_fronts, ARRAY, __u32, struct weir_front_line, 1, BPF_F_MMAPABLE, NONE);

/* In host byte order; an IPv4 address is the upper half of hi. */
struct address {
	__u64 hi, lo;
};

/* The first step, which most addresses need no other after: a cell of the flat level. */
static __always_inline __u32 tree_start(const volatile struct weir_tree *tree, __u64 hi)
{
	const struct weir_tree_page *page;
	__u32 index;

	if (!tree->flat_bits)
		return tree->cell;
	index = tree->flat_page + (__u32)(hi >> (64 - tree->flat_bits));
	page = bpf_map_lookup_elem(&weir_pages, &index);
	return page ? page->cell[hi << tree->flat_bits >> (64 - WEIR_PAGE_BITS)] : 0;
}

/* Bits of the address that tree_start() has used. */
static __always_inline __u32 tree_used(const volatile struct weir_tree *tree)
{
	return tree->flat_bits ? tree->flat_bits + WEIR_PAGE_BITS : 0;
}

/* @at again, of which the verifier then knows only that it is a position. */
static __always_inline __u32 tree_forget(__u64 at, __u64 addr)
{
	return forget_by(at, addr) & 127;
}

/* Does the byte of its /24 tell? */
static __always_inline bool front_finds(const volatile struct weir_tree *tree, __u64 hi, __u32 *out)
{
	__u32 nth = (__u32)(hi >> (64 - WEIR_FRONT_BITS));
	__u32 index = tree->front_line + nth / WEIR_FRONT_LINE;
	const struct weir_front_line *line = bpf_map_lookup_elem(&weir_fronts, &index);
	__u8 code;

	if (!line)
		return false;
	code = line->code[nth % WEIR_FRONT_LINE];
	if (code == WEIR_FRONT_DEEPER)
		return false;
	*out = tree->front_found[code];
	return true;
}

static __always_inline __u32 tree_find4(const volatile struct weir_tree *tree, __u64 hi)
{
	__u32 addr = (__u32)(hi >> 32);
	__u32 cell, at, found;

	if (tree->has_front && front_finds(tree, hi, &found))
		return found;
	cell = tree_start(tree, hi);
	at = tree_forget(tree_used(tree), hi);
#pragma clang loop unroll(disable)
	for (int i = 0; i < WEIR_TREE4_STEPS; i++) {
		__u32 index = cell & WEIR_CELL_INDEX;

		if (cell >> WEIR_CELL_KIND_SHIFT == WEIR_CELL_FOUND)
			return index;
		if (cell >> WEIR_CELL_KIND_SHIFT == WEIR_CELL_PAGE) {
			const struct weir_tree_page *page =
				bpf_map_lookup_elem(&weir_pages, &index);

			if (!page)
				return 0;
			cell = page->cell[hi << (at & 63) >> (64 - WEIR_PAGE_BITS)];
			at = tree_forget(at + WEIR_PAGE_BITS, hi);
		} else {
			const struct weir_check4 *check =
				bpf_map_lookup_elem(&weir_checks4, &index);

			if (!check)
				return 0;
			if ((check->addr ^ addr) >> ((32 - check->len) & 31)) {
				cell = check->miss;
			} else {
				cell = check->hit;
				at = check->at & 127;
			}
		}
	}
	return 0;
}

static __always_inline int is_under(const struct weir_check6 *check, const struct address *addr)
{
	if (check->len <= 64)
		return !((check->addr_hi ^ addr->hi) >> ((64 - check->len) & 63));
	return check->addr_hi == addr->hi &&
	       !((check->addr_lo ^ addr->lo) >> ((128 - check->len) & 63));
}

/* The half of the address that has bit @at. Without a branch, after which the verifier would walk
 * the loop's rest for either half. */
static __always_inline __u64 half_at(const struct address *addr, __u32 at)
{
	__u64 in_lo = -(__u64)(at >> 6 & 1);

	asm volatile("" : "+r"(in_lo));
	return addr->hi ^ ((addr->hi ^ addr->lo) & in_lo);
}

static __always_inline __u32 tree_find6(const volatile struct weir_tree *tree,
					const struct address *addr)
{
	__u32 cell = tree_start(tree, addr->hi);
	__u32 at = tree_forget(tree_used(tree), addr->hi);

#pragma clang loop unroll(disable)
	for (int i = 0; i < WEIR_TREE6_STEPS; i++) {
		__u32 index = cell & WEIR_CELL_INDEX;

		if (cell >> WEIR_CELL_KIND_SHIFT == WEIR_CELL_FOUND)
			return index;
		if (cell >> WEIR_CELL_KIND_SHIFT == WEIR_CELL_PAGE) {
			const struct weir_tree_page *page =
				bpf_map_lookup_elem(&weir_pages, &index);
			__u64 half = half_at(addr, at);

			if (!page)
				return 0;
			cell = page->cell[half << (at & 63) >> (64 - WEIR_PAGE_BITS)];
			at = tree_forget(at + WEIR_PAGE_BITS, addr->hi);
		} else {
			const struct weir_check6 *check =
				bpf_map_lookup_elem(&weir_checks6, &index);

			if (!check)
				return 0;
			if (is_under(check, addr)) {
				cell = check->hit;
				at = check->at & 127;
			} else {
				cell = check->miss;
			}
		}
	}
	return 0;
}

#endif
