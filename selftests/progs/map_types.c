/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Maps of many key and value types, by BTF, for `weir map`. */
#include <linux/bpf.h>
#include <linux/types.h>

#define SEC(NAME)	  __attribute__((section(NAME), used))
#define __uint(name, val) int(*name)[val]
#define __type(name, val) typeof(val) *name

enum mt_action { MT_PASS, MT_DROP, MT_MIRROR = 7 };
enum mt_signed { MT_MINUS = -1, MT_ZERO, MT_PLUS };

struct mt_in6 {
	__be32 addr[4];
};

struct mt_ports {
	__be16 sport, dport;
};

struct mt_flow {
	__be32 saddr;
	__be32 daddr;
	struct mt_ports l4;
	__u8 proto;
	/* three bytes of padding */
};

struct mt_all {
	enum mt_action action;
	enum mt_signed sign;
	__u8 smac[6];
	__be16 h_proto;
	__u32 ifindex;
	char name[12];
	__u8 digest[4];
	__u32 low : 3, high : 5, : 4, wide : 20;
	__s16 delta;
	_Bool on;
	__s8 list[3];
	union {
		__be32 ip4;
		struct mt_in6 ip6;
	};
	union {
		__u32 mark;
		__u16 tag;
	} meta;
	struct {
		__u64 first, last;
	} seen;
	unsigned __int128 big;
};

struct mt_lpm6 {
	__u32 prefixlen;
	__u8 addr[16];
};

struct mt_lpm_dev {
	__u32 prefixlen;
	__u32 vrf;
	__be32 addr;
};

struct mt_counter {
	__u64 packets, bytes;
};

#define MAP(NAME, TYPE, KEY, VALUE, N, FLAGS)           \
	struct {                                        \
		__uint(type, TYPE);                     \
		__type(key, KEY);                       \
		__type(value, VALUE);                   \
		__uint(max_entries, N);                 \
		__uint(map_flags, FLAGS);               \
	} NAME SEC(".maps")

MAP(mt_flows, BPF_MAP_TYPE_HASH, struct mt_flow, struct mt_counter, 64, 0);
MAP(mt_full, BPF_MAP_TYPE_HASH, __u32, struct mt_all, 8, 0);
MAP(mt_stats, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct mt_counter, 4, 0);
MAP(mt_cpuhash, BPF_MAP_TYPE_PERCPU_HASH, __be32, __u64, 16, 0);
MAP(mt_lru, BPF_MAP_TYPE_LRU_HASH, __u64, __u32, 16, 0);
MAP(mt_v6, BPF_MAP_TYPE_LPM_TRIE, struct mt_lpm6, enum mt_action, 64, BPF_F_NO_PREALLOC);
MAP(mt_vrf, BPF_MAP_TYPE_LPM_TRIE, struct mt_lpm_dev, __u32, 64, BPF_F_NO_PREALLOC);
MAP(mt_dev, BPF_MAP_TYPE_DEVMAP_HASH, __u32, struct bpf_devmap_val, 8, 0);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 4);
} mt_jumps SEC(".maps");

struct mt_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 2);
} mt_inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	struct mt_inner *values[];
} mt_outer SEC(".maps") = {};

static void *(*lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;

SEC("xdp")
int mt_xdp(struct xdp_md *ctx)
{
	__u32 key = 0;

	return lookup(&mt_stats, &key) ? XDP_PASS : XDP_DROP;
}

char mt_license[] SEC("license") = "Dual BSD/GPL";
