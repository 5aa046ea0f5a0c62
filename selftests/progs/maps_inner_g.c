/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Map of maps with BTF. */
#include "maps_inner.c"
