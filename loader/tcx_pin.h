/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of tcx link pins: the kernel keeps no name for a link, so the pin's
 * file name carries the slot. */
#ifndef WEIR_LOADER_TCX_PIN_H
#define WEIR_LOADER_TCX_PIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loader/weir.h"

#define WEIR_TCX_PIN_DIR   "weir/tcx"
#define WEIR_TCX_PIN_BYTES 256 /* NAME_MAX and a NUL */

/* "<cookie>-<ifindex>-<hook>-<slot>"; characters of the slot that bpffs or a
 * path does not take become %XX. A name that gets too long ends in a digest. */
void weir_tcx_pin_name(uint64_t cookie, int ifindex, enum weir_hook hook, const char *slot,
		       char name[WEIR_TCX_PIN_BYTES]);

/* Does @path lie in a directory of such pins? */
bool weir_tcx_pin_is_ours(const char *path);

/* The slot of a pin's path; cut where a digest stands for the rest. */
void weir_tcx_pin_slot(const char *path, char *slot, size_t len);

#endif
