/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libweir: an object file becomes a program on an interface.
 *
 * Read in the order of use: log, object (open, look, choose, load or
 * convert), net (a network namespace), attach, query, detach.
 *
 * Every function that can fail returns 0, a count or an fd on success and
 * -errno on failure, and then has told the log callback once, at level
 * WEIR_LOG_ERROR, one line "OBJECT: CAUSE; REMEDY" without a newline.
 * Out parameters are written on success only. Nothing prints.
 */
#ifndef WEIR_H
#define WEIR_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir_tc.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- log ----------------------------------------------------------------- */

enum weir_log_level {
	WEIR_LOG_ERROR = 0, /* why a call fails: one line */
	WEIR_LOG_DETAIL,    /* belongs to the error that follows or went before:
			     * verifier lines, each differing field of a pin */
	WEIR_LOG_NOTICE,    /* done, but worth knowing: fell back to generic XDP */
	WEIR_LOG_INFO,	    /* what was done, a line a step; the whole verifier log */
	WEIR_LOG_DEBUG,	    /* libbpf's own lines */
};

typedef void (*weir_log_fn)(void *ctx, enum weir_log_level level, const char *line);

/* Sends lines of @max and below to @fn (NULL: to nowhere, the default).
 * Process-wide; call it before other threads use the library. */
void weir_log_to(weir_log_fn fn, void *ctx, enum weir_log_level max);

/* ---- object: a compiled BPF object file ---------------------------------- */

enum weir_hook {
	WEIR_HOOK_NONE = 0,
	WEIR_HOOK_XDP,
	WEIR_HOOK_INGRESS, /* tc: a clsact filter, or a tcx link */
	WEIR_HOOK_EGRESS,
};

/* "xdp", "ingress", "egress"; "none" for WEIR_HOOK_NONE. */
const char *weir_hook_name(enum weir_hook hook);

enum weir_pin_scope {
	WEIR_PIN_NONE = 0,
	WEIR_PIN_OBJECT,  /* BPFFS/tc/<SHA-1 of the file>/NAME */
	WEIR_PIN_GLOBAL,  /* BPFFS/tc/globals/NAME */
	WEIR_PIN_CUSTOM,  /* BPFFS/<path of the id in bpf_pinning>/NAME */
	WEIR_PIN_UNKNOWN, /* an id that no bpf_pinning file lists: not pinned */
};

enum weir_map_style {
	WEIR_MAP_ELF,  /* a record in section "maps" or "maps/NAME" */
	WEIR_MAP_BTF,  /* a BTF definition in section ".maps" */
	WEIR_MAP_DATA, /* .data, .rodata, .bss: made by libbpf, listed by it */
};

/* A map that the object declares. Strings live as long as the object. */
struct weir_map_decl {
	const char *name;
	enum weir_map_style style;
	const char *section;
	uint32_t type; /* BPF_MAP_TYPE_* */
	uint32_t key_size_bytes;
	uint32_t value_size_bytes;
	uint32_t max_entries;
	uint32_t flags;	    /* BPF_F_* of map creation */
	uint32_t numa_node; /* valid with BPF_F_NUMA_NODE in flags */
	uint32_t id;	    /* of "<id>/<key>" sections and inner_id; 0: none */
	uint32_t pinning;   /* as written in the object */
	uint32_t inner_id;  /* 0: none */
	uint32_t inner_idx; /* slot in the outer map; UINT32_MAX: none */
	enum weir_pin_scope scope;
	const char *pin_path;	/* where a load pins it; NULL: nowhere */
	const char *key_type;	/* BTF name in C words; NULL: not known */
	const char *value_type; /* the same */
};

/* A function of the object that can be loaded as a program. */
struct weir_prog_decl {
	const char *name;
	const char *section;	 /* as in the file */
	uint32_t prog_type;	 /* BPF_PROG_TYPE_* by the section's name; 0: name says nothing */
	enum weir_hook hook;	 /* direction by the section's name; NONE: both or unknown */
	uint32_t insns;		 /* of the function itself, without subprograms */
	bool frags;		 /* section says xdp.frags */
	const uint32_t *helpers; /* BPF_FUNC_* called, sorted, subprograms included */
	size_t n_helpers;
	const uint32_t *maps; /* used: numbers of weir_object_maps(), ascending */
	size_t n_maps;
	size_t n_subprogs; /* functions that it calls, or gives to helpers */
};

