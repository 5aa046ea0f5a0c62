/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* struct bpf_elf_map with BTF. */
#include "maps_elf.c"
