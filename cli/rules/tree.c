// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From sorted prefixes to a tree. In a sorted range the prefixes of any cell lie side by
 * side, and a shorter one comes before those inside it; so each level is one pass.
 */
#include "cli/rules/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FLAT_BITS_MAX 20     /* 2^24 cells, 64 MiB */
#define LARGE	      250000 /* prefixes whose checks alone are 4 MB */

struct build {
	struct weir_trees *trees;
	const struct weir_leaf *leaves;
	bool is6;
};

void weir_trees_free(struct weir_trees *trees)
{
	free(trees->pages);
	free(trees->checks4);
	free(trees->checks6);
	free(trees->fronts);
	*trees = (struct weir_trees){0};
}

static uint32_t cell_of(uint32_t kind, size_t index)
{
	return kind << WEIR_CELL_KIND_SHIFT | (uint32_t)index;
}

/* Index of @n new ones of @size bytes; 0 after an error, which is there, too. */
static size_t more(struct weir_trees *trees, void **items, size_t *have, size_t *room, size_t n,
		   size_t size)
{
	size_t first = *have;

	if (trees->err)
		return 0;
	if (first + n > WEIR_CELL_INDEX) {
		trees->err = -E2BIG;
		return 0;
	}
	if (first + n > *room) {
		size_t want = *room * 2 > first + n ? *room * 2 : first + n + 64;
		void *bigger = reallocarray(*items, want, size);

		if (!bigger) {
			trees->err = -ENOMEM;
			return 0;
		}
		*items = bigger;
		*room = want;
	}
	*have += n;
	return first;
}

static size_t more_pages(struct weir_trees *trees, size_t n)
{
	return more(trees, (void **)&trees->pages, &trees->n_pages, &trees->pages_room, n,
		    sizeof(*trees->pages));
}

/* @n bits of the address from bit @at on; they may lie across the halves. */
static uint32_t bits_of(const struct weir_leaf *leaf, unsigned int at, unsigned int n)
{
	uint64_t from = at >= 64 ? leaf->lo << (at - 64)
			: at	 ? leaf->hi << at | leaf->lo >> (64 - at)
				 : leaf->hi;

	return (uint32_t)(from >> (64 - n));
}

/* How many bits two addresses have in common. */
static unsigned int common_bits(const struct weir_leaf *a, const struct weir_leaf *b)
{
	if (a->hi != b->hi)
		return (unsigned int)__builtin_clzll(a->hi ^ b->hi);
	return a->lo != b->lo ? 64 + (unsigned int)__builtin_clzll(a->lo ^ b->lo) : 128;
}

static uint32_t add_check(const struct build *build, const struct weir_leaf *leaf, unsigned int len,
			  uint32_t hit, uint32_t miss)
{
	struct weir_trees *trees = build->trees;
	size_t nth;

	if (build->is6) {
		nth = more(trees, (void **)&trees->checks6, &trees->n_checks6, &trees->checks6_room,
			   1, sizeof(*trees->checks6));
		if (!trees->err)
			trees->checks6[nth] = (struct weir_check6){.addr_hi = leaf->hi,
								   .addr_lo = leaf->lo,
								   .hit = hit,
								   .miss = miss,
								   .len = (uint8_t)len,
								   .at = (uint8_t)len};
	} else {
		nth = more(trees, (void **)&trees->checks4, &trees->n_checks4, &trees->checks4_room,
			   1, sizeof(*trees->checks4));
		if (!trees->err)
			trees->checks4[nth] =
				(struct weir_check4){.addr = (uint32_t)(leaf->hi >> 32),
						     .hit = hit,
						     .miss = miss,
						     .len = (uint8_t)len,
						     .at = (uint8_t)len};
	}
	return cell_of(WEIR_CELL_CHECK, nth);
}

static uint32_t build_cell(const struct build *build, size_t from, size_t to, unsigned int at,
			   uint32_t inherited);

/* Cells of @bits bits from page @first on; deeper levels append pages, so that the pages
 * are found anew by their number. */
static void fill(const struct build *build, size_t first, unsigned int bits, size_t from, size_t to,
		 unsigned int at, uint32_t inherited)
{
	struct weir_trees *trees = build->trees;
	size_t n = (size_t)1 << bits;
	size_t next;

#define CELL(nth) trees->pages[first + (nth) / WEIR_PAGE_CELLS].cell[(nth) % WEIR_PAGE_CELLS]
	for (size_t i = 0; i < n; i++)
		CELL(i) = inherited;
	for (size_t i = from; i < to && !trees->err; i = next) {
		const struct weir_leaf *leaf = &build->leaves[i];
		uint32_t nth = bits_of(leaf, at, bits), cell;

		next = i + 1;
		if (leaf->len <= at + bits) {
			/* those inside it come later, and write over it */
			for (size_t k = 0; k < (size_t)1 << (at + bits - leaf->len); k++)
				CELL(nth + k) = leaf->found;
			continue;
		}
		while (next < to && bits_of(&build->leaves[next], at, bits) == nth)
			next++;
		cell = build_cell(build, i, next, at + bits, CELL(nth));
		if (!trees->err)
			CELL(nth) = cell;
	}
#undef CELL
}

