/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* struct bpf_map_def of libbpf with BTF. */
#include "maps_def20.c"
