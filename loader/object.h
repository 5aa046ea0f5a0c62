/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What attach needs of an object beyond weir.h: a load that can be undone. */
#ifndef WEIR_LOADER_OBJECT_H
#define WEIR_LOADER_OBJECT_H

#include "loader/weir.h"
#include "maps/undo.h"

/* As weir_object_load(); what it creates is recorded in @undo for the caller
 * to commit or roll back. */
int weir_object_load_undoable(struct weir_object *obj, const struct weir_load_opts *opts,
			      struct weir_undo *undo);

/* Lets go of programs and maps: the object may be loaded again, otherwise. */
void weir_object_unload(struct weir_object *obj);

/* Mount point that the object uses, or would use; -ENOENT: no bpffs yet. */
int weir_object_bpffs(const struct weir_object *obj, char *buf, size_t len);

#endif
