/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what is attached to an interface to the programs of a snapshot. */
#ifndef WEIR_CLI_BOARD_PROGS_H
#define WEIR_CLI_BOARD_PROGS_H

#include "cli/board/look.h"
#include "cli/board/snap.h"

/* Adds the programs of the last interface of @snap, its @dev'th, and which of the maps that are
 * in @snap they use. -ENOMEM, logged. */
int weir_look_add_progs(const struct weir_look *look, struct weir_snap *snap, uint32_t dev);

#endif
