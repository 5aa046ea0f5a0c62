/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A journal of what a call has created, so that a failure can take it back.
 * Entries are undone newest first. A journal lives in one call: the process
 * being killed leaves what the steps left, which a repeated call completes.
 */
#ifndef WEIR_MAPS_UNDO_H
#define WEIR_MAPS_UNDO_H

struct weir_undo;

/* -ENOMEM. */
int weir_undo_new(struct weir_undo **out);

/* Undoes with fn(data) on rollback; drop(data) (may be NULL) frees data in
 * either case. Memory is reserved before the act, by weir_undo_reserve(), so
 * that an act that succeeded can always be recorded. */
int weir_undo_reserve(struct weir_undo *undo);
void weir_undo_push(struct weir_undo *undo, void (*fn)(void *data), void (*drop)(void *data),
		    void *data);

/* Reserve and push in one: remove file / directory @path (copied) on rollback.
 * Call before creating it; weir_undo_pop() when creating it failed. */
int weir_undo_unlink(struct weir_undo *undo, const char *path);
int weir_undo_rmdir(struct weir_undo *undo, const char *path);
/* Forgets the newest entry without running it. */
void weir_undo_pop(struct weir_undo *undo);

void weir_undo_commit(struct weir_undo *undo);	 /* forget all; the journal is reusable */
void weir_undo_rollback(struct weir_undo *undo); /* run all, newest first */
/* Frees; what was neither committed nor rolled back is rolled back. NULL is fine. */
void weir_undo_free(struct weir_undo *undo);

#endif
