// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From rules to tables: a tree for each family and side out of the list and the addresses
 * of matches, and the rows.
 */
#include "cli/rules/tables.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/say.h"

void weir_tables_free(struct weir_tables *tables)
{
	weir_trees_free(&tables->trees);
	free(tables->rows.rows);
	free(tables->rows.index);
	free(tables->prefixes);
	free(tables->row_pages);
	free(tables->macs);
	memset(tables, 0, sizeof(*tables));
}

/* A prefix of one tree: of the list (act), of matches (act 0), or of both. */
struct prefix {
	struct weir_leaf leaf;
	uint32_t act;
	bool asked; /* by a match */
};

struct plan {
	const struct weir_set *set;
	struct weir_tables *tables;
	enum weir_family family;
	enum weir_side side;
	struct prefix *prefixes; /* sorted, each once */
	size_t n;
	uint32_t known[256]; /* numbers of tables->prefixes and one, by what they say; 0: none */
};

static struct weir_leaf leaf_of(enum weir_family family, const uint8_t *addr, uint8_t len)
{
	struct weir_leaf leaf = {.len = len};
	uint32_t four;

	if (family == WEIR_IPV4) {
		memcpy(&four, addr, sizeof(four));
		leaf.hi = (uint64_t)be32toh(four) << 32;
		return leaf;
	}
	memcpy(&leaf.hi, addr, sizeof(leaf.hi));
	memcpy(&leaf.lo, addr + sizeof(leaf.hi), sizeof(leaf.lo));
	leaf.hi = be64toh(leaf.hi);
	leaf.lo = be64toh(leaf.lo);
	return leaf;
}

static uint32_t side_bit(enum weir_side side)
{
	return side == WEIR_SRC ? WEIR_HAS_SRC : WEIR_HAS_DST;
}

static struct weir_leaf leaf_of_rule(const struct weir_filter_rule *rule, enum weir_side side)
{
	return side == WEIR_SRC ? leaf_of((enum weir_family)rule->family, rule->src, rule->src_len)
				: leaf_of((enum weir_family)rule->family, rule->dst, rule->dst_len);
}

/* Does @rule ask for this tree? */
static bool is_asked(const struct plan *plan, const struct weir_filter_rule *rule)
{
	return rule->has & side_bit(plan->side) && rule->family == plan->family;
}

static int by_place(const void *left, const void *right)
{
	const struct prefix *a = left, *b = right;

	if (a->leaf.hi != b->leaf.hi)
		return a->leaf.hi < b->leaf.hi ? -1 : 1;
	if (a->leaf.lo != b->leaf.lo)
		return a->leaf.lo < b->leaf.lo ? -1 : 1;
	return (int)a->leaf.len - (int)b->leaf.len;
}

static uint32_t act_of(bool deny, uint16_t counter)
{
	return WEIR_FILTER_ACT | (deny ? WEIR_FILTER_DENY : 0) | counter;
}

/* The list is sorted already; the prefixes of matches are put among it. */
static int gather(struct plan *plan)
{
	const struct weir_set *set = plan->set;
	size_t n = 0, from_list, kept = 0;

	plan->prefixes = calloc(set->n_list + set->n_rules + 1, sizeof(*plan->prefixes));
	if (!plan->prefixes)
		return -ENOMEM;
	for (size_t i = 0; i < set->n_list; i++) {
		const struct weir_filter_prefix *prefix = &set->list[i].prefix;

		if (prefix->family == plan->family && prefix->side == plan->side)
			plan->prefixes[n++] =
				(struct prefix){leaf_of(plan->family, prefix->addr, prefix->len),
						act_of(prefix->deny, prefix->counter)};
	}
	from_list = n;
	for (size_t i = 0; i < set->n_rules; i++)
		if (is_asked(plan, &set->rules[i].rule))
			plan->prefixes[n++] = (struct prefix){
				.leaf = leaf_of_rule(&set->rules[i].rule, plan->side),
				.asked = true};
	if (n > from_list)
		qsort(plan->prefixes, n, sizeof(*plan->prefixes), by_place);
	for (size_t i = 0; i < n; i++) {
		struct prefix *last = kept ? &plan->prefixes[kept - 1] : NULL;

		if (!last || by_place(last, &plan->prefixes[i])) {
			plan->prefixes[kept++] = plan->prefixes[i];
			continue;
		}
		last->act |= plan->prefixes[i].act;
		last->asked |= plan->prefixes[i].asked;
	}
	plan->n = kept;
	return 0;
}

static bool covers(const struct weir_leaf *outer, const struct weir_leaf *inner)
{
	uint64_t hi = outer->hi ^ inner->hi, lo = outer->lo ^ inner->lo;

	if (outer->len > inner->len)
		return false;
	if (!outer->len)
		return true;
	if (outer->len <= 64)
		return !(hi >> (64 - outer->len));
	return !hi && !(lo >> (128 - outer->len));
}

/* ---- with matches by address --------------------------------------------- */

/* What holds at a place: the list's longest prefix so far, and matches that are possible. */
struct here {
	const struct weir_leaf *leaf; /* NULL: outside all prefixes */
	uint32_t act;
	uint8_t len; /* of the list's prefix; one more than it has, 0: none */
	/* rows of the list's prefixes right in it, by len, one more; 0: not known yet */
	uint32_t row_by_len[130];
};