/* A program of section "<id>/<key>", meant for slot @key of map @map. */
struct weir_tail_decl {
	const char *section;
	const char *prog;
	uint32_t id;
	uint32_t key;
	const char *map; /* NULL: no program array of the object has this id */
};

struct weir_object;

struct weir_open_opts {
	size_t sz;	     /* sizeof(struct weir_open_opts) */
	const char *bpffs;   /* mount point that pin paths start from; NULL: found */
	const char *pin_dir; /* directory below BPFFS for global pins instead of tc/globals */
};

/* Reads and checks @path; no privilege needed, the kernel is not asked.
 * -ENOENT, -EACCES; -ENOEXEC not an ELF file for BPF, or damaged; -EINVAL
 * contradicting contents. The caller closes *out. */
int weir_object_open(const char *path, const struct weir_open_opts *opts, struct weir_object **out);
/* The same for @len bytes at @bytes, which are copied; @name is for messages. */
int weir_object_open_mem(const void *bytes, size_t len_bytes, const char *name,
			 const struct weir_open_opts *opts, struct weir_object **out);
/* Frees; closes fds. Pins of a finished load stay. NULL is fine. */
void weir_object_close(struct weir_object *obj);

size_t weir_object_maps(const struct weir_object *obj, const struct weir_map_decl **out);
size_t weir_object_progs(const struct weir_object *obj, const struct weir_prog_decl **out);
size_t weir_object_tails(const struct weir_object *obj, const struct weir_tail_decl **out);
const char *weir_object_license(const struct weir_object *obj);
const char *weir_object_name(const struct weir_object *obj);
/* 40 hexadecimal digits: SHA-1 of the whole file. */
const char *weir_object_sha1(const struct weir_object *obj);

/*
 * Chooses the program to load: by @prog (function name), by @sec (section),
 * by both, or by neither: then iproute2's default section of @prog_type
 * ("prog" for XDP, "classifier" for SCHED_CLS, "action" for SCHED_ACT) unless
 * its program names the other direction, else section "xdp" beside others of
 * its kind, else the only program of that kind and of @hook's direction, else
 * the only program whose section says no kind. -ENOENT no such; -ENOTUNIQ several: the choices are
 * listed.
 */
int weir_object_choose(struct weir_object *obj, uint32_t prog_type, enum weir_hook hook,
		       const char *sec, const char *prog);
/* As iproute2 chooses: program @prog wherever it is, else the first program of
 * section @sec, else of the default section of @prog_type. The type is
 * @prog_type whatever the section's name says; every section is one, ".text"
 * too. -ENOENT. */
int weir_object_choose_plain(struct weir_object *obj, uint32_t prog_type, const char *sec,
			     const char *prog);
/* iproute2's default section of a program type: "classifier", "action", "prog";
 * NULL: it has none. */
const char *weir_section_of_type(uint32_t prog_type);
/* The chosen program; NULL before a choice. */
const struct weir_prog_decl *weir_object_chosen(const struct weir_object *obj);

/* How one map of an object is to be made: any of these; zero means as declared. */
struct weir_load_map {
	const char *name;     /* as declared, or ".rodata", ".data", ".bss" */
	int fd;		      /* > 0: this map stands for it; stays the caller's */
	uint32_t max_entries; /* as many */
	const void *data;     /* of a data section: its contents, */
	size_t data_bytes;    /* whole */
};

struct weir_load_opts {
	size_t sz;	      /* sizeof(struct weir_load_opts) */
	bool verify_only;     /* no pins made and none reused, no bpffs needed */
	bool all;	      /* with verify_only: every program whose kind is known */
	bool provisional;     /* weir_object_close() takes back what the load made (pins,
			       * slots), unless weir_object_keep() came before */
	uint32_t ifindex;     /* the program and the maps that it uses are made for this device,
			       * but for perf event arrays; 0: all for the host */
	bool whole_log;	      /* the verifier's whole log at WEIR_LOG_INFO also on success */
	struct weir_net *net; /* with ifindex: the namespace that it counts in */
	bool no_attach_type;  /* XDP: as old loaders leave programs, to share a program array with
			       * those (kernel 6.18 compares) */
	bool unpinned;	      /* all maps are new and go with the object: no pin is made, used or
			       * looked at, no bpffs needed */
	const struct weir_load_map *maps;
	size_t n_maps;
};

