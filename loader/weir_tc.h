/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iproute2's own requests, to the letter: qdiscs, filters and actions as `tc`
 * sends them, XDP and routes as `ip` sends them. For programs that keep
 * iproute2's meaning; weir_attach() in weir.h is the idempotent transaction.
 *
 * Nothing here decides: a struct says what the request holds, and an answer of
 * the kernel comes back as it was. Part of weir.h, which includes it.
 *
 * Errors: as in weir.h, but what the *kernel* refuses by netlink is not logged:
 * it is returned as -errno with its text in @ack, for the caller to say.
 */
#ifndef WEIR_TC_H
#define WEIR_TC_H

#include <linux/filter.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weir_net;
struct weir_object;

/* The kernel's answer to one request (include/uapi/linux/netlink.h). */
struct weir_ack {
	int err;	    /* its -errno; 0: it agreed, or was not asked */
	uint16_t miss_type; /* NLMSGERR_ATTR_MISS_TYPE, Linux 6.1; 0: none */
	char text[256];	    /* NLMSGERR_ATTR_MSG as it came; "": none */
};

enum weir_tc_op {
	WEIR_TC_ADD,	 /* CREATE|EXCL */
	WEIR_TC_REPLACE, /* CREATE (qdiscs, actions: CREATE|REPLACE) */
	WEIR_TC_CHANGE,	 /* actions: as replace */
	WEIR_TC_DEL,
	WEIR_TC_GET, /* answers only through the callback */
};

/* What happened, in answers and echoes. */
enum weir_tc_event { WEIR_TC_IS, WEIR_TC_ADDED, WEIR_TC_REPLACED, WEIR_TC_DELETED };

/* tcm_parent, include/uapi/linux/pkt_sched.h. */
#define WEIR_TC_PARENT_ROOT    0xffffffffu
#define WEIR_TC_PARENT_CLSACT  0xfffffff1u /* also of the ingress qdisc */
#define WEIR_TC_PARENT_INGRESS 0xfffffff2u
#define WEIR_TC_PARENT_EGRESS  0xfffffff3u
#define WEIR_TC_HANDLE_CLSACT  0xffff0000u

/* Attribute of a request that another program made; kept as bytes. */
struct weir_borrowed;

/* ---- qdiscs -------------------------------------------------------------- */

struct weir_tc_qdisc {
	int ifindex;
	char kind[16];
	uint32_t handle, parent;
	uint32_t ingress_block, egress_block; /* 0: none */
	/* answers */
	bool offloaded;
	uint32_t refcnt;
	enum weir_tc_event event;
};

typedef int (*weir_tc_qdisc_fn)(const struct weir_tc_qdisc *qdisc, void *ctx);

/* ADD, REPLACE, DEL of a clsact or ingress qdisc; handle and parent are the
 * kernel's fixed ones. @echo (may be NULL) hears the kernel's echo. */
int weir_tc_qdisc(struct weir_net *net, enum weir_tc_op op, const struct weir_tc_qdisc *qdisc,
		  weir_tc_qdisc_fn echo, void *ctx, struct weir_ack *ack);
/* Every qdisc of every kind; @ifindex 0: of every interface. */
int weir_tc_qdiscs(struct weir_net *net, int ifindex, weir_tc_qdisc_fn fn, void *ctx,
		   struct weir_ack *ack);

/* ---- actions ------------------------------------------------------------- */

#define WEIR_TC_ACTIONS_MAX 32 /* TCA_ACT_MAX_PRIO, include/uapi/linux/pkt_cls.h */

/* struct nla_bitfield32: which bits are said, and what they are. */
struct weir_tc_bits {
	uint32_t value, known;
};

