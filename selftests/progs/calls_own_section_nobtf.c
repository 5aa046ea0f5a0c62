// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* calls_own_section.c without BTF. */
#include "calls_own_section.c"
