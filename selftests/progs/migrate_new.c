/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The maps of migrate_old.c, grown: more entries, wider numbers, more fields in another order; and
 * some that cannot follow them. */
#include <linux/bpf.h>
#include <linux/types.h>

#define SEC(NAME)	  __attribute__((section(NAME), used))
#define __uint(name, val) int(*name)[val]
#define __type(name, val) typeof(val) *name

struct flow {
	__be32 saddr;
	__be16 dport;
	__u16 pad;
};

struct count_v2 {
	__u64 bytes;
	__u64 packets;
	__u32 seen;
	char note[16];
	__u32 spare : 3, last : 14, first : 5;
};

struct count_less {
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 100);
	__type(key, struct flow);
	__type(value, struct count_v2);
} mig_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 100);
	__type(key, __u32);
	__type(value, struct count_v2);
} mig_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} mig_cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 100);
	__type(key, struct flow);
	__type(value, struct count_less);
} mig_less SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct flow);
	__type(value, struct count_v2);
} mig_small SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} mig_short SEC(".maps");

static void *(*lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;

SEC("xdp")
int mig_xdp(struct xdp_md *ctx)
{
	struct flow flow = {.saddr = ctx->ingress_ifindex};
	__u32 key = 0;
	__u64 *n = lookup(&mig_cpus, &key);

	if (n)
		*n += lookup(&mig_flows, &flow) != (void *)0 || lookup(&mig_less, &flow) ||
		      lookup(&mig_small, &flow) || lookup(&mig_short, &key);
	return XDP_PASS;
}

char mig_license[] SEC("license") = "GPL";
