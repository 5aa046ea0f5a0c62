/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Adds up a per-CPU array's counters where they are. In: an array, which takes the place of
 * "counters", and where its value has them. Out: for each index a sum in "sums", memory that
 * the reader shares. A batch look-up of the kernel copies each CPU's value to the caller, one
 * after the other: ten times the work.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "maps/sums_conf.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u64));
	__uint(max_entries, 1);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct weir_sum);
	__uint(max_entries, 1);
} sums SEC(".maps");

/* Known to the verifier, which leaves out what is not there. */
const volatile struct weir_sums_conf conf = {};

static __always_inline __u64 number(const void *value, __u32 offset_bytes, __u32 size_bytes)
{
	if (size_bytes == sizeof(__u64))
		return *(const volatile __u64 *)(value + offset_bytes);
	if (size_bytes == sizeof(__u32))
		return *(const volatile __u32 *)(value + offset_bytes);
	return 0;
}

static long add_up(__u32 index, void *unused)
{
	struct weir_sum *sum = bpf_map_lookup_elem(&sums, &index);
	__u64 packets = 0, bytes = 0;

	if (!sum)
		return 1;
	for (__u32 cpu = 0; cpu < conf.cpus; cpu++) {
		const void *value = bpf_map_lookup_percpu_elem(&counters, &index, cpu);

		if (!value)
			continue;
		packets += number(value, conf.packets_offset_bytes, conf.packets_size_bytes);
		bytes += number(value, conf.bytes_offset_bytes, conf.bytes_size_bytes);
	}
	sum->packets = packets;
	sum->bytes = bytes;
	return 0;
}

SEC("syscall")
int weir_sums(void *unused)
{
	bpf_loop(conf.entries, add_up, NULL, 0);
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