/* The longest multiple of a page's bits that all prefixes of the range have in common. */
static unsigned int shared_bits(const struct build *build, size_t from, size_t to)
{
	unsigned int bits = common_bits(&build->leaves[from], &build->leaves[to - 1]);

	for (size_t i = from; i < to; i++)
		if (build->leaves[i].len < bits)
			bits = build->leaves[i].len;
	return bits / WEIR_PAGE_BITS * WEIR_PAGE_BITS;
}

/* What an address whose first @at bits are those of the range finds. */
static uint32_t build_cell(const struct build *build, size_t from, size_t to, unsigned int at,
			   uint32_t inherited)
{
	const unsigned int all = build->is6 ? 128 : 32;
	const struct weir_leaf *first = &build->leaves[from];
	unsigned int shared;
	size_t page;

	if (from == to)
		return inherited;
	if (from + 1 == to && first->len)
		return add_check(build, first, first->len, first->found, inherited);
	shared = shared_bits(build, from, to);
	if (shared > all - WEIR_PAGE_BITS)
		shared = all - WEIR_PAGE_BITS;
	page = more_pages(build->trees, 1);
	if (build->trees->err)
		return 0;
	fill(build, page, WEIR_PAGE_BITS, from, to, shared > at ? shared : at, inherited);
	if (shared <= at)
		return cell_of(WEIR_CELL_PAGE, page);
	return add_check(build, first, shared, cell_of(WEIR_CELL_PAGE, page), inherited);
}

/* ---- the byte of a /24 ----------------------------------------------------- */

/* The code of @found, given unless it is there; false: there are too many. */
static bool code_of(struct weir_tree *tree, unsigned int *n, uint32_t found, uint8_t *out)
{
	for (unsigned int i = 0; i < *n; i++)
		if (tree->front_found[i] == found) {
			*out = (uint8_t)i;
			return true;
		}
	if (*n == WEIR_FRONT_DEEPER)
		return false;
	tree->front_found[*n] = found;
	*out = (uint8_t)(*n)++;
	return true;
}

static bool fill_front(uint8_t *codes, const struct weir_leaf *leaves, size_t n, uint32_t none,
		       struct weir_tree *out)
{
	unsigned int n_codes = 0;
	uint8_t code;

	if (!code_of(out, &n_codes, none, &code))
		return false;
	memset(codes, code, (size_t)1 << WEIR_FRONT_BITS);
	for (size_t i = 0; i < n; i++) {
		size_t nth = leaves[i].hi >> (64 - WEIR_FRONT_BITS);

		if (leaves[i].len > WEIR_FRONT_BITS) {
			codes[nth] = WEIR_FRONT_DEEPER;
			continue;
		}
		/* those inside it come later, and write over it */
		if (!code_of(out, &n_codes, leaves[i].found, &code))
			return false;
		memset(codes + nth, code, (size_t)1 << (WEIR_FRONT_BITS - leaves[i].len));
	}
	return true;
}

/* Where more is found than codes can say, there is none. */
static void build_front(struct weir_trees *trees, const struct weir_leaf *leaves, size_t n,
			uint32_t none, struct weir_tree *out)
{
	const size_t lines = ((size_t)1 << WEIR_FRONT_BITS) / WEIR_FRONT_LINE;
	size_t first = more(trees, (void **)&trees->fronts, &trees->n_fronts, &trees->fronts_room,
			    lines, sizeof(*trees->fronts));

	if (trees->err)
		return;
	if (fill_front(trees->fronts[first].code, leaves, n, none, out)) {
		out->has_front = 1;
		out->front_line = (uint32_t)first;
	} else {
		trees->n_fronts = first;
	}
}

/* ---- whole trees ----------------------------------------------------------- */

/* Some cells a prefix, so that most addresses take one step more, or none: few where the
 * tables fit the caches or little is left to find, many where each step is a miss. IPv6 has a
 * page's bits at a time, since no page may lie across the halves of an address; and its
 * addresses in use begin alike, so that more cells would help little. */
static unsigned int flat_bits(enum weir_family family, size_t n, bool has_front)
{
	unsigned int step = family == WEIR_IPV4 ? 1 : WEIR_PAGE_BITS;
	size_t cells = family == WEIR_IPV4 && n >= LARGE && !has_front ? 32 * n : 4 * n;
	unsigned int bits = WEIR_PAGE_BITS;

	while (bits + step <= FLAT_BITS_MAX && (size_t)WEIR_PAGE_CELLS << (bits + step) <= cells)
		bits += step;
	return (size_t)WEIR_PAGE_CELLS << bits <= cells ? bits : 0;
}

void weir_tree_build(struct weir_trees *trees, enum weir_family family,
		     const struct weir_leaf *leaves, size_t n, uint32_t none, struct weir_tree *out)
{
	const struct build build = {trees, leaves, family == WEIR_IPV6};
	unsigned int bits;
	size_t page;

	*out = (struct weir_tree){0};
	if (family == WEIR_IPV4 && n >= LARGE)
		build_front(trees, leaves, n, none, out);
	bits = flat_bits(family, n, out->has_front);
	if (!bits) {
		out->cell = build_cell(&build, 0, n, 0, none);
		return;
	}
	page = more_pages(trees, (size_t)1 << bits);
	if (trees->err)
		return;
	out->flat_page = (uint32_t)page;
	out->flat_bits = bits;
	fill(&build, page, bits + WEIR_PAGE_BITS, 0, n, 0, none);
}
