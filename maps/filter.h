/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * The packet filter: what bpf/filter.bpf.c reads and `weir filter` writes. Compiles for both.
 *
 * A rule names any of: source prefix, destination prefix, protocol, ports, TCP flags, ICMP
 * type, MAC addresses, "later fragment"; and says allow or deny. Of the rules that match a
 * packet one decides, by an order that is fixed by what the rules say:
 *
 *	the longer source prefix, then the longer destination prefix (any prefix before
 *	none), then the rule that names more things, then deny before allow
 *
 * and where none matches, the default of the set does. So there is one order of all rules,
 * and "the first that matches" is found by table, in two kinds:
 *
 *   lists    rules that name one address only, a million of them. They are leaves of a tree
 *            of addresses for each side and family: pages of 16 cells by 4 bits of the
 *            address, a check of many bits at once where only one way leads on, and above
 *            them a flat first level, by the list's length. The largest of IPv4 have a
 *            byte for each /24 in front of all that.
 *   matches  all other rules, at most 1024, sorted by the order. Each value that a header
 *            can have selects a row, a bit for each match that does not contradict it; the
 *            first bit left by the AND of all rows is the rule. Rows of addresses already
 *            lack the matches that a list's leaf there comes before, so the two kinds need
 *            not be compared: any bit left decides, else the source list, else the
 *            destination list, else the default.
 *
 * A set is never edited. Each change builds tables and a program anew, with the features in
 * use as constants that the verifier prunes by, and puts that program into slot 0 of the
 * set's program array: one step, for all interfaces that share the set, since what is
 * attached is only a gate that jumps there. All of a set is found from that slot. Counters
 * are the same maps throughout.
 *
 * Frames that are no IP: ARP, and IPv6 neighbour discovery as RFC 4861 demands it (types 133
 * to 136, hop limit 255), are asked only about rules that name nothing but MAC addresses and
 * pass otherwise, whatever the default; all other ethertypes are asked about the same rules
 * and fall to the default. What cannot be read up to its transport header is dropped, before
 * any rule. First fragments are whole packets; later ones have addresses and a protocol.
 */
#ifndef WEIR_MAPS_FILTER_H
#define WEIR_MAPS_FILTER_H

#include <linux/types.h>

#include "maps/layout.h"

#define WEIR_FILTER_MATCHES_MAX 1024
#define WEIR_FILTER_WORDS	(WEIR_FILTER_MATCHES_MAX / 64)
#define WEIR_FILTER_COUNTERS	16384	/* one a rule; beyond, rules of lists share */
#define WEIR_FILTER_RULES_MAX	4194304 /* address lists, both families and sides */

/* Key of map "weir_filter": why a frame passed or not. */
enum weir_filter_reason {
	WEIR_FILTER_PASS_RULE,
	WEIR_FILTER_PASS_DEFAULT,
	WEIR_FILTER_PASS_NEIGHBOUR, /* ARP, neighbour discovery */
	WEIR_FILTER_DROP_RULE,
	WEIR_FILTER_DROP_DEFAULT,
	WEIR_FILTER_DROP_ETHERTYPE, /* by default, neither ARP nor IP */
	WEIR_FILTER_DROP_MALFORMED,
	WEIR_FILTER_DROP_EXTENSIONS, /* more IPv6 extension headers than are walked */
	WEIR_FILTER_DROP_NO_RULES,   /* the set's pin was removed under the gate */
	WEIR_FILTER_REASONS
};

/* What a rule does, in 16 bits; 0: no rule. Low bits: its counter. */
#define WEIR_FILTER_ACT	     0x8000
#define WEIR_FILTER_DENY     0x4000
#define WEIR_FILTER_COUNTER  0x3fff

/* ---- tree of addresses --------------------------------------------------- */

/* A cell: its kind in the two upper bits, then what is found, or a number of a page or check. */
#define WEIR_CELL_FOUND	     0u
#define WEIR_CELL_PAGE	     1u
#define WEIR_CELL_CHECK	     2u
#define WEIR_CELL_KIND_SHIFT 30
#define WEIR_CELL_INDEX	     0x3fffffffu

