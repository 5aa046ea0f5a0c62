/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Global data beside records, with BTF. */
#include "maps_data.c"
