/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Maps as they were, for weir map migrate; migrate_new.c has them as they are to be. */
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

struct count_v1 {
	__u32 packets;
	__u64 bytes;
	char note[8];
	__u32 first : 4, last : 12;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, struct flow);
	__type(value, struct count_v1);
} mig_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} mig_cpus SEC(".maps");

static void *(*lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;

SEC("xdp")
int mig_xdp(struct xdp_md *ctx)
{
	struct flow flow = {.saddr = ctx->ingress_ifindex};
	__u32 key = 0, *n = lookup(&mig_cpus, &key);

	if (n)
		*n += lookup(&mig_flows, &flow) != (void *)0;
	return XDP_PASS;
}

char mig_license[] SEC("license") = "GPL";
