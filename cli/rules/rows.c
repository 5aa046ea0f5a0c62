// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The rows of matches: for each value that a header can have, which rules it does not
 * contradict. Values that contradict the same rules share a row.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "cli/rules/tables.h"

/* ---- rows, each once ----------------------------------------------------- */

static uint64_t hash_of(const struct weir_bits *bits)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < WEIR_FILTER_WORDS; i++)
		hash = (hash ^ bits->word[i]) * 0x9e3779b97f4a7c15ULL + (hash >> 29);
	return hash ^ hash >> 32;
}

static void place_row(struct weir_rows *rows, size_t nth)
{
	struct weir_bits bits;
	size_t at;

	memcpy(&bits, &rows->rows[nth], sizeof(bits));
	at = hash_of(&bits) & (rows->index_room - 1);
	while (rows->index[at])
		at = (at + 1) & (rows->index_room - 1);
	rows->index[at] = (uint32_t)nth + 1;
}

static int make_room(struct weir_rows *rows)
{
	size_t room = rows->room ? rows->room * 2 : 64;
	struct weir_match_row *bigger;

	if (rows->n < rows->room)
		return 0;
	bigger = reallocarray(rows->rows, room, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	rows->rows = bigger;
	rows->room = room;
	free(rows->index);
	rows->index_room = 2 * room;
	rows->index = calloc(rows->index_room, sizeof(*rows->index));
	if (!rows->index)
		return -ENOMEM;
	for (size_t i = 0; i < rows->n; i++)
		place_row(rows, i);
	return 0;
}

uint32_t weir_rows_add(struct weir_rows *rows, const struct weir_bits *bits)
{
	size_t at;

	rows->err = rows->err ?: make_room(rows);
	if (rows->err)
		return 0;
	at = hash_of(bits) & (rows->index_room - 1);
	for (; rows->index[at]; at = (at + 1) & (rows->index_room - 1))
		if (!memcmp(&rows->rows[rows->index[at] - 1], bits, sizeof(*bits)))
			return rows->index[at] - 1;
	memcpy(&rows->rows[rows->n], bits, sizeof(*bits));
	rows->index[at] = (uint32_t)++rows->n;
	return (uint32_t)rows->n - 1;
}

/* ---- which rules are possible -------------------------------------------- */

typedef bool (*possible_fn)(const struct weir_filter_rule *rule, const void *value);

static uint32_t row_of(const struct weir_set *set, struct weir_tables *tables, possible_fn possible,
		       const void *value)
{
	struct weir_bits bits = {0};

	for (size_t i = 0; i < set->n_rules; i++)
		if (possible(&set->rules[i].rule, value))
			weir_bits_set(&bits, i);
	return weir_rows_add(&tables->rows, &bits);
}

struct kind {
	uint8_t family;
	enum weir_l4 l4;
	uint8_t proto;
	bool macs; /* its MACs may be those of rules; else they are not */
};

static bool by_kind(const struct weir_filter_rule *rule, const void *value)
{
	const uint32_t ports = WEIR_HAS_SPORT | WEIR_HAS_DPORT | WEIR_HAS_FLAGS;
	const struct kind *kind = value;
	uint32_t never = 0;

	if (kind->l4 != WEIR_L4_PORTS)
		never |= ports;
	if (kind->l4 != WEIR_L4_ICMP)
		never |= WEIR_HAS_ICMP;
	if (kind->l4 != WEIR_L4_FRAGMENT)
		never |= WEIR_HAS_FRAGMENT;
	if (!kind->macs)
		never |= WEIR_HAS_SMAC | WEIR_HAS_DMAC;
	if (rule->has & never || (rule->has & WEIR_HAS_PROTO && rule->proto != kind->proto))
		return false;
	return !(rule->has & (WEIR_HAS_SRC | WEIR_HAS_DST)) || rule->family == kind->family;
}

/* Of what is no IP. */
static bool by_mac_alone(const struct weir_filter_rule *rule, const void *value)
{
	const bool *macs = value;

	return *macs && !(rule->has & ~(uint32_t)(WEIR_HAS_SMAC | WEIR_HAS_DMAC));
}

static bool by_flags(const struct weir_filter_rule *rule, const void *value)
{
	return !(rule->has & WEIR_HAS_FLAGS) ||
	       (*(const unsigned int *)value & rule->flags_mask) == rule->flags;
}

/* A side and an address of it; NULL: any other. */
struct mac {
	enum weir_side side;
	const uint8_t *addr;
};

static bool by_mac(const struct weir_filter_rule *rule, const void *value)
{
	const struct mac *mac = value;
	bool is_src = mac->side == WEIR_SRC;

	if (!(rule->has & (is_src ? WEIR_HAS_SMAC : WEIR_HAS_DMAC)))
		return true;
	return mac->addr && !memcmp(is_src ? rule->smac : rule->dmac, mac->addr, 6);
}

/* ---- values of 16 bits --------------------------------------------------- */

struct range {
	enum weir_value16 which;
	uint32_t from;
};

static bool range_of(const struct weir_filter_rule *rule, enum weir_value16 which, uint32_t *min,
		     uint32_t *max)
{
	static const uint32_t bits[] = {WEIR_HAS_SPORT, WEIR_HAS_DPORT, WEIR_HAS_ICMP};
	const uint16_t mins[] = {rule->sport_min, rule->dport_min, rule->icmp_min};
	const uint16_t maxs[] = {rule->sport_max, rule->dport_max, rule->icmp_max};

	*min = mins[which];
	*max = maxs[which];
	return rule->has & bits[which];
}

static bool by_value(const struct weir_filter_rule *rule, const void *value)
{
	const struct range *range = value;
	uint32_t min, max;

	return !range_of(rule, range->which, &min, &max) ||
	       (min <= range->from && range->from <= max);
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static uint16_t row_of_page(const struct weir_row_page *page)
{
	for (size_t i = 1; i < 256; i++)
		if (page->row[i] != page->row[0])
			return WEIR_ROW_MIXED;
	return page->row[0];
}

/* Between two neighbouring ends of ranges all values contradict the same rules. */
static void fill_values(const struct weir_set *set, struct weir_tables *tables,
			enum weir_value16 which)
{
	uint8_t *named = tables->config.values_named[which];
	const struct range other = {which, 65536};
	const uint32_t other_row = row_of(set, tables, by_value, &other);
	uint32_t ends[2 * WEIR_FILTER_MATCHES_MAX + 2];
	size_t n = 0;

	ends[n++] = 0;
	for (size_t i = 0; i < set->n_rules; i++) {
		uint32_t min, max;

		if (!range_of(&set->rules[i].rule, which, &min, &max))
			continue;
		ends[n++] = min;
		ends[n++] = max + 1;
	}
	qsort(ends, n, sizeof(*ends), by_size);
	ends[n] = 65536;
	for (size_t i = 0; i < n; i++) {
		const struct range range = {which, ends[i]};
		uint32_t row;

		if (ends[i] == ends[i + 1] || ends[i] > 65535)
			continue;
		row = row_of(set, tables, by_value, &range);
		for (uint32_t v = ends[i]; v < ends[i + 1]; v++) {
			tables->row_pages[which * 256 + v / 256].row[v % 256] = (uint16_t)row;
			if (row != other_row)
				named[v / 8] |= (uint8_t)(1U << v % 8);
		}
	}
	for (size_t i = 0; i < 256; i++)
		tables->config.value_row[which][i] =
			row_of_page(&tables->row_pages[which * 256 + i]);
}

static int match_values(const struct weir_set *set, struct weir_tables *tables, uint32_t has)
{
	static const uint32_t bits[] = {WEIR_HAS_SPORT, WEIR_HAS_DPORT, WEIR_HAS_ICMP};

	if (!(has & (WEIR_HAS_SPORT | WEIR_HAS_DPORT | WEIR_HAS_ICMP)))
		return 0;
	tables->row_pages = calloc(WEIR_VALUES16 * 256UL, sizeof(*tables->row_pages));
	if (!tables->row_pages)
		return -ENOMEM;
	for (unsigned int which = 0; which < WEIR_VALUES16; which++) {
		if (!(has & bits[which]))
			continue;
		tables->config.by_value16[which] = 1;
		fill_values(set, tables, (enum weir_value16)which);
	}
	return 0;
}

/* ---- all ----------------------------------------------------------------- */

static bool has_mac(const struct weir_tables *tables, enum weir_side side, const uint8_t *addr)
{
	for (size_t i = 0; i < tables->n_macs; i++)
		if (tables->macs[i].mac.side == side && !memcmp(tables->macs[i].mac.addr, addr, 6))
			return true;
	return false;
}

static int match_macs(const struct weir_set *set, struct weir_tables *tables, uint32_t has)
{
	if (!(has & (WEIR_HAS_SMAC | WEIR_HAS_DMAC)))
		return 0;
	tables->macs = calloc(2 * set->n_rules, sizeof(*tables->macs));
	if (!tables->macs)
		return -ENOMEM;
	for (unsigned int side = 0; side < WEIR_SIDES; side++) {
		uint32_t bit = side == WEIR_SRC ? WEIR_HAS_SMAC : WEIR_HAS_DMAC;
		struct mac mac = {(enum weir_side)side, NULL};

		if (!(has & bit))
			continue;
		tables->config.by_mac[side] = 1;
		tables->config.no_mac_row[side] = row_of(set, tables, by_mac, &mac);
		for (size_t i = 0; i < set->n_rules; i++) {
			const struct weir_filter_rule *rule = &set->rules[i].rule;
			struct weir_mac_row *row = &tables->macs[tables->n_macs];
			uint64_t key;

			mac.addr = side == WEIR_SRC ? rule->smac : rule->dmac;
			if (!(rule->has & bit) || has_mac(tables, mac.side, mac.addr))
				continue;
			memcpy(row->mac.addr, mac.addr, 6);
			row->mac.side = (uint8_t)side;
			memcpy(&key, &row->mac, sizeof(key));
			tables->config.mac_slots[weir_mac_slot(key)] = 1;
			row->row = row_of(set, tables, by_mac, &mac);
			tables->n_macs++;
		}
	}
	return 0;
}

static uint8_t asked_by(const struct weir_set *set, const struct kind *kind)
{
	const uint32_t values = WEIR_HAS_SPORT | WEIR_HAS_DPORT | WEIR_HAS_ICMP;
	uint8_t asked = 0;

	for (size_t i = 0; i < set->n_rules; i++) {
		const struct weir_filter_rule *rule = &set->rules[i].rule;

		if (!by_kind(rule, kind))
			continue;
		asked |= rule->has & values ? WEIR_ASKED_VALUES : WEIR_ASKED_MORE;
		if (rule->has & WEIR_HAS_FLAGS)
			asked |= WEIR_ASKED_FLAGS;
	}
	return asked;
}

/* Protocols that no rule names share a row. */
static void match_protos(const struct weir_set *set, struct weir_tables *tables, struct kind *kind)
{
	uint16_t *rows = tables->config.ip_row[kind->macs];
	uint8_t *asked = tables->config.asked;
	bool named[256] = {false};
	int other = -1;

	for (size_t i = 0; i < set->n_rules; i++)
		if (set->rules[i].rule.has & WEIR_HAS_PROTO)
			named[set->rules[i].rule.proto] = true;
	for (unsigned int proto = 0; proto < 256; proto++) {
		uint32_t at =
			weir_ip_kind((enum weir_family)kind->family, kind->l4, (uint8_t)proto);

		kind->proto = (uint8_t)proto;
		if (!named[proto] && other >= 0) {
			rows[at] = rows[other];
			asked[at] = asked[other];
			continue;
		}
		rows[at] = (uint16_t)row_of(set, tables, by_kind, kind);
		if (!kind->macs)
			asked[at] = asked_by(set, kind);
		if (!named[proto])
			other = (int)at;
	}
}

static void match_kinds(const struct weir_set *set, struct weir_tables *tables)
{
	for (unsigned int macs = 0; macs < 2; macs++) {
		bool has_macs = macs;

		tables->config.l2_row[macs] =
			(uint16_t)row_of(set, tables, by_mac_alone, &has_macs);
		for (unsigned int family = 0; family < WEIR_FAMILIES; family++)
			for (unsigned int l4 = 0; l4 < WEIR_L4_STATES; l4++) {
				struct kind kind = {.family = (uint8_t)family,
						    .l4 = (enum weir_l4)l4,
						    .macs = has_macs};

				match_protos(set, tables, &kind);
			}
	}
}

int weir_tables_match(const struct weir_set *set, struct weir_tables *tables)
{
	struct weir_filter_consts *config = &tables->config;
	uint32_t has = 0;
	int err;

	config->words = (uint32_t)(set->n_rules + 63) / 64;
	for (size_t i = 0; i < set->n_rules; i++) {
		const struct weir_filter_rule *rule = &set->rules[i].rule;

		has |= rule->has;
		config->act[i] = (uint16_t)(WEIR_FILTER_ACT | (rule->deny ? WEIR_FILTER_DENY : 0) |
					    rule->counter);
	}
	for (uint8_t bit = 0; bit < 64; bit++)
		config->bit_of_run[weir_run_of_bit(1ULL << bit)] = bit;
	match_kinds(set, tables);
	config->by_flags = !!(has & WEIR_HAS_FLAGS);
	for (unsigned int value = 0; value < 256 && config->by_flags; value++)
		config->flags_row[value] = (uint16_t)row_of(set, tables, by_flags, &value);
	err = match_values(set, tables, has);
	err = err ?: match_macs(set, tables, has);
	return err ?: tables->rows.err;
}