/* An action of kind bpf; of another kind only `kind` is filled in answers. */
struct weir_tc_action {
	char kind[16];
	/* the program; requests: by fd and name, by ops, or neither: an existing
	 * action is meant by its index */
	char name[256];
	const struct sock_filter *ops;
	int prog_fd; /* > 0 */
	uint16_t n_ops;
	uint8_t cookie_bytes;
	bool has_tag;
	uint8_t cookie[16];
	uint32_t index;	 /* 0: the kernel chooses */
	int32_t control; /* TC_ACT_*, with chain or jump in the low bits */
	/* answers */
	uint32_t order; /* from 1; in lists from 0 */
	uint32_t prog_id;
	uint8_t tag[8];
	int32_t refcnt, bindcnt;
	uint64_t installed_ticks, lastuse_ticks, firstuse_ticks, expires_ticks; /* USER_HZ */
	uint64_t packets, bytes; /* TCA_STATS_BASIC */
	uint32_t drops, overlimits, requeues, backlog_bytes, backlog_packets;
	uint32_t in_hw_count; /* devices that have it */
	bool has_times, has_stats;
	bool has_hw_count;			     /* TCA_ACT_IN_HW_COUNT, Linux 5.18 */
	struct weir_tc_bits flags;		     /* TCA_ACT_FLAGS_* */
	struct weir_tc_bits hw_stats, used_hw_stats; /* TCA_ACT_HW_STATS_* */
};

/* One whole list; `actions` live during the call. */
typedef int (*weir_tc_actions_fn)(const struct weir_tc_action *actions, size_t n, void *ctx);

/* ADD, REPLACE, CHANGE: the list as given. DEL, GET: by kind and index, @fn
 * (may be NULL for DEL) hears what the kernel answers. */
int weir_tc_actions(struct weir_net *net, enum weir_tc_op op, const struct weir_tc_action *actions,
		    size_t n, weir_tc_actions_fn fn, void *ctx, struct weir_ack *ack);
/* All of @kind; @fn is called for each message of the dump. */
int weir_tc_actions_list(struct weir_net *net, const char *kind, weir_tc_actions_fn fn, void *ctx,
			 struct weir_ack *ack);
/* Deletes all of @kind. */
int weir_tc_actions_flush(struct weir_net *net, const char *kind, struct weir_ack *ack);

/* ---- filters ------------------------------------------------------------- */

struct weir_tc_filter {
	/* the place; in requests 0 or "" is "not said" */
	int ifindex;	/* not with block */
	uint32_t block; /* a shared block's index; 0: of the interface */
	uint32_t parent;
	uint32_t pref, handle, chain;
	bool has_chain; /* requests: send the attribute, also for 0 */
	uint16_t protocol_be;
	char kind[16];
	/* kind bpf. Requests: program by prog_fd and name, or by ops; answers:
	 * ops live during the callback. */
	bool has_options; /* answers: false in the line that stands for the pref */
	int prog_fd;	  /* > 0 */
	char name[256];
	const struct sock_filter *ops;
	uint16_t n_ops;
	uint32_t classid;
	bool has_classid;	    /* requests: send the attribute, also for 0 */
	bool classid_after_actions; /* requests: order of the attributes */
	bool direct_action;
	uint32_t flags_gen; /* TCA_CLS_FLAGS_* */
	const struct weir_tc_action *actions;
	size_t n_actions;
	/* answers */
	uint32_t prog_id;
	uint8_t tag[8];
	bool has_tag;
	bool has_police;
	enum weir_tc_event event;
};

typedef int (*weir_tc_filter_fn)(const struct weir_tc_filter *filter, void *ctx);

/* One request; @fn hears the answer of GET, or the echo of the others when it
 * is not NULL (NLM_F_ECHO). -EINVAL also for an unknown interface. */
int weir_tc_filter(struct weir_net *net, enum weir_tc_op op, const struct weir_tc_filter *filter,
		   weir_tc_filter_fn fn, void *ctx, struct weir_ack *ack);
/* A dump: @which says ifindex or block, parent, pref, protocol, chain (with
 * has_chain). Headers of prefs come too. Freed by the caller. */
