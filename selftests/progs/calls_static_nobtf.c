// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* calls_static.c without BTF. */
#include "calls_static.c"
