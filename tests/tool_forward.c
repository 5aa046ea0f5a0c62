// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * tool_forward OBJECT HOOK COUNT SEED
 *
 * Makes interfaces, routes and neighbours in a network namespace of its own, loads
 * bpf/forward.bpf.c for them, and gives it frames made by chance through BPF_PROG_TEST_RUN:
 * verdict, bytes and counters must be those of tests/forward_model.h. Sub-interfaces are
 * other interfaces that the tables call so: what the program asks of the kernel is the same.
 * HOOK: xdp or ingress. COUNT frames, 0: without end. Root.
 */
#include <assert.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "tests/forward_model.h"
#include "tests/mutate.h"

#define TC_ACT_REDIRECTED 7 /* TC_ACT_REDIRECT */

struct fuzz {
	bool is_xdp;
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

/* ---- the world ------------------------------------------------------------ */

/* The two that frames come in at, those that they leave by, one of no set, two that stand for
 * VLANs of the first, one with another MTU. */
static const struct model_port ports[] = {
	{"fin", .mtu = 1500, .in = true, .out = true, .forwards = true, .below = 0},
	{"foff", .mtu = 1500, .in = true, .out = true, .below = 1},
	{"fout", .mtu = 1500, .out = true, .forwards = true, .below = 2},
	{"fsmall", .mtu = 1300, .out = true, .forwards = true, .below = 3},
	{"fnone", .mtu = 1500, .forwards = true, .below = 4},
	{"fvlan5", .mtu = 1500, .in = true, .out = true, .forwards = true, .below = 0,
	 .vlan_proto = 0x8100, .vlan_id = 5},
	{"fvlan6", .mtu = 1500, .in = true, .out = true, .forwards = true, .below = 0,
	 .vlan_proto = 0x88a8, .vlan_id = 6},
};

struct row {
	const char *prefix;
	enum weir_forward_reason type;
	int port;
	const char *gateway; /* NULL: connected, or none */
	bool known;
	unsigned int mtu;
};

static const struct row rows[] = {
	{"10.1.0.0/16", .port = 2, .gateway = "10.90.2.9", .known = true},
	{"10.1.128.0/17", .port = 3, .gateway = "10.90.3.9", .known = true},
	{"10.2.0.0/16", .port = 2, .gateway = "10.90.2.99"},
	{"10.3.0.0/16", .port = 4, .gateway = "10.90.4.9", .known = true},
	{"10.4.0.0/16", WEIR_FORWARD_BLACKHOLE},
	{"10.5.0.0/16", WEIR_FORWARD_UNREACHABLE},
	{"10.6.0.0/16", WEIR_FORWARD_PROHIBIT},
	{"10.7.0.0/16", .port = 2, .gateway = "10.90.2.9", .known = true, .mtu = 1000},
	{"10.8.0.0/16", .port = 0, .gateway = "10.90.0.9", .known = true},
	{"10.9.0.0/16", .port = 5, .gateway = "10.90.5.9", .known = true},
	{"10.10.0.0/16", .port = 6, .gateway = "10.90.6.9", .known = true},
	{"10.11.0.0/16", .port = 2, .gateway = "fd90:2::9", .known = true},
	{"2001:db8:1::/48", .port = 2, .gateway = "fd90:2::9", .known = true},
	{"2001:db8:1:8000::/49", .port = 3, .gateway = "fd90:3::9", .known = true},
	{"2001:db8:2::/48", .port = 2, .gateway = "fd90:2::99"},
	{"2001:db8:3::/48", .port = 4, .gateway = "fd90:4::9", .known = true},
	{"2001:db8:4::/48", WEIR_FORWARD_BLACKHOLE},
	{"2001:db8:5::/48", WEIR_FORWARD_UNREACHABLE},
	{"2001:db8:6::/48", WEIR_FORWARD_PROHIBIT},
	{"2001:db8:7::/48", .port = 2, .gateway = "fd90:2::9", .known = true, .mtu = 1290},
	{"2001:db8:8::/48", .port = 0, .gateway = "fd90::9", .known = true},
	{"2001:db8:9::/48", .port = 5, .gateway = "fd90:5::9", .known = true},
	{"2001:db8:a::/48", .port = 6, .gateway = "fd90:6::9", .known = true},
};

#define N_PORTS (sizeof(ports) / sizeof(*ports))
#define N_ROWS	(sizeof(rows) / sizeof(*rows))

static const char *type_word(enum weir_forward_reason type)
{
	return type == WEIR_FORWARD_BLACKHOLE	  ? "blackhole"
	       : type == WEIR_FORWARD_UNREACHABLE ? "unreachable"
	       : type == WEIR_FORWARD_PROHIBIT	  ? "prohibit"
						  : "unicast";
}

static bool is_v6(const char *text)
{
	return strchr(text, ':');
}

/* Interfaces with addresses 10.90.N.1/24 and fd90:N::1/64, host 9 resolved. */
static void write_port(FILE *to, int nth)
{
	const char *name = ports[nth].name;

	/* every other one with a number that is in the hashes */
	fprintf(to, "link add %s index %d type veth peer name p%s\n", name,
		nth % 2 ? 2 * WEIR_FORWARD_NEAR + nth : 100 + nth, name);
	fprintf(to, "link set %s address 02:00:00:00:10:%02x mtu %u up\n", name, nth,
		ports[nth].mtu);
	fprintf(to, "link set p%s up\n", name);
	fprintf(to, "addr add 10.90.%d.1/24 dev %s\n", nth, name);
	fprintf(to, "addr add fd90:%x::1/64 dev %s nodad\n", nth, name);
	for (int host = 1; host <= 9; host++) {
		if (host > 1)
			fprintf(to,
				"neigh replace 10.90.%d.%d lladdr 02:00:00:00:11:%02x dev %s nud "
				"permanent\n",
				nth, host, host, name);
		if (host > 1)
			fprintf(to,
				"neigh replace fd90:%x::%d lladdr 02:00:00:00:11:%02x dev %s nud "
				"permanent\n",
				nth, host, host, name);
	}
}

static void write_row(FILE *to, const struct row *row)
{
	fprintf(to, "route add %s %s", row->type ? type_word(row->type) : "", row->prefix);
	if (!row->type)
		fprintf(to, " via %s%s dev %s%s",
			is_v6(row->gateway) && !is_v6(row->prefix) ? "inet6 " : "", row->gateway,
			ports[row->port].name, is_v6(row->prefix) ? "" : " onlink");
	if (row->mtu)
		fprintf(to, " mtu lock %u", row->mtu);
	fputc('\n', to);
}

static void set_sysctl(const char *family, const char *name, int value)
{
	char path[200];
	FILE *to;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/forwarding", family, name);
	to = fopen(path, "w");
	if (!to)
		return;
	fprintf(to, "%d\n", value);
	fclose(to);
}

/* The kernel tells IPv6 of a carrier in a work of its own, up to a second later: before, a link has
 * no routes and no addresses but those that were given. */
static void wait_for_link(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq link = {0};

	snprintf(link.ifr_name, sizeof(link.ifr_name), "%s", name);
	for (int tries = 0; tries < 1000 && !(link.ifr_flags & IFF_RUNNING); tries++) {
		usleep(tries ? 10000 : 0);
		if (ioctl(fd, SIOCGIFFLAGS, &link))
			break;
	}
	close(fd);
}

static bool make_links(void)
{
	FILE *to = popen("ip -batch -", "w");

	if (!to)
		return false;
	fprintf(to, "link set lo up\n");
	for (int i = 0; i < (int)N_PORTS; i++)
		write_port(to, i);
	if (pclose(to))
		return false;
	for (int i = 0; i < (int)N_PORTS; i++)
		wait_for_link(ports[i].name);
	set_sysctl("ipv4", "all", 1);
	set_sysctl("ipv6", "all", 1);
	for (int i = 0; i < (int)N_PORTS; i++) {
		set_sysctl("ipv4", ports[i].name, ports[i].forwards);
		set_sysctl("ipv6", ports[i].name, ports[i].forwards);
	}
	to = popen("ip -batch -", "w");
	if (!to)
		return false;
	for (size_t i = 0; i < N_ROWS; i++)
		write_row(to, &rows[i]);
	return !pclose(to);
}

static struct model_route *add_route(struct fuzz *fz, const char *prefix, unsigned int len)
{
	struct model_route *route = &fz->world.routes[fz->world.n_routes++];

