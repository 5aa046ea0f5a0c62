/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules among the maps of a program that goes by them (bpf/lib/match.h): put there, read back. */
#ifndef WEIR_CLI_RULES_MAPS_H
#define WEIR_CLI_RULES_MAPS_H

#include "cli/rules/set.h"
#include "cli/rules/tables.h"
#include "loader/weir.h"

/* What a program is loaded with. */
struct weir_rules_load {
	const struct weir_set *set;	  /* settled, with counters */
	const struct weir_tables *tables; /* of it */
	const void *consts;		  /* its .rodata, whole; begins with tables->config */
	size_t consts_bytes;
	const struct weir_load_map *maps; /* others; fd 0: a new one */
	size_t n_maps;
	bool verify_only;
};

/* Loads @obj, whose program is chosen, and fills its maps of rules. Logged. */
int weir_rules_load(struct weir_object *obj, const struct weir_rules_load *load);
/* Counters of rules that are new, @fresh of weir_set_number(): nobody counts there yet. */
int weir_rules_zero(int counters_fd, const uint64_t *fresh);
/* The rules of a loaded program. Logged. */
int weir_rules_read(uint32_t prog_id, struct weir_set *out);

/* Memory of an array map; munmap()ed by the caller. NULL, errno. */
void *weir_rules_memory(int fd, size_t bytes, int prot);

#endif
