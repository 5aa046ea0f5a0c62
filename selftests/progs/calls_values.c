/* flags: -g */
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Each function has a part in the result, so a call that goes astray shows: 1573. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* The compiler may not know the value. */
#define OPAQUE(x) asm volatile("" : "+r"(x))

static __attribute__((noinline)) int text_static(int x)
{
	OPAQUE(x);
	return x * 3 + 1;
}

__attribute__((noinline)) int text_unused(int x)
{
	OPAQUE(x);
	return x + 1000;
}

__attribute__((noinline)) int text_global(int x)
{
	OPAQUE(x);
	return text_static(x) * 5 + 2;
}

SEC("classifier")
static __attribute__((noinline)) int own_static(int x)
{
	OPAQUE(x);
	return text_global(x) * 7 + 3;
}

SEC("classifier")
__attribute__((noinline)) int own_global(int x)
{
	OPAQUE(x);
	return own_static(x) + 11;
}

SEC("classifier")
int values(struct __sk_buff *skb)
{
	(void)skb;
	return own_global(2) + text_static(4) * 100;
}

char _license[] SEC("license") = "GPL";
