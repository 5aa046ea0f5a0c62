// SPDX-License-Identifier: LGPL-2.1-or-later
/* A set's tables by interface; see tables.h. */
#include "cli/forward/tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "cli/rules/maps.h"

static bool is_near(uint32_t ifindex)
{
	return ifindex < WEIR_FORWARD_NEAR;
}

static int port_fd(const struct weir_forward_set *set, uint32_t ifindex)
{
	return set->map_fds[is_near(ifindex) ? WEIR_FORWARD_PORTS_MAP : WEIR_FORWARD_PORTS_FAR_MAP];
}

static int sent_fd(const struct weir_forward_set *set, uint32_t ifindex)
{
	return set->map_fds[is_near(ifindex) ? WEIR_FORWARD_TO_MAP : WEIR_FORWARD_TO_FAR_MAP];
}

static int put(int fd, const void *key, const void *value)
{
	return bpf_map_update_elem(fd, key, value, BPF_ANY) ? -errno : 0;
}

static int drop(int fd, uint32_t ifindex)
{
	return bpf_map_delete_elem(fd, &ifindex) && errno != ENOENT ? -errno : 0;
}

int weir_forward_port_get(const struct weir_forward_set *set, uint32_t ifindex,
			  struct weir_port *out)
{
	if (bpf_map_lookup_elem(port_fd(set, ifindex), &ifindex, out))
		return -errno;
	return out->below ? 0 : -ENOENT;
}

static int put_zero(const struct weir_forward_set *set, uint32_t ifindex)
{
	void *zero = calloc((size_t)libbpf_num_possible_cpus(), sizeof(struct weir_counter));
	int err = zero ? put(sent_fd(set, ifindex), &ifindex, zero) : -ENOMEM;

	free(zero);
	return err;
}

/* What was counted goes with the right to be sent to. */
static int put_away(const struct weir_forward_set *set, uint32_t ifindex)
{
	return is_near(ifindex) ? put_zero(set, ifindex) : drop(sent_fd(set, ifindex), ifindex);
}

int weir_forward_port_put(const struct weir_forward_set *set, uint32_t ifindex,
			  const struct weir_port *port)
{
	struct weir_port was;
	int err = weir_forward_port_get(set, ifindex, &was);
	bool was_out = !err && was.flags & WEIR_PORT_OUT, is_out = port->flags & WEIR_PORT_OUT;

	if (err && err != -ENOENT)
		return err;
	err = is_out && !was_out ? put_zero(set, ifindex) : 0;
	err = err ?: put(port_fd(set, ifindex), &ifindex, port);
	if (!err && was_out && !is_out)
		err = put_away(set, ifindex);
	return err;
}

int weir_forward_port_drop(const struct weir_forward_set *set, uint32_t ifindex)
{
	const struct weir_port none = {0};
	int err = is_near(ifindex) ? put(port_fd(set, ifindex), &ifindex, &none)
				   : drop(port_fd(set, ifindex), ifindex);

	return err ?: put_away(set, ifindex);
}

static int each_near(const struct weir_forward_set *set, weir_forward_port_fn fn, void *ctx)
{
	const size_t bytes = WEIR_FORWARD_NEAR * sizeof(struct weir_port);
	struct weir_port *ports =
		weir_rules_memory(set->map_fds[WEIR_FORWARD_PORTS_MAP], bytes, PROT_READ);
	int err = 0;

	if (!ports)
		return -errno;
	for (uint32_t i = 0; i < WEIR_FORWARD_NEAR && !err; i++)
		if (ports[i].below)
			err = fn(i, ctx);
	munmap(ports, bytes);
	return err;
}

int weir_forward_port_each(const struct weir_forward_set *set, weir_forward_port_fn fn, void *ctx)
{
	int fd = set->map_fds[WEIR_FORWARD_PORTS_FAR_MAP], err = each_near(set, fn, ctx);
	uint32_t ifindex, next;
	bool more = !bpf_map_get_next_key(fd, NULL, &ifindex);

	while (more && !err) {
		/* before this one is dropped, from which the kernel would begin anew */
		more = !bpf_map_get_next_key(fd, &ifindex, &next);
		err = fn(ifindex, ctx);
		ifindex = next;
	}
	return err;
}

int weir_forward_sent(const struct weir_forward_set *set, uint32_t ifindex,
		      struct weir_counter *cells)
{
	struct weir_port port;
	int err = weir_forward_port_get(set, ifindex, &port);

	if (!err && !(port.flags & WEIR_PORT_OUT))
		err = -ENOENT;
	if (!err && bpf_map_lookup_elem(sent_fd(set, ifindex), &ifindex, cells))
		err = -errno;
	return err;
}
