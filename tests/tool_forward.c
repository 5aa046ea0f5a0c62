// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * tool_forward OBJECT HOOK COUNT SEED
 *
 * Makes interfaces, routes and neighbours in a network namespace of its own, loads
 * bpf/forward.bpf.c for them, and gives it frames made by chance through BPF_PROG_TEST_RUN:
 * verdict, bytes and counters must be those of tests/forward_model.h. Sub-interfaces are
 * other interfaces that the tables call so: what the program asks of the kernel is the same.
 * HOOK: xdp, the same with a program for no sub-interfaces (xdp-untagged), or ingress. COUNT
 * frames, 0: without end. Root.
 */
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "tests/forward_model.h"
#include "tests/forward_world.h"
#include "tests/mutate.h"

#define TC_ACT_REDIRECTED 7 /* TC_ACT_REDIRECT */

struct fuzz {
	bool is_xdp, vlans;
	uint64_t seed;
	struct model_world world;
	int prog_fd, reason_fd, to_fd, to_far_fd;
	int n_cpus;
	struct weir_counter *cells;
	struct weir_counter want_reasons[WEIR_FORWARD_REASONS], want_to[MODEL_PORTS];
	unsigned long fed, refused, failed;
	/* how many of each reason, families apart, and by sub-interfaces, as aggregates */
	unsigned long reasons[WEIR_FORWARD_REASONS], v6, tagged, aggregates;
};

static uint64_t chance(struct fuzz *fz, uint64_t below)
{
	return mutate_random(&fz->seed) % below;
}

/* ---- the program ---------------------------------------------------------- */

static int map_fd(const struct bpf_object *obj, const char *name)
{
	return bpf_object__find_map_fd_by_name(obj, name);
}

static bool put(int fd, const void *key, const void *value)
{
	return fd >= 0 && !bpf_map_update_elem(fd, key, value, BPF_ANY);
}

static bool is_near(__u32 ifindex)
{
	return ifindex < WEIR_FORWARD_NEAR;
}

static bool fill(struct fuzz *fz, const struct bpf_object *obj)
{
	bool ok = true;

	for (int i = 0; i < fz->world.n_ports; i++) {
		const struct model_port *port = &fz->world.ports[i];
		__u32 ifindex = port->ifindex, below = fz->world.ports[port->below].ifindex;
		struct weir_vlan vlan = {below, htons((uint16_t)port->vlan_proto),
					 (__u16)port->vlan_id};
		struct weir_port value = {
			.below = below,
			.vlan_proto_be = vlan.vlan_proto_be,
			.vlan_id = vlan.vlan_id,
			.flags = WEIR_PORT_IN | (port->out ? WEIR_PORT_OUT : 0),
		};

		if (port->vlan_proto && !fz->vlans)
			continue;
		memcpy(value.mac, port->mac, 6);
		ok = ok && put(map_fd(obj, is_near(ifindex) ? "weir_ports" : "weir_ports_far"),
			       &ifindex, &value);
		if (port->out)
			ok = ok &&
			     put(is_near(ifindex) ? fz->to_fd : fz->to_far_fd, &ifindex,
				 fz->cells) &&
			     put(map_fd(obj, "weir_devs"), &ifindex, &below);
		if (port->vlan_proto)
			ok = ok && put(map_fd(obj, "weir_vlans"), &vlan, &ifindex);
	}
	return ok;
}

static bool load_one(struct fuzz *fz, const char *path, const char *name)
{
	const struct weir_forward_consts consts = {.vlans = fz->vlans};
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_program *prog;

	if (!obj)
		return false;
	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), name));
	if (bpf_map__set_initial_value(bpf_object__find_map_by_name(obj, ".rodata"), &consts,
				       sizeof(consts)) ||
	    bpf_object__load(obj)) {
		bpf_object__close(obj);
		return false;
	}
	fz->prog_fd = bpf_program__fd(bpf_object__find_program_by_name(obj, name));
	fz->reason_fd = map_fd(obj, "weir_forward");
	fz->to_fd = map_fd(obj, "weir_forward_to");
	fz->to_far_fd = map_fd(obj, "weir_fwd_to_far");
	return fill(fz, obj);
}

