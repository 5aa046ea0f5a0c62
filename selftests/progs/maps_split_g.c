/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One section per map, with BTF. */
#include "maps_split.c"