/* Modernises, creates or reuses maps, verifies, pins, fills slots. Maps of a device are
 * pinned below BPFFS/tc/dev/DEVICE, and never are the host's. On failure
 * everything that the call created is removed again. -EPERM, -EACCES (the
 * verifier's refusal; its lines went to WEIR_LOG_DETAIL), -EEXIST (a pin of
 * another shape), ... */
int weir_object_load(struct weir_object *obj, const struct weir_load_opts *opts);
/* What of the chosen program no device has (kernel/bpf/offload.c): @fn hears each reason, with
 * what helps. Returns how many. A device may refuse more: that a load for it tells. */
typedef void (*weir_reason_fn)(const char *text, void *ctx);
int weir_object_offload_reasons(const struct weir_object *obj, weir_reason_fn fn, void *ctx);

/* fd of the loaded, chosen program; owned by @obj. -EBADF before the load. */
int weir_object_prog_fd(const struct weir_object *obj);

/* After a provisional load: what it made stays. */
void weir_object_keep(struct weir_object *obj);
/* fd of the loaded map number @nth of weir_object_maps(); owned by @obj. -EBADF. */
int weir_object_map_fd(const struct weir_object *obj, size_t nth);
/* "FILE:[SECTION]" of the chosen program: the name that tc gives a filter. */
int weir_object_label(const struct weir_object *obj, char *buf, size_t len);

/* Writes the modern form to @path (replaced in one step). What that form
 * cannot say for libbpf's other users goes to WEIR_LOG_NOTICE, a line each. */
int weir_object_convert(struct weir_object *obj, const char *path);

/* Name of kernel constants, for people: "percpu_array", "sched_cls",
 * "map_lookup_elem". NULL where the number is unknown to this build. */
const char *weir_map_type_name(uint32_t map_type);
const char *weir_prog_type_name(uint32_t prog_type);
const char *weir_helper_name(uint32_t helper);
/* "XDP_DROP", "TC_ACT_SHOT" (also of tcx); NULL: no verdict of that program type. */
const char *weir_verdict_name(uint32_t prog_type, int32_t verdict);

/* ---- net: one network namespace ------------------------------------------ */

struct weir_net;

/* Opens a route socket in @netns: NULL or "" the caller's own, a name in
 * /run/netns, or a path. The calling thread's namespaces are as before when
 * it returns; the mount namespace never changes, so pins are kept. */
int weir_net_open(const char *netns, struct weir_net **out);
void weir_net_close(struct weir_net *net);
/* Index of @dev (also an alternative name). -ENODEV. */
int weir_net_ifindex(struct weir_net *net, const char *dev);
/* The same, not logged, for callers with words of their own. */
int weir_net_ifindex_quiet(struct weir_net *net, const char *dev);
/* Inode of the namespace, by which the kernel names it in answers about programs and maps; 0:
 * not known. */
uint64_t weir_net_inode(struct weir_net *net);
/* Calls @fn in the namespace, for what the kernel looks up in the caller's: entries of device
 * maps. What it returns; -errno when there is no way in, logged. */
typedef int (*weir_net_fn)(void *ctx);
int weir_net_call(struct weir_net *net, weir_net_fn fn, void *ctx);
/* Name of interface @ifindex into @buf of IFNAMSIZ bytes. -ENODEV, not logged. */
int weir_net_ifname(struct weir_net *net, int ifindex, char *buf);

/* ---- attach -------------------------------------------------------------- */

enum weir_xdp_mode {
	WEIR_XDP_BEST = 0, /* a device's program: offload; else as attached now if ours, else
			    * native, else generic */
	WEIR_XDP_NATIVE,
	WEIR_XDP_GENERIC,
	WEIR_XDP_OFFLOAD,
	WEIR_XDP_MULTI, /* only in answers */
};

struct weir_attach_opts {
	size_t sz; /* sizeof(struct weir_attach_opts) */
	const char *dev;
	enum weir_hook hook;
	enum weir_xdp_mode mode;
	bool tcx; /* INGRESS, EGRESS: a tcx link; without tcx in the kernel clsact, with a notice */
	bool force;	  /* replace somebody else's program */
	uint32_t pref;	  /* clsact; 0: kept or chosen by the kernel */
	uint32_t handle;  /* clsact; 0: kept or chosen by the kernel */
	const char *name; /* tc: the slot; NULL: "FILE:[SECTION]" */
	/* clsact, as tc's words: only on the device, which @object is then made for; never on
	 * the device */
	bool skip_sw, skip_hw;
	/* With an object for the device: when that does not take it, native XDP or a filter of
	 * the host's instead, with a notice. */
	bool fallback;
	/* XDP: only in the place of program @expected_id (0: of none), else -ESTALE. For who puts a
	 * program in front of another, and that one back. */
	bool exact;
	uint32_t expected_id;
	/* tcx: before all that are there; and with no pin, so that it goes with the result's
	 * link_fd. Where clsact stands in: before all, as long as none has pref 1. */
	bool first, unpinned;