/* Sub-interfaces are interfaces of no set then. */
static void forget_vlans(struct model_world *world)
{
	for (int i = 0; i < world->n_ports; i++)
		if (world->ports[i].vlan_proto)
			world->ports[i].in = world->ports[i].out = false;
}

/* Without frags before Linux 5.18. */
static bool load(struct fuzz *fz, const char *path)
{
	if (!fz->is_xdp)
		return load_one(fz, path, "forward_tc");
	return load_one(fz, path, "forward_xdp_frags") || load_one(fz, path, "forward_xdp");
}

/* ---- frames --------------------------------------------------------------- */

/* An address of a network that there is a route for, or beside them. */
static void make_address(struct fuzz *fz, uint8_t *at, bool v6)
{
	static const char *const special4[] = {"0.0.0.0",   "127.0.0.1",       "224.0.0.5",
					       "10.90.0.1", "255.255.255.255", "10.90.2.255",
					       "240.0.0.1", "169.254.1.1",     "239.1.2.3"};
	static const char *const special6[] = {"::",
					       "::1",
					       "ff02::5",
					       "fe80::9",
					       "fd90:2::1",
					       "fd90:2::",
					       "::ffff:1.2.3.4",
					       "fec0::1",
					       "::2",
					       "2002:102:304::1"};
	const struct model_route *route;

	if (!chance(fz, 12)) {
		inet_pton(v6 ? AF_INET6 : AF_INET,
			  v6 ? special6[chance(fz, 10)] : special4[chance(fz, 9)], at);
		return;
	}
	do
		route = &fz->world.routes[chance(fz, (uint64_t)fz->world.n_routes)];
	while (route->v6 != v6);
	memcpy(at, route->prefix, v6 ? 16 : 4);
	for (unsigned int bit = route->len; bit < (v6 ? 128 : 32); bit++)
		if (chance(fz, 2))
			at[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	if (route->len == 64)
		memset(at + 8, 0, 8);
	if (route->len == 24 || route->len == 64)
		at[v6 ? 15 : 3] = (uint8_t)chance(fz, 14);
}

static void set_header(struct fuzz *fz, struct pkt *pkt)
{
	static const uint8_t ttls[] = {64, 64, 64, 64, 255, 2, 1, 0};
	uint8_t *ip = pkt->bytes + pkt->ip;
	bool v6 = ip[0] >> 4 == 6;

	make_address(fz, ip + (v6 ? 24 : 16), v6);
	if (!chance(fz, 3))
		make_address(fz, ip + (v6 ? 8 : 12), v6);
	ip[v6 ? 7 : 8] = ttls[chance(fz, sizeof(ttls))];
	if (v6 && pkt->l4 && pkt->l4 < pkt->len && !chance(fz, 3))
		pkt->bytes[pkt->l4] = (uint8_t)(128 + chance(fz, 12));
	if (!v6 && (ip[0] & 15) >= 5 && pkt->ip + (size_t)(ip[0] & 15) * 4 <= pkt->len)
		pkt_ipv4_checksum(ip);
	if (!v6 && !chance(fz, 40))
		ip[10] ^= (uint8_t)(1 + chance(fz, 255));
}

static void set_link(struct fuzz *fz, struct pkt *pkt, int port)
{
	uint8_t *b = pkt->bytes;
	bool tagged = pkt_model_is_tag(pkt_get16(b + 12)) && pkt->len >= 18;
	int owner = port;

	if (tagged && chance(fz, 4)) {
		bool six = chance(fz, 2);

		pkt_put16(b + 12, six ? 0x88a8 : 0x8100);
		pkt_put16(b + 14, (unsigned int)(six ? 6 : 5) | (unsigned int)chance(fz, 8) << 13);
		if (!port)
			owner = six ? 6 : 5;
	}
	memcpy(b, fz->world.ports[owner].mac, 6);
	if (!chance(fz, 20))
		b[chance(fz, 6)] ^= (uint8_t)(1U << chance(fz, 8));
}

static bool make_frame(struct fuzz *fz, struct pkt *pkt, struct model_frame *frame)
{
	const struct pkt_row *row;
	struct pkt_row sized;

	/* most of what a router meets can be forwarded */
	do
		row = &pkt_table[chance(fz, PKT_ROWS)];
	while (chance(fz, 4) &&
	       (row->class == WEIR_CLASS_ARP || row->class >= WEIR_CLASS_OTHER_ETHERTYPE));
	sized = *row;
	if (sized.size < 1000 && sized.width == 0 && !chance(fz, 3))
		sized.size = 900 + chance(fz, 640);
	if (sized.size > 1600 || pkt_build_row(pkt, &sized))
		return false;
	*frame = (struct model_frame){.is_xdp = fz->is_xdp, .port = chance(fz, 12) ? 0 : 1};
	if (pkt->ip && pkt->ip + 40 <= pkt->len)
		set_header(fz, pkt);
	set_link(fz, pkt, frame->port);
	if (!chance(fz, 6))
		pkt->len = mutate_packet(pkt->bytes, pkt->len, &fz->seed);
	else if (!fz->is_xdp && !chance(fz, 3) && sized.width == 0) {
		frame->segments = 2 + (unsigned int)chance(fz, 3);
		frame->segment_bytes = (unsigned int)(chance(fz, 2) ? 1200 + chance(fz, 300) : 100);
	}
	if (!fz->is_xdp && !chance(fz, 30))
		frame->mark = 7;
	frame->bytes = pkt->bytes;
	frame->len = pkt->len;
	return true;
}

/* ---- comparison ----------------------------------------------------------- */

static void show(struct fuzz *fz, const struct model_frame *frame, const struct model_result *want,
		 const char *what, const uint8_t *got, size_t got_len)
{
	fz->failed++;
	printf("%s: wanted reason %d to %d\nin  ", what, want->reason, want->to);
	for (size_t i = 0; i < frame->len && i < 100; i++)
		printf("%02x%s", frame->bytes[i], i % 2 ? " " : "");
	printf("(%zu)\nwant ", frame->len);
	for (size_t i = 0; i < want->len && i < 100; i++)
		printf("%02x%s", want->bytes[i], i % 2 ? " " : "");
	printf("(%zu)\ngot ", want->len);
	for (size_t i = 0; i < got_len && i < 100; i++)
		printf("%02x%s", got[i], i % 2 ? " " : "");
	printf("(%zu)\n", got_len);
}

static void account(struct fuzz *fz, const struct model_frame *frame,
		    const struct model_result *want)
{
	fz->fed++;
	fz->reasons[want->reason]++;
	fz->want_reasons[want->reason].packets += want->packets;
	fz->want_reasons[want->reason].bytes += want->in_bytes;
	if (want->reason)
		return;
	fz->want_to[want->to].packets += want->packets;
	fz->want_to[want->to].bytes += want->out_bytes;
	fz->v6 += pkt_get16(frame->bytes +
			    (pkt_model_is_tag(pkt_get16(frame->bytes + 12)) ? 16 : 12)) == 0x86dd;
	fz->tagged += fz->world.ports[want->to].vlan_proto != 0;
	fz->aggregates += frame->segments > 1;
}

static int run(const struct fuzz *fz, const struct model_frame *frame, uint8_t *out,
	       struct bpf_test_run_opts *opts)
{
	struct __sk_buff skb = {
		.ifindex = fz->world.ports[frame->port].ifindex,
		.mark = frame->mark,
		.gso_segs = frame->segments,
		.gso_size = frame->segments ? frame->segment_bytes : 0,
	};
	struct xdp_md xdp = {
		.data_end = (__u32)frame->len,
		.ingress_ifindex = fz->world.ports[frame->port].ifindex,
	};

	opts->data_in = frame->bytes;
	opts->data_size_in = (__u32)frame->len;
	opts->data_out = out;
	opts->data_size_out = PKT_MAX;
	opts->repeat = 1;
	opts->ctx_in = fz->is_xdp ? (const void *)&xdp : (const void *)&skb;
	opts->ctx_size_in = fz->is_xdp ? sizeof(xdp) : sizeof(skb);
	return bpf_prog_test_run_opts(fz->prog_fd, opts);
}

static struct weir_counter sum(const struct fuzz *fz)
{
	struct weir_counter total = {0};

	for (int cpu = 0; cpu < fz->n_cpus; cpu++) {
		total.packets += fz->cells[cpu].packets;
		total.bytes += fz->cells[cpu].bytes;
	}
	return total;
}

/* What the map has for @key, of all CPUs. */
static bool counted(const struct fuzz *fz, int fd, __u32 key, const struct weir_counter *want,
		    struct weir_counter *got)
{
	*got = (struct weir_counter){0};
	if (!bpf_map_lookup_elem(fd, &key, fz->cells))
		*got = sum(fz);
	return got->packets == want->packets && got->bytes == want->bytes;
}

/* Once for each frame, not for all that come after it. */
static void miscounted(struct fuzz *fz, const struct model_frame *frame,
		       const struct model_result *want, const struct weir_counter *got)
{
	show(fz, frame, want, "counted as something else", want->bytes, want->len);
	fz->want_reasons[want->reason] = *got;
}

static void feed(struct fuzz *fz, const struct model_frame *frame)
{
	static uint8_t out[PKT_MAX];
	static struct model_result want;
	struct weir_counter got;
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	__u32 sent = fz->is_xdp ? (__u32)XDP_REDIRECT : TC_ACT_REDIRECTED;
	__u32 stack = fz->is_xdp ? (__u32)XDP_PASS : (__u32)TC_ACT_UNSPEC;

	if (run(fz, frame, out, &opts)) {
		fz->refused++;
		return;
	}
	model_forward(&fz->world, frame, &want);
	account(fz, frame, &want);
	if (opts.retval != (want.reason ? stack : sent))
		show(fz, frame, &want, "verdict", out, opts.data_size_out);
	else if (opts.data_size_out != want.len || memcmp(out, want.bytes, want.len) != 0)
		show(fz, frame, &want, "bytes", out, opts.data_size_out);
	else if (!counted(fz, fz->reason_fd, want.reason, &fz->want_reasons[want.reason], &got))
		miscounted(fz, frame, &want, &got);
}

static void check(struct fuzz *fz, int fd, __u32 key, const struct weir_counter *want,
		  const char *what)
{
	struct weir_counter got;

	if (counted(fz, fd, key, want, &got))
		return;
	fz->failed++;
	printf("%s %u: %llu packets %llu bytes, wanted %llu and %llu\n", what, key, got.packets,
	       got.bytes, want->packets, want->bytes);
}

int main(int argc, char **argv)
{
	static struct fuzz fz;
	static struct pkt pkt;
	struct model_frame frame;
	unsigned long count;

	if (argc < 5) {
		fprintf(stderr, "usage: tool_forward OBJECT HOOK COUNT SEED\n");
		return 2;
	}
	fz.is_xdp = !strncmp(argv[2], "xdp", 3);
	fz.vlans = strcmp(argv[2], "xdp-untagged") != 0;
	count = strtoul(argv[3], NULL, 10);
	fz.seed = strtoull(argv[4], NULL, 10) * 2654435761 + 1;
	fz.n_cpus = libbpf_num_possible_cpus();
	fz.cells = calloc((size_t)fz.n_cpus, sizeof(*fz.cells));
	libbpf_set_print(NULL);
	if (unshare(CLONE_NEWNET) || !make_links()) {
		printf("the interfaces cannot be made\n");
		return 1;
	}
	make_model(&fz.world);
	if (!fz.vlans)
		forget_vlans(&fz.world);
	if (!load(&fz, argv[1])) {
		printf("%s does not load\n", argv[1]);
		return 1;
	}
	while ((!count || fz.fed < count) && fz.failed < 10)
		if (make_frame(&fz, &pkt, &frame))
			feed(&fz, &frame);
	for (__u32 i = 0; i < WEIR_FORWARD_REASONS; i++)
		check(&fz, fz.reason_fd, i, &fz.want_reasons[i], "reason");
	for (int i = 0; i < fz.world.n_ports; i++)
		check(&fz, is_near(fz.world.ports[i].ifindex) ? fz.to_fd : fz.to_far_fd,
		      fz.world.ports[i].ifindex, &fz.want_to[i], "sent to");
	printf("by reason:");
	for (int i = 0; i < WEIR_FORWARD_REASONS; i++)
		printf(" %lu", fz.reasons[i]);
	printf("\nipv6 %lu tagged %lu aggregates %lu\nfed %lu refused %lu failed %lu\n", fz.v6,
	       fz.tagged, fz.aggregates, fz.fed, fz.refused, fz.failed);
	free(fz.cells);
	return fz.failed || !fz.fed;
}
