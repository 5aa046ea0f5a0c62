/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sets in the kernel. A set is a pinned program array; the program in its slot 0 has the
 * rules among its maps, and the counters. What is attached to interfaces is a gate that
 * jumps to the slot.
 */
#ifndef WEIR_CLI_FILTER_KERNEL_H
#define WEIR_CLI_FILTER_KERNEL_H

#include "cli/filter/set.h"
#include "loader/weir.h"
#include "maps/weir_map.h"

/* XDP programs jump to XDP programs only, and with frags only to those with frags. */
enum weir_gate_kind { WEIR_GATE_XDP, WEIR_GATE_XDP_FRAGS, WEIR_GATE_TC };

/* The programs of a kind, and BPF_PROG_TYPE_*. */
struct weir_ruleset_progs {
	const char *filter, *gate;
	uint32_t type;
};

extern const struct weir_ruleset_progs weir_ruleset_progs[];

/* A set as the kernel has it; every fd is -1 where there is none. */
struct weir_ruleset {
	enum weir_gate_kind kind;
	int gate_fd;	       /* the program array; -1: the set is yet to be made */
	int reason_fd, hit_fd; /* counters */
	uint32_t prog_id;      /* in slot 0 */
	char name[64];	       /* of its pin */
};

void weir_ruleset_init(struct weir_ruleset *filter);
void weir_ruleset_close(struct weir_ruleset *filter);

/* Opens the set behind the program array @gate_fd, which is taken over. Logged. */
int weir_ruleset_open(struct weir_ruleset *filter, int gate_fd);
/* Its rules. Logged. */
int weir_ruleset_read(const struct weir_ruleset *filter, struct weir_set *out);

/* Puts @set, settled, in place of @old (NULL: there is none yet) in one step; counters of
 * rules that stay go on. After a failure the old rules are there. Logged. */
int weir_ruleset_write(struct weir_ruleset *filter, struct weir_set *set,
		       const struct weir_set *old);
/* Verifies @set as weir_ruleset_write() would load it; changes nothing. */
int weir_ruleset_try(const struct weir_ruleset *filter, struct weir_set *set);
/* A gate for an interface, loaded: an fd, or an error, logged. */
int weir_ruleset_gate(const struct weir_ruleset *filter);

/* The program on @hook of @dev is a gate of weir's: its set's id of the program array.
 * -ENOENT, not logged. @hook NONE: any, which is written; -ENOTUNIQ: several, logged. */
int weir_ruleset_find(struct weir_net *net, const char *dev, enum weir_hook *hook, uint32_t *gate);
/* 1: a gate to this program array is loaded, which is to say attached. 0: none; else an error,
 * which may be logged. */
int weir_ruleset_is_used(uint32_t gate);
/* The kind that fits @hook here. */
enum weir_gate_kind weir_ruleset_kind(enum weir_hook hook);

/* Memory of an array map; munmap()ed by the caller. NULL, errno. */
void *weir_ruleset_memory(int fd, size_t bytes, int prot);

#endif