	/* one of: */
	struct weir_object *object; /* chosen, not loaded */
	int prog_fd;		    /* > 0: a loaded program; stays the caller's */
	const char *prog_label;	    /* with prog_fd: stands for FILE:[SECTION] */
};

struct weir_attach_result {
	size_t sz;
	int ifindex;
	enum weir_xdp_mode mode; /* never BEST */
	bool tcx;
	uint32_t pref;
	uint32_t handle;
	uint32_t prog_id;
	uint32_t replaced_prog_id; /* 0: the hook was free */
	bool unchanged;		   /* this very program was attached already */
	bool in_hw;		   /* it runs on the device */
	int link_fd;		   /* with unpinned, by tcx: the caller's; -1 */
};

/* Loads and attaches as one transaction: the former program runs until the
 * new one does; after a failure the machine is as before. -EEXIST: somebody
 * else's program holds the hook (named in the log) and force was not given. */
int weir_attach(struct weir_net *net, const struct weir_attach_opts *opts,
		struct weir_attach_result *result);

struct weir_detach_opts {
	size_t sz; /* sizeof(struct weir_detach_opts) */
	const char *dev;
	enum weir_hook hook;	 /* NONE: every hook */
	enum weir_xdp_mode mode; /* BEST: any */
	bool force;		 /* also what is not weir's */
	uint32_t pref;		 /* clsact; 0: any */
	uint32_t handle;	 /* clsact; 0: any */
	const char *name;	 /* tc; NULL: any */
	bool tcx;		 /* INGRESS, EGRESS: only tcx links */
	uint32_t prog_id;	 /* XDP: only this program; 0: any */
};

/* Removes weir's programs that match; returns how many. 0 is success: there
 * was none. -EPERM: a named hook holds only somebody else's. A clsact qdisc
 * made by weir_attach() goes with its last user. Map pins stay. */
int weir_detach(struct weir_net *net, const struct weir_detach_opts *opts);

/* ---- query --------------------------------------------------------------- */

#define WEIR_PROG_MAPS_MAX 64 /* MAX_USED_MAPS of the kernel */

/* A program as the kernel knows it. */
struct weir_prog {
	uint32_t id;
	uint32_t type; /* BPF_PROG_TYPE_* */
	char name[64]; /* whole function name where BTF has it, else the kernel's 15 characters */
	uint8_t tag[8];
	bool jited;
	bool frags;
	uint64_t load_time_ns; /* CLOCK_BOOTTIME */
	uint32_t uid;	       /* who loaded it */
	uint32_t btf_id;
	uint64_t run_count, run_time_ns; /* 0 unless the kernel collects them */
	uint32_t map_ids[WEIR_PROG_MAPS_MAX];
	uint32_t n_map_ids;
	/* made for a device: its interface, and the inode of the namespace in which that counts;
	 * 0: for the host */
	uint32_t ifindex;
	uint64_t netns_ino;
	bool ours;	   /* loaded by weir: its BTF carries the note */
	char object[128];  /* from that note: file name without directories */
	char section[128]; /* from that note */
};

enum weir_via {
	WEIR_VIA_NETLINK, /* XDP by netlink, or a clsact filter */
	WEIR_VIA_LINK,	  /* a BPF link */
	WEIR_VIA_PROG,	  /* tcx by BPF_PROG_ATTACH */
};

/* One attached program, or one filter of another kind. */
struct weir_attachment {
	int ifindex;
	char dev[IFNAMSIZ];
	enum weir_hook hook;
	enum weir_via via;
	bool tcx;
	enum weir_xdp_mode mode; /* XDP */
	uint32_t link_id;	 /* WEIR_VIA_LINK */
	/* clsact */
	char kind[16]; /* "bpf", "u32", "flower", ... */
	uint32_t pref, handle, chain;
	uint16_t protocol_be; /* ethertype in network byte order */
	bool direct_action;
	uint32_t flags_gen; /* TCA_CLS_FLAGS_* */
	char filter_name[256];
	bool has_prog; /* prog is filled */
	struct weir_prog prog;
};

