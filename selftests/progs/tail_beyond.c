// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The same with a slot that the array does not have. */
#define SLOT_SECTION "3/5"
#include "tail_unpinned.c"
