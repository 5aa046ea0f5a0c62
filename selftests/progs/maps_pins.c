// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Every pin scope: none, object, global, and custom ids 3 and 4242. */
#include "elf_map.h"

#define PINNED(NAME, PINNING)                   \
	struct bpf_elf_map NAME SEC("maps") = { \
		.type = BPF_MAP_TYPE_ARRAY,     \
		.size_key = 4,                  \
		.size_value = 8,                \
		.max_elem = 2,                  \
		.pinning = PINNING,             \
	}

PINNED(pin_none, PIN_NONE);
PINNED(pin_object, PIN_OBJECT_NS);
PINNED(pin_global, PIN_GLOBAL_NS);
PINNED(pin_custom, 3);
PINNED(pin_unknown, 4242);

SEC("classifier")
int pins_cls(struct __sk_buff *skb)
{
	touch(&pin_none);
	touch(&pin_object);
	touch(&pin_global);
	touch(&pin_custom);
	touch(&pin_unknown);
	return 0;
}
