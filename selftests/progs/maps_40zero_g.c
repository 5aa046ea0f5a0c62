/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The longer record, whose BTF is a struct within a struct. */
#include "maps_40zero.c"