/* Return 0 to go on; another value ends the walk and is returned. */
typedef int (*weir_attachment_fn)(const struct weir_attachment *at, void *ctx);

/* Walks what is attached to @dev (NULL: to every interface of @net), in the
 * order in which packets meet it: XDP, ingress, egress; tcx before clsact. */
int weir_query(struct weir_net *net, const char *dev, weir_attachment_fn fn, void *ctx);
/* Interfaces are for everybody to see. Programs and maps, and that something is at tcx, are not:
 * true when the kernel does not let the caller see them (CAP_SYS_ADMIN), whatever a query found. */
bool weir_query_is_blind(void);
/* The same for those who look again and again: of programs among the @n_known attachments of
 * an earlier walk only the runs are read. */
int weir_query_again(struct weir_net *net, const char *dev, const struct weir_attachment *known,
		     size_t n_known, weir_attachment_fn fn, void *ctx);
/* The same for XDP only. */
int weir_query_xdp(struct weir_net *net, const char *dev, weir_attachment_fn fn, void *ctx);
/* The tcx programs of one hook only, in order of execution: ifindex, hook, via,
 * tcx, link_id, and prog as weir_prog_brief_by_id() has it. A kernel without tcx
 * has none. */
int weir_query_tcx(struct weir_net *net, int ifindex, enum weir_hook hook, weir_attachment_fn fn,
		   void *ctx);

/* What the kernel tells of a program in one look: nothing that is kept in BTF
 * (ours, object, section, frags, names beyond 15 characters), no map ids.
 * -ENOENT: gone; not logged. */
int weir_prog_brief_by_id(uint32_t id, struct weir_prog *out);
int weir_prog_brief_by_fd(int fd, struct weir_prog *out);

/* Is map @map_id among those of @prog? */
bool weir_prog_uses(const struct weir_prog *prog, uint32_t map_id);

/* Fills @out for the program behind @fd / with @id. */
int weir_prog_by_fd(int fd, struct weir_prog *out);
int weir_prog_by_id(uint32_t id, struct weir_prog *out);
/* Not logged. */
int weir_prog_by_id_quiet(uint32_t id, struct weir_prog *out);
/* The program behind *id, 0 for the first, and its id into *id. Those that have gone are
 * passed over, and those whose device has: they keep their ids while they are pinned, and
 * nothing can be told of them. -ENOENT: no more, not logged; -EPERM, logged. */
int weir_prog_next(uint32_t *id, struct weir_prog *out);

/* An fd of program @id, which the caller closes. Logged. */
int weir_prog_open_id(uint32_t id);

/* Is @prog what stands at XDP in the place of another program while `weir capture' runs, or was
 * killed? */
bool weir_prog_is_capture(const struct weir_prog *prog);
/* The program that such a one runs. -ENOENT, not logged: it runs none, or is no such. */
int weir_prog_captured(const struct weir_prog *capture, struct weir_prog *out);

/* A program in place of a function of another one: a component of libxdp's dispatchers. */
struct weir_prog_part {
	uint32_t prog_id;
	uint32_t link_id;
	char name[64]; /* as in struct weir_prog; empty when it is gone */
};
/* Those of program @prog_id, in the order of its functions, to @parts, at most @max. Returns
 * how many there are; 0 before Linux 5.13, which does not tell. -errno. */
int weir_prog_parts(uint32_t prog_id, struct weir_prog_part *parts, size_t max);

/* ---- test runs ----------------------------------------------------------- */

/* One packet through a program, by BPF_PROG_TEST_RUN: nothing is sent or received. */
struct weir_run {
	size_t sz; /* sizeof(struct weir_run) */
	const void *in;
	uint32_t in_bytes;
	void *out;	   /* NULL: not wanted */
	uint32_t out_room; /* bytes at @out; afterwards how many there are */
	uint32_t repeat;   /* 0: once. The packet is not put back in between. */
	uint32_t ifindex;  /* it came in there, in the caller's network namespace; 0: lo */
	/* of struct __sk_buff, for tc only: in, and as the program left them */
	uint32_t mark, priority;
	uint32_t cb[5];
	uint64_t tstamp_ns;
	/* out */
	int32_t verdict;
	uint32_t duration_ns; /* of one run, the mean of all repeats */
};

