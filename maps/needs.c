// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns the first versions of what is younger than the oldest supported kernel. They are for
 * the user's eyes: whether the running kernel has it, a map or a program made and dropped
 * says.
 */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "maps/needs.h"

#define MAP_TYPE_ARENA 33 /* BPF_MAP_TYPE_ARENA, Linux 6.9 */
#define RING_BYTES     4096

static const struct {
	uint32_t type, value_bytes, entries, flags;
	const char *since;
} young[] = {
	{BPF_MAP_TYPE_BLOOM_FILTER, 4, 1, 0, "5.16"},
	{BPF_MAP_TYPE_USER_RINGBUF, 0, RING_BYTES, 0, "6.1"},
	{MAP_TYPE_ARENA, 0, 1, BPF_F_MMAPABLE, "6.9"},
};

static bool made(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

const char *weir_needs_map_type(uint32_t type)
{
	for (size_t i = 0; i < sizeof(young) / sizeof(young[0]); i++) {
		LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = young[i].flags);

		if (young[i].type == type &&
		    !made(bpf_map_create(type, NULL, 0, young[i].value_bytes, young[i].entries,
					 &opts)))
			return young[i].since;
	}
	return NULL;
}

const char *weir_needs_frags(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_XDP_HAS_FRAGS);
	static const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return made(bpf_prog_load(BPF_PROG_TYPE_XDP, NULL, "GPL", pass,
				  sizeof(pass) / sizeof(pass[0]), &opts))
		       ? NULL
		       : "5.18";
}