#define WEIR_PAGE_BITS	     4
#define WEIR_PAGE_CELLS	     (1 << WEIR_PAGE_BITS)

struct weir_tree_page {
	__u32 cell[WEIR_PAGE_CELLS];
};

/* The first len bits compared; equal: on to hit, whose page then tells by the bits from
 * `at` on. Addresses in host byte order. */
struct weir_check4 {
	__u32 addr;
	__u32 hit, miss;
	__u8 len, at;
	__u8 unused[2];
};

struct weir_check6 {
	__u64 addr_hi, addr_lo;
	__u32 hit, miss;
	__u8 len, at;
	__u8 unused[6];
};

/* Steps to a leaf: a page takes 4 bits; a check before it skips at least 4; one at the end. */
#define WEIR_TREE4_STEPS  10
#define WEIR_TREE6_STEPS  34

/* In front of a large IPv4 tree, where few things are found: a byte for each /24, so that a
 * million prefixes are decided by one read of a table that caches hold. A code is an index of
 * front_found, or says that there are longer prefixes: then the tree knows. */
#define WEIR_FRONT_BITS	  24
#define WEIR_FRONT_CODES  256
#define WEIR_FRONT_DEEPER 255
#define WEIR_FRONT_LINE	  64 /* codes */

struct weir_front_line {
	__u8 code[WEIR_FRONT_LINE];
};

/* Where a tree starts: flat_bits 0: at cell; else at one of 2^flat_bits pages from
 * flat_page on, by as many bits of the address. */
struct weir_tree {
	__u32 cell;
	__u32 flat_page;
	__u32 flat_bits;
	__u32 has_front;
	__u32 front_line; /* the first */
	__u32 front_found[WEIR_FRONT_CODES];
};

enum weir_side { WEIR_SRC, WEIR_DST, WEIR_SIDES };
enum weir_family { WEIR_IPV4, WEIR_IPV6, WEIR_FAMILIES };

/* With matches that name an address, what a tree finds is a number of these. */
struct weir_prefix_of {
	__u32 act; /* of the list's longest prefix here */
	__u32 row;
};

/* ---- matches ------------------------------------------------------------- */

struct weir_match_row {
	__u64 word[WEIR_FILTER_WORDS];
};

/* Values of 16 bits: each page has 256. */
enum weir_value16 { WEIR_SPORT, WEIR_DPORT, WEIR_ICMP, WEIR_VALUES16 };

struct weir_row_page {
	__u16 row[256];
};

/* Not one row for all of a page, which then tells; such rows are the first, and far fewer. */
#define WEIR_ROW_MIXED 0xffff

/* Key of "weir_macs": a MAC address in network order, then the side. */
struct weir_filter_mac {
	__u8 addr[6];
	__u8 side;
	__u8 unused;
};

/* Where mac_slots has the MAC whose struct weir_filter_mac lies in memory as @key does. */
#define WEIR_MAC_SLOT_BITS 12
#define WEIR_MAC_SLOTS	   (1 << WEIR_MAC_SLOT_BITS)

static inline __attribute__((always_inline)) __u32 weir_mac_slot(__u64 key)
{
	/* 2^64 by the golden ratio: Knuth, 6.4 */
	return (__u32)(key * 0x9e3779b97f4a7c15ULL >> (64 - WEIR_MAC_SLOT_BITS));
}

/* What is known of a packet beyond its addresses and protocol. */
enum weir_l4 {
	WEIR_L4_PORTS,
	WEIR_L4_ICMP, /* type and code */
	WEIR_L4_NONE,
	WEIR_L4_FRAGMENT, /* a later one */
	WEIR_L4_STATES
};

/* What an IP packet is beyond addresses and values: an index. */
#define WEIR_IP_KINDS 2048

static inline __attribute__((always_inline)) __u32 weir_ip_kind(enum weir_family family,
								enum weir_l4 l4, __u8 proto)
{
	return (__u32)family << 10 | (__u32)l4 << 8 | proto;
}

