/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a section's name says about the program in it. */
#ifndef WEIR_LOADER_SECTION_H
#define WEIR_LOADER_SECTION_H

#include "loader/weir.h"

struct weir_section_kind {
	uint32_t prog_type;   /* BPF_PROG_TYPE_*; 0: the name says nothing */
	uint32_t attach_type; /* BPF_XDP, ...; 0: none */
	enum weir_hook hook;  /* NONE: no direction, or not for an interface hook */
	bool frags;	      /* xdp.frags */
	bool on_interface;    /* false for xdp/devmap, kprobe, ... */
};

struct weir_section_kind weir_section_kind(const char *section);

/* "tc/ingress", "tc_egress", "count_egress": the direction is a word in the
 * name; NONE: it says neither. */
enum weir_hook weir_name_direction(const char *name);

/* "<id>/<key>", decimal, 0x or leading-0 octal, as strtoul() reads them with
 * trailing characters tolerated (iproute2-compatible). False: another name. */
bool weir_section_is_tail(const char *section, uint32_t *id, uint32_t *key);

#endif
