/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the running kernel lacks, found by asking it for the smallest thing of that kind. */
#ifndef WEIR_MAPS_NEEDS_H
#define WEIR_MAPS_NEEDS_H

#include <stdint.h>

/* The first Linux with maps of this type, "5.16", when the running one makes none; NULL when
 * it does, and for types that every supported kernel (5.10) has. */
const char *weir_needs_map_type(uint32_t type);

/* The first Linux that takes XDP programs with BPF_F_XDP_HAS_FRAGS, likewise. */
const char *weir_needs_frags(void);

#endif
