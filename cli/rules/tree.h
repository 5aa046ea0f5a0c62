/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trees of addresses, built: maps/filter.h has what they are. */
#ifndef WEIR_CLI_RULES_TREE_H
#define WEIR_CLI_RULES_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maps/filter.h"

/* A prefix and what a tree shall find where it is the longest. Addresses as the program has
 * them: IPv4 in the upper half of hi. */
struct weir_leaf {
	uint64_t hi, lo;
	uint32_t found;
	uint8_t len;
};

/* The tables of all trees of a set. */
struct weir_trees {
	struct weir_tree_page *pages;
	size_t n_pages, pages_room;
	struct weir_check4 *checks4;
	size_t n_checks4, checks4_room;
	struct weir_check6 *checks6;
	size_t n_checks6, checks6_room;
	struct weir_front_line *fronts;
	size_t n_fronts, fronts_room;
	int err; /* -ENOMEM, -E2BIG; then no tree is whole */
};

void weir_trees_free(struct weir_trees *trees);
/* Builds a tree of @n leaves, sorted by address, then length, each prefix once; @none is
 * found elsewhere. Errors stay in @trees. */
void weir_tree_build(struct weir_trees *trees, enum weir_family family,
		     const struct weir_leaf *leaves, size_t n, uint32_t none,
		     struct weir_tree *out);

#endif
