/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* struct bpf_map_def of the kernel's samples with BTF. */
#include "maps_def28.c"