/* What matches that name no MAC address ask of packets of a kind; 0: none is about such packets. */
enum weir_asked {
	WEIR_ASKED_VALUES = 1, /* there are matches that name ports, or type and code */
	WEIR_ASKED_FLAGS = 2,  /* some of them TCP flags, too */
	WEIR_ASKED_MORE = 4,   /* there are others */
};

/* Which of the 64 runs of six bits of a number that has each of them once (de Bruijn's) begins
 * where @word has its one bit: 0 to 63. */
static inline __attribute__((always_inline)) __u32 weir_run_of_bit(__u64 word)
{
	return (__u32)(word * 0x03f79d71b4cb0a89ULL >> 58);
}

/* Constants of the program: section .rodata, written before it is loaded. */
struct weir_filter_consts {
	__u32 deny;				/* the default */
	__u32 lists[WEIR_FAMILIES][WEIR_SIDES]; /* the tree is there */
	struct weir_tree tree[WEIR_FAMILIES][WEIR_SIDES];
	/* matches */
	__u32 words;	  /* of rows in use; 0: no matches */
	__u32 by_address; /* a tree's finding is a number of a weir_prefix_of */
	__u32 by_mac[WEIR_SIDES];
	__u32 by_flags;
	__u32 by_value16[WEIR_VALUES16];
	__u32 no_mac_row[WEIR_SIDES];
	__u8 mac_slots[WEIR_MAC_SLOTS]; /* 0: no rule has the MACs of this slot */
	/* where it starts: of what is no IP, and of IP; [1]: a rule may have the packet's MACs, of
	 * which nothing is in these rows then */
	__u16 l2_row[2], ip_row[2][WEIR_IP_KINDS];
	__u16 value_row[WEIR_VALUES16][256];		/* of a page, or WEIR_ROW_MIXED */
	__u8 asked[WEIR_IP_KINDS];			/* enum weir_asked */
	__u8 values_named[WEIR_VALUES16][65536 / 8];	/* a bit each */
	__u32 no_prefix_row[WEIR_FAMILIES][WEIR_SIDES]; /* where there is no tree */
	__u16 flags_row[256];
	__u8 bit_of_run[64]; /* by weir_run_of_bit(): the bit's number */
	__u16 act[WEIR_FILTER_MATCHES_MAX];
};

/* ---- what the rules are -------------------------------------------------- */

enum weir_filter_has {
	WEIR_HAS_SRC = 1,
	WEIR_HAS_DST = 2,
	WEIR_HAS_PROTO = 4,
	WEIR_HAS_SPORT = 8,
	WEIR_HAS_DPORT = 16,
	WEIR_HAS_FLAGS = 32,
	WEIR_HAS_ICMP = 64,
	WEIR_HAS_SMAC = 128,
	WEIR_HAS_DMAC = 256,
	WEIR_HAS_FRAGMENT = 512,
};

/* Value of "weir_rules": each rule as it was given, in the order of its text's parts. Entry
 * 0 is no rule but the set: deny is the default. */
struct weir_filter_rule {
	__u32 has; /* enum weir_filter_has */
	__u16 counter;
	__u8 deny;
	__u8 family; /* of its prefixes, enum weir_family */
	__u8 src[16], dst[16];
	__u8 src_len, dst_len;
	__u8 proto;
	__u8 flags, flags_mask;
	__u8 smac[6], dmac[6];
	__u8 unused[3];
	__u16 sport_min, sport_max, dport_min, dport_max; /* host byte order */
	__u16 icmp_min, icmp_max;			  /* type << 8 | code */
	__u32 n_rules, n_list;				  /* of entry 0 */
};

/* Value of "weir_list": a rule that names one address only, in a third of the room. */
struct weir_filter_prefix {
	__u8 addr[16];
	__u8 len;
	__u8 family, side; /* enum weir_family, enum weir_side */
	__u8 deny;
	__u16 counter;
	__u8 unused[2];
};

#endif