/* Matches at @at, without those that the list's prefix there comes before. */
static uint32_t row_at(const struct plan *plan, const struct here *at)
{
	struct weir_bits bits = {0};

	for (size_t i = 0; i < plan->set->n_rules; i++) {
		const struct weir_filter_rule *rule = &plan->set->rules[i].rule;
		unsigned int narrow = 0;

		if (rule->has & side_bit(plan->side)) {
			struct weir_leaf leaf;

			if (rule->family != plan->family || !at->leaf)
				continue;
			leaf = leaf_of_rule(rule, plan->side);
			if (!covers(&leaf, at->leaf))
				continue;
			narrow = leaf.len + 1U;
		}
		/* a source decides before any destination */
		if (plan->side == WEIR_DST && rule->has & WEIR_HAS_SRC)
			narrow = UINT8_MAX;
		if (narrow >= at->len)
			weir_bits_set(&bits, i);
	}
	return weir_rows_add(&plan->tables->rows, &bits);
}

static uint32_t add_prefix(struct plan *plan, const struct here *at, uint32_t row)
{
	struct weir_tables *tables = plan->tables;
	uint32_t *known = &plan->known[(at->act * 31 + row) % 256];
	struct weir_prefix_of *same = *known ? &tables->prefixes[*known - 1] : NULL;

	/* most of a list of a million say the same */
	if (same && same->act == at->act && same->row == row)
		return *known - 1;
	tables->prefixes[tables->n_prefixes] = (struct weir_prefix_of){.act = at->act, .row = row};
	*known = (uint32_t)++tables->n_prefixes;
	return *known - 1;
}

/* A prefix that no match asks for has the matches of the one around it, but for those that
 * its length excludes: in a list of a million few rows differ. */
static uint32_t row_in(const struct plan *plan, struct here *outer, const struct here *at,
		       bool asked)
{
	uint32_t *known = &outer->row_by_len[at->len];

	if (asked)
		return row_at(plan, at);
	if (!*known)
		*known = row_at(plan, at) + 1;
	return *known - 1;
}

#define NEST_MAX 130 /* prefixes inside each other: lengths 0 to 128, and none */

/* Gives each leaf the number of what holds there, what it inherits among it; returns that of
 * no prefix. */
static uint32_t number_leaves(struct plan *plan, struct weir_leaf *leaves)
{
	struct here nest[NEST_MAX] = {0};
	uint32_t none = add_prefix(plan, &nest[0], row_at(plan, &nest[0]));
	size_t depth = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const struct prefix *prefix = &plan->prefixes[i];

		while (depth && !covers(nest[depth].leaf, &prefix->leaf))
			depth--;
		depth++;
		nest[depth] = (struct here){.leaf = &prefix->leaf,
					    .act = nest[depth - 1].act,
					    .len = nest[depth - 1].len};
		if (prefix->act) {
			nest[depth].act = prefix->act;
			nest[depth].len = (uint8_t)(prefix->leaf.len + 1);
		}
		leaves[i] = prefix->leaf;
		leaves[i].found =
			add_prefix(plan, &nest[depth],
				   row_in(plan, &nest[depth - 1], &nest[depth], prefix->asked));
	}
	return none;
}

/* ---- trees --------------------------------------------------------------- */

static int build_tree(struct plan *plan)
{
	struct weir_filter_consts *config = &plan->tables->config;
	struct weir_leaf *leaves;
	uint32_t none = 0;
	int err = gather(plan);

	if (err)
		return err;
	if (!plan->n) {
		const struct here nowhere = {0};

		if (config->by_address)
			config->no_prefix_row[plan->family][plan->side] = row_at(plan, &nowhere);
		return 0;
	}
	leaves = calloc(plan->n, sizeof(*leaves));
	if (!leaves)
		return -ENOMEM;
	if (config->by_address)
		none = number_leaves(plan, leaves);
	for (size_t i = 0; !config->by_address && i < plan->n; i++) {
		leaves[i] = plan->prefixes[i].leaf;
		leaves[i].found = plan->prefixes[i].act;
	}
	config->lists[plan->family][plan->side] = 1;
	weir_tree_build(&plan->tables->trees, plan->family, leaves, plan->n, none,
			&config->tree[plan->family][plan->side]);
	free(leaves);
	return plan->tables->trees.err;
}

static int build_trees(const struct weir_set *set, struct weir_tables *out)
{
	for (size_t i = 0; i < set->n_rules; i++)
		if (set->rules[i].rule.has & (WEIR_HAS_SRC | WEIR_HAS_DST))
			out->config.by_address = 1;
	if (out->config.by_address) {
		/* a leaf each, and "no prefix" of each tree */
		out->prefixes =
			calloc(set->n_list + 2 * set->n_rules + (size_t)WEIR_FAMILIES * WEIR_SIDES,
			       sizeof(*out->prefixes));
		if (!out->prefixes)
			return -ENOMEM;
	}
	for (unsigned int family = 0; family < WEIR_FAMILIES; family++)
		for (unsigned int side = 0; side < WEIR_SIDES; side++) {
			struct plan plan = {.set = set,
					    .tables = out,
					    .family = (enum weir_family)family,
					    .side = (enum weir_side)side};
			int err = build_tree(&plan);

			free(plan.prefixes);
			if (err)
				return err;
		}
	return out->rows.err;
}

int weir_tables_build(const struct weir_set *set, struct weir_tables *out)
{
	int err = 0;

	memset(out, 0, sizeof(*out));
	out->config.deny = set->deny;
	/* first what has room for 16 bits in its tables */
	if (set->n_rules)
		err = weir_tables_match(set, out);
	err = err ?: build_trees(set, out);
	if (!err)
		return 0;
	weir_say_error("filter: the tables of %zu rules cannot be built: %s",
		       set->n_rules + set->n_list, strerror(-err));
	weir_tables_free(out);
	return err;
}
