/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The perf event array with BTF. */
#include "maps_perf.c"
