/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The program under test, and what its maps count. */
#ifndef WEIR_CLI_PACKETS_SUBJECT_H
#define WEIR_CLI_PACKETS_SUBJECT_H

#include "cli/command.h"
#include "cli/packets/lines.h"
#include "cli/stat.h"
#include "loader/weir.h"

/* A counter map, as it was before the packet. */
struct weir_subject_counter {
	struct weir_counters *counters;
	struct weir_reading before;
};

struct weir_subject {
	struct weir_object *object; /* NULL: a program that was loaded before */
	int prog_fd;
	struct weir_prog prog;
	char name[256];
	bool frags;	  /* XDP, known to be of xdp.frags */
	bool linear_only; /* XDP, known not to be */
	struct weir_subject_counter *counters;
	size_t n_counters;
};

/* Loads an object with maps of its own, or opens a program that is loaded, with the maps it
 * uses. 0 or -errno after an error line; weir_subject_close() in any case. */
int weir_subject_open(const struct weir_globals *globals, const struct weir_prog_words *words,
		      struct weir_subject *out);
void weir_subject_close(struct weir_subject *subject);
/* fd of a loaded object's map of that name; the object's. -ENOENT. */
int weir_subject_map(const struct weir_object *obj, const char *name);

/* Entries into the object's maps: "MAP KEY VALUE", and those of a directory of `weir map
 * snapshot` whose pins end in the map's name. Only of an object. */
int weir_subject_fill(struct weir_subject *subject, const struct weir_wheres *sets,
		      const char *dir);

/* Opens the counter maps of the program and of those it may jump to; reads them. */
int weir_subject_watch(struct weir_subject *subject);
/* Reads again, and adds "MAP ROW PACKETS BYTES" for each that has grown. */
int weir_subject_counted(struct weir_subject *subject, struct weir_lines *out);

#endif