	assert(fz->world.n_routes <= MODEL_ROUTES);
	route->v6 = is_v6(prefix);
	route->len = len;
	inet_pton(route->v6 ? AF_INET6 : AF_INET, prefix, route->prefix);
	return route;
}

/* A socket that was not made for broadcasts is refused one. */
static bool is_broadcast(const char *address)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool refused;

	inet_pton(AF_INET, address, &to.sin_addr);
	refused = connect(fd, (const struct sockaddr *)&to, sizeof(to)) && errno == EACCES;
	close(fd);
	return refused;
}

static void add_connected(struct fuzz *fz, int nth)
{
	char text[64];

	snprintf(text, sizeof(text), "10.90.%d.0", nth);
	add_route(fz, text, 24)->port = nth;
	if (is_broadcast(text)) /* before Linux 5.14 */
		add_route(fz, text, 32)->type = WEIR_FORWARD_HERE;
	snprintf(text, sizeof(text), "10.90.%d.1", nth);
	add_route(fz, text, 32)->type = WEIR_FORWARD_HERE;
	snprintf(text, sizeof(text), "10.90.%d.255", nth);
	add_route(fz, text, 32)->type = WEIR_FORWARD_HERE;
	snprintf(text, sizeof(text), "fd90:%x::", nth);
	add_route(fz, text, 64)->port = nth;
	if (ports[nth].forwards) /* of a router only: the anycast address, RFC 4291 2.6.1 */
		add_route(fz, text, 128)->type = WEIR_FORWARD_HERE;
	snprintf(text, sizeof(text), "fd90:%x::1", nth);
	add_route(fz, text, 128)->type = WEIR_FORWARD_HERE;
}

