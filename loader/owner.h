/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose program is it: the words of a refusal. */
#ifndef WEIR_LOADER_OWNER_H
#define WEIR_LOADER_OWNER_H

#include "loader/weir.h"

/* "program NAME of Cilium (id 7, loaded 3h12m ago by uid 0, pinned at P)" */
void weir_owner_text(const struct weir_prog *prog, char *buf, size_t len);

/* Logs "DEV: PLACE holds program ..., not weir's; REMEDY" and returns @err.
 * @prog with id 0: a filter without a program; @kind names it. */
int weir_owner_refuse(int err, const char *dev, const char *place, const char *kind,
		      const struct weir_prog *prog, const char *remedy);

/* Logs that a BPF link holds XDP of @ifindex, with its id and pins; returns @err. */
int weir_owner_refuse_link(int err, const char *dev, const char *place, int ifindex,
			   const struct weir_prog *prog);

#endif