struct weir_tc_filter_list;
int weir_tc_filter_list_get(struct weir_net *net, const struct weir_tc_filter *which,
			    struct weir_tc_filter_list **out, struct weir_ack *ack);
/* The walk ends when @fn answers not 0, with that. */
int weir_tc_filter_list_each(const struct weir_tc_filter_list *list, weir_tc_filter_fn fn,
			     void *ctx);
void weir_tc_filter_list_free(struct weir_tc_filter_list *list);

/* ---- XDP and routes ------------------------------------------------------ */

/* `ip link set xdp`: @prog_fd -1 detaches; @flags XDP_FLAGS_*, none are added. */
int weir_ip_xdp(struct weir_net *net, int ifindex, int prog_fd, uint32_t flags,
		struct weir_ack *ack);

/* The programs of a light-weight tunnel, in the order of the request. */
struct weir_lwt_prog {
	uint16_t attr; /* LWT_BPF_IN, _OUT, _XMIT, include/uapi/linux/lwtunnel.h */
	int prog_fd;
	const char *name;
};

/* ---- requests that the real program builds ------------------------------- */

/*
 * iproute2 has the grammar of every other action, policer, link setting and
 * route. So the real `tc` or `ip` is given the line with a stand-in for the
 * program, its request is read before it reaches the kernel, and the program
 * is put in: what the user meant with the rest is then said as iproute2 says it.
 *
 * The child is traced (ptrace(2)) and ended at the system call that would send
 * a request which changes something; what only asks goes through. Its
 * standard error is the caller's.
 */
/* 0: *out; > 0: the program ended by itself with that exit status, having
 * said why; -ENOENT: there is no such program; -EPERM: tracing is forbidden;
 * -EMSGSIZE: it sends several requests at once, or one too large. Programs that
 * @path starts are followed, too; all that runs then is killed. */
int weir_borrow(const char *path, char *const argv[], struct weir_borrowed **out);
void weir_borrowed_free(struct weir_borrowed *req);

/* The stand-in that weir_borrowed_prog() looks for. */
#define WEIR_STAND_IN_BYTECODE "1,6 0 0 4294967294"

/* Replaces one stand-in program of a filter or of actions, the @nth (from 0) of those
 * that are left, in the order of the message. -ENOENT: there are not as many. */
int weir_borrowed_prog(struct weir_borrowed *req, size_t nth, int prog_fd, const char *name);
/* Two words of `ip link set` that stand where the program will. */
#define WEIR_STAND_IN_LINK "numtxqueues", "2147483646"
/* Replaces them in a link request. */
int weir_borrowed_xdp(struct weir_borrowed *req, int prog_fd, uint32_t flags);
/* Words of `ip route` and `ip nexthop` for an encapsulation that is to be replaced. */
#define WEIR_STAND_IN_ENCAP "encap", "ip", "id", "0x7765697220696e21", "dst", "0.0.0.1"
/* Replaces the first of them that is left, of the route or of a next hop, by one of
 * type bpf. @headroom_bytes 0: none. */
int weir_borrowed_lwt(struct weir_borrowed *req, const struct weir_lwt_prog *progs, size_t n,
		      uint32_t headroom_bytes);
/* Replaces it by seg6local's End.BPF with this program; @counters: `count`. */
int weir_borrowed_seg6local(struct weir_borrowed *req, int prog_fd, const char *name,
			    bool counters);
/* @echo: the kernel is to answer with what it made. */
int weir_borrowed_send(struct weir_net *net, struct weir_borrowed *req, bool echo,
		       struct weir_ack *ack);
/* What the kernel answered beside its ack: the echo. */
const void *weir_borrowed_answer(const struct weir_borrowed *req, size_t *len_bytes);
/* The message as it would be sent: for tests. */
const void *weir_borrowed_bytes(const struct weir_borrowed *req, size_t *len_bytes);

#ifdef __cplusplus
}
#endif
#endif