static void make_model(struct fuzz *fz)
{
	memcpy(fz->world.ports, ports, sizeof(ports));
	fz->world.n_ports = N_PORTS;
	for (int i = 0; i < (int)N_PORTS; i++) {
		struct model_port *port = &fz->world.ports[i];

		port->ifindex = if_nametoindex(port->name);
		memcpy(port->mac, "\2\0\0\0\x10\0", 6);
		port->mac[5] = (uint8_t)i;
		add_connected(fz, i);
	}
	for (size_t i = 0; i < N_ROWS; i++) {
		char prefix[64];
		struct model_route *route;
		char *slash;

		snprintf(prefix, sizeof(prefix), "%s", rows[i].prefix);
		slash = strchr(prefix, '/');
		*slash = '\0';
		route = add_route(fz, prefix, (unsigned int)strtoul(slash + 1, NULL, 10));
		route->type = rows[i].type;
		route->port = rows[i].port;
		route->gateway = rows[i].gateway;
		route->known = rows[i].known;
		route->mtu = rows[i].mtu;
		memcpy(route->mac, "\2\0\0\0\x11\x09", 6);
	}
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

		memcpy(value.mac, port->mac, 6);
		ok = ok && put(map_fd(obj, is_near(ifindex) ? "weir_ports" : "weir_ports_far"),
			       &ifindex, &value);
		if (port->out)
			ok = ok &&
			     put(is_near(ifindex) ? fz->to_fd : fz->to_far_fd, &ifindex,
				 fz->cells) &&
			     put(map_fd(obj, "weir_devs"), &below, &below);
		if (port->vlan_proto)
			ok = ok && put(map_fd(obj, "weir_vlans"), &vlan, &ifindex);
	}
	return ok;
}

static bool load_one(struct fuzz *fz, const char *path, const char *name)
{
	const struct weir_forward_consts consts = {.vlans = 1};
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
	fz.is_xdp = !strcmp(argv[2], "xdp");
	count = strtoul(argv[3], NULL, 10);
	fz.seed = strtoull(argv[4], NULL, 10) * 2654435761 + 1;
	fz.n_cpus = libbpf_num_possible_cpus();
	fz.cells = calloc((size_t)fz.n_cpus, sizeof(*fz.cells));
	libbpf_set_print(NULL);
	if (unshare(CLONE_NEWNET) || !make_links()) {
		printf("the interfaces cannot be made\n");
		return 1;
	}
	make_model(&fz);
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
