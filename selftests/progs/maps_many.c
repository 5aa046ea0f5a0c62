// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* More maps than iproute2 takes: 70. Most are not used by the program. */
#include "elf_map.h"

#define ONE(NAME)                               \
	struct bpf_elf_map NAME SEC("maps") = { \
		.type = BPF_MAP_TYPE_ARRAY,     \
		.size_key = 4,                  \
		.size_value = 8,                \
		.max_elem = 1,                  \
	};

#define SEVEN(NAME) \
	ONE(NAME##0) ONE(NAME##1) ONE(NAME##2) ONE(NAME##3) ONE(NAME##4) ONE(NAME##5) ONE(NAME##6)

SEVEN(many_0)
SEVEN(many_1)
SEVEN(many_2)
SEVEN(many_3)
SEVEN(many_4)
SEVEN(many_5)
SEVEN(many_6)
SEVEN(many_7)
SEVEN(many_8)
SEVEN(many_9)

SEC("xdp")
int many_xdp(struct xdp_md *ctx)
{
	touch(&many_00);
	touch(&many_43);
	touch(&many_96);
	return XDP_PASS;
}
