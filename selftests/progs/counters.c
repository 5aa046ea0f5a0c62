/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* flags: -g */
/*
 * Counter maps of other people's making, for test_pins.sh: BTF definitions that
 * libbpf and bpftool load, with every form of key that has a name.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum lane {
	LANE_LEFT,
	LANE_RIGHT,
	LANE_KEYS,
};

/* An array's key must be an integer: the typedef says which enum is meant. */
typedef __u32 lane;

struct count {
	__u64 bytes; /* not in the order of ours */
	__u32 flags;
	__u64 packets;
};

struct pair {
	__u64 packets, bytes;
};

struct wide {
	__u32 from, to;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LANE_KEYS);
	__type(key, lane);
	__type(value, struct count);
} lanes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 100000);
	__type(key, __u32);
	__type(value, struct pair);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 100);
	__type(key, enum lane);
	__type(value, struct pair);
} enums SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 100);
	__type(key, struct wide);
	__type(value, struct pair);
} wides SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} plain SEC(".maps");

static __always_inline void count(void *map, const void *key)
{
	struct pair *pair = bpf_map_lookup_elem(map, key);

	if (pair)
		pair->packets++;
}

SEC("xdp")
int count_all(struct xdp_md *xdp)
{
	__u32 key = LANE_RIGHT;
	struct wide wide = {.from = 1, .to = 2};
	struct count *lane = bpf_map_lookup_elem(&lanes, &key);

	if (lane) {
		lane->packets++;
		lane->bytes += xdp->data_end - xdp->data;
	}
	count(&flows, &key);
	count(&enums, &key);
	count(&wides, &wide);
	bpf_map_lookup_elem(&plain, &key);
	return XDP_PASS;
}

char weir_license[] SEC("license") = "Dual BSD/GPL";