/* @prog_type: BPF_PROG_TYPE_XDP or SCHED_CLS. Not logged. -EINVAL: the kernel takes no such
 * packet: less than an Ethernet header, for tc an IP header cut off (since 6.18), more than
 * a page for an XDP program without frags. -ENOSPC: @out_room is too small. */
int weir_prog_run(int prog_fd, uint32_t prog_type, struct weir_run *run);
/* Whether it can be said of a packet where it came in: 1; 0 (XDP before Linux 5.15, tc before
 * 5.16); -errno. Not logged. */
int weir_prog_run_takes_dev(uint32_t prog_type);

/* ---- interfaces ---------------------------------------------------------- */

/* struct rtnl_link_stats64 of linux/if_link.h, the part that people look at. */
struct weir_link_stats {
	int ifindex;
	char dev[IFNAMSIZ];
	bool up; /* administratively, and there is a carrier */
	uint32_t n_rx_queues, n_tx_queues;
	uint64_t rx_packets, rx_bytes, rx_errors, rx_dropped;
	uint64_t tx_packets, tx_bytes, tx_errors, tx_dropped;
};

/* Return 0 to go on; another value ends the walk and is returned. */
typedef int (*weir_link_stats_fn)(const struct weir_link_stats *stats, void *ctx);

/* All interfaces of @net in the order of their indexes. Logged. */
int weir_link_stats(struct weir_net *net, weir_link_stats_fn fn, void *ctx);
/* The same, but of each only ifindex and counters, for less (RTM_GETSTATS, Linux 4.7). */
int weir_link_counters(struct weir_net *net, weir_link_stats_fn fn, void *ctx);

/* How an interface stands among the others, and whether it forwards. */
struct weir_link_info {
	int ifindex;
	char name[IFNAMSIZ];
	char kind[16]; /* "vlan", "veth", "bridge"; "": a card, or none that says */
	bool is_ethernet, up;
	uint8_t mac[6];
	int below;		/* the interface that it is made on, in the same namespace; 0 */
	int peer;		/* of a "veth": the other end, in the namespace that is peer_nsid */
	int peer_nsid;		/* here; -1: this one */
	int above;		/* the bridge, bond or VRF that it is part of; 0 */
	uint16_t vlan_id;	/* of a "vlan" */
	uint16_t vlan_proto_be; /* ETH_P_8021Q, ETH_P_8021AD */
	bool forwards_ipv4, forwards_ipv6; /* by sysctl what comes in there */
};

/* All interfaces of @net, to be free()d. Logged. */
int weir_link_infos(struct weir_net *net, struct weir_link_info **out, size_t *n);
/* 1: the driver sends frames that XDP redirects to @ifindex now (a veth does while the other end
 * has XDP or, from Linux 5.13, GRO). 0: it does not. -EOPNOTSUPP: the kernel does not tell (Linux
 * 6.3). Not logged.
 */
int weir_link_sends_xdp(struct weir_net *net, int ifindex);
/* 1: the other end of a veth has an XDP program in its driver, 0: it has not, or that cannot be
 * seen from here. Not logged. */
int weir_link_peer_has_xdp(struct weir_net *net, const struct weir_link_info *veth);
/* 1: the card takes VLAN tags off frames before XDP sees them; 0: it does not, or has no such
 * switch. */
int weir_link_strips_tags(struct weir_net *net, const char *dev);

/* What a driver counts for one queue. */
struct weir_queue_stats {
	bool tx;
	uint32_t queue;
	uint64_t packets, bytes; /* of drivers that count no others: those that XDP saw */
};

/* The queues of one interface, to be read again and again. */
struct weir_queues;

/* -EOPNOTSUPP, -ENODEV (not logged): its driver counts nothing by queue; there is no such
 * interface. */
int weir_queues_open(struct weir_net *net, const char *dev, struct weir_queues **out);
void weir_queues_close(struct weir_queues *queues);
/* Returns how many there are, received before sent, in *out until the next call. @dev: its name
 * now. -ESTALE (not logged, as others): there are other queues now, to be opened anew. */
int weir_queues_read(struct weir_queues *queues, struct weir_net *net, const char *dev,
		     const struct weir_queue_stats **out);

#ifdef __cplusplus
}
#endif
#endif
