/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes of a map in batches, which can be taken back as long as it is open. */
#ifndef WEIR_MAPS_WRITER_H
#define WEIR_MAPS_WRITER_H

#include "maps/table.h"

struct weir_writer {
	const struct weir_table *table;
	bool only_new;
	bool no_journal;	/* nothing will be undone */
	bool was_empty;		/* nothing was there: to undo is to remove */
	bool elementwise;	/* the kernel has no batches for this map */
	uint8_t *keys, *values; /* of the batch that is being filled */
	uint32_t n, room;
	int journal_fd; /* -1: none yet */
	uint64_t journal_n;
	uint8_t *journal; /* entries of a batch on their way there */
};

/* Logged. weir_writer_end() in any case. */
int weir_writer_start(const struct weir_table *table, bool only_new, struct weir_writer *out);
int weir_writer_put(struct weir_writer *writer, const void *key, const void *value);
int weir_writer_del(struct weir_writer *writer, const void *key);
int weir_writer_flush(struct weir_writer *writer);
/* Takes back all that was written. Logged when that fails, too. */
void weir_writer_undo(struct weir_writer *writer);
void weir_writer_end(struct weir_writer *writer);

#endif
