/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All that a program is given for a set of rules: the contents of its maps. */
#ifndef WEIR_CLI_RULES_TABLES_H
#define WEIR_CLI_RULES_TABLES_H

#include "cli/rules/set.h"
#include "cli/rules/tree.h"

struct weir_mac_row {
	struct weir_filter_mac mac;
	uint32_t row;
};

/* Rows of bits, each once. */
struct weir_rows {
	struct weir_match_row *rows;
	size_t n, room;
	uint32_t *index; /* by hash, number and one; 0: free */
	size_t index_room;
	int err;
};

struct weir_tables {
	struct weir_filter_consts config;
	struct weir_trees trees;
	struct weir_rows rows;
	struct weir_prefix_of *prefixes;
	size_t n_prefixes;
	struct weir_row_page *row_pages; /* WEIR_VALUES16 * 256, or NULL */
	struct weir_mac_row *macs;
	size_t n_macs;
};

/* Of a settled set whose rules have counters. -ENOMEM, -E2BIG; logged. */
int weir_tables_build(const struct weir_set *set, struct weir_tables *out);
void weir_tables_free(struct weir_tables *tables);

/* ---- rows.c -------------------------------------------------------------- */

/* Bits of matches. */
struct weir_bits {
	uint64_t word[WEIR_FILTER_WORDS];
};

static inline void weir_bits_set(struct weir_bits *bits, size_t nth)
{
	bits->word[nth / 64] |= 1ULL << nth % 64;
}

/* Number of the row with these bits, made unless it is there. Errors stay in @rows. */
uint32_t weir_rows_add(struct weir_rows *rows, const struct weir_bits *bits);
/* Rows by everything but addresses, and what they need in config. */
int weir_tables_match(const struct weir_set *set, struct weir_tables *tables);

#endif
