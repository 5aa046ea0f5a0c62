// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which card is behind an interface, and why it refuses.
 *
 * In: an interface; a program or map that the kernel has refused. Out: the place of its
 * pins; one line with the cause and what helps. bpf(2) tells a number only (a driver's text
 * is in the verifier's log), so the cause of a map's refusal is found by trying smaller ones.
 */
#include "loader/device.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/bpffs.h"

/* IFLA_PARENT_DEV_NAME is of Linux 5.14; ethtool has told the same all along. */
static void find_parent(struct weir_net *net, struct weir_link *link)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};

	if (!*link->parent && !weir_net_ethtool(net, link->name, &info))
		snprintf(link->parent, sizeof(link->parent), "%s", info.bus_info);
}

int weir_device_find(struct weir_net *net, int ifindex, struct weir_device *out)
{
	struct weir_device dev = {.net = net, .ifindex = ifindex};
	struct weir_link link;
	int err = weir_nl_link(net, NULL, ifindex, &link);

	if (err)
		return weir_fail(err, "interface %d: %s", ifindex, weir_errstr(err));
	snprintf(dev.name, sizeof(dev.name), "%s", link.name);
	dev.netns_ino = weir_net_inode(net);
	find_parent(net, &link);
	if (*link.parent && *link.port)
		snprintf(dev.pin_dir, sizeof(dev.pin_dir), "%s-%s", link.parent, link.port);
	else
		snprintf(dev.pin_dir, sizeof(dev.pin_dir), "if%d-%" PRIx64, ifindex,
			 weir_net_cookie(net));
	weir_bpffs_escape(dev.pin_dir);
	*out = dev;
	return 0;
}

/* ---- trials -------------------------------------------------------------- */

/* Returns at the first instruction: whoever runs programs runs this one. */
static int try_prog(const struct weir_device *dev, uint32_t prog_type)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 2},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_ifindex = (uint32_t)dev->ifindex);
	int fd = weir_net_enter(dev->net);

	if (fd)
		return fd;
	fd = bpf_prog_load((enum bpf_prog_type)prog_type, "weir_trial", "GPL", insns, 2, &opts);
	weir_net_leave(dev->net);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int try_map(const struct weir_device *dev, const struct weir_map_decl *decl,
		   uint32_t max_entries, uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags,
		    .map_ifindex = (uint32_t)dev->ifindex);
	int fd = weir_net_enter(dev->net);

	if (fd)
		return fd;
	fd = bpf_map_create((enum bpf_map_type)decl->type, "weir_trial", decl->key_size_bytes,
			    decl->value_size_bytes, max_entries, &opts);
	weir_net_leave(dev->net);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* The most entries that such a map can have: @decl has too many, 1 is not. */
static uint32_t most_entries(const struct weir_device *dev, const struct weir_map_decl *decl)
{
	uint32_t good = 1, bad = decl->max_entries;

	while (bad - good > 1) {
		uint32_t mid = good + (bad - good) / 2;

		if (try_map(dev, decl, mid, 0))
			bad = mid;
		else
			good = mid;
	}
	return good;
}

static const char *driver_of(const struct weir_device *dev, char *buf, size_t len)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};

	snprintf(buf, len, "%s", weir_net_ethtool(dev->net, dev->name, &info) ? "" : info.driver);
	return *buf ? buf : "unknown";
}

/* Is it the device as such that takes no program? Logged then. */
static int refuse_device(const struct weir_device *dev, const struct weir_object *obj)
{
	char driver[sizeof(((struct ethtool_drvinfo *)0)->driver) + 1];
	int err = try_prog(dev, obj->prog_type);

	if (!err || err == -EPERM || err == -ENOMEM)
		return 0;
	return weir_fail(
		err,
		"%s: %s (driver %s) takes no program at all: %s; attach it without offload, "
		"or add fallback",
		obj->name, dev->name, driver_of(dev, driver, sizeof(driver)), weir_errstr(err));
}

/* ---- why not ------------------------------------------------------------- */

int weir_device_refuse_map(const struct weir_device *dev, const struct weir_object *obj,
			   const char *map, int err)
{
	const struct weir_map_decl *decl = NULL;

	if (refuse_device(dev, obj))
		return err;
	for (size_t i = 0; i < obj->defs.n; i++)
		if (!strcmp(obj->defs.list[i].decl.name, map))
			decl = &obj->defs.list[i].decl;
	if (!decl || try_map(dev, decl, 1, 0))
		return weir_fail(err,
				 "%s: map %s: %s does not make it, nor one of a single entry: %s; "
				 "try another type or smaller keys and values (%u and %u bytes)",
				 obj->name, map, dev->name, weir_errstr(err),
				 decl ? decl->key_size_bytes : 0,
				 decl ? decl->value_size_bytes : 0);
	if (!try_map(dev, decl, decl->max_entries, 0))
		return weir_fail(err,
				 "%s: map %s: %s takes no maps with flags (0x%x); leave them out",
				 obj->name, map, dev->name, decl->flags);
	return weir_fail(
		err, "%s: map %s: %u entries are too many: %s takes %u at most; make it smaller",
		obj->name, map, decl->max_entries, dev->name, most_entries(dev, decl));
}

bool weir_device_words(const struct weir_verifier_verdict *verdict, char *buf, size_t len)
{
	static const char number[] = "function id: "; /* nfp's verifier.c */
	const char *at, *helper = NULL;

	/* Drivers put their name before what they say into the verifier's log. */
	if (*verdict->message != '[')
		return false;
	at = memmem(verdict->message, verdict->message_len, number, strlen(number));
	if (at)
		helper = weir_helper_name((uint32_t)strtoul(at + strlen(number), NULL, 10));
	snprintf(buf, len, "%.*s%s%s%s", (int)verdict->message_len, verdict->message,
		 helper ? " (" : "", helper ? helper : "", helper ? ")" : "");
	return true;
}

int weir_device_refuse_prog(const struct weir_device *dev, const struct weir_object *obj,
			    const char *prog, const char *log, int err)
{
	struct weir_verifier_verdict verdict;
	char words[256];

	if (weir_log_wants(WEIR_LOG_INFO))
		weir_verifier_log_all(log);
	if (refuse_device(dev, obj))
		return err;
	if (weir_verifier_read(log, &verdict))
		return weir_fail(err,
				 "%s: program %s: %s takes programs, but not this one: %s; "
				 "attach it without offload, or add fallback",
				 obj->name, prog, dev->name, weir_errstr(err));
	if (!weir_device_words(&verdict, words, sizeof(words)))
		return weir_verifier_report(err, obj->name, prog, log);
	weir_verifier_log_place(&verdict, prog);
	return weir_fail(err,
			 "%s: program %s: the driver of %s refuses it: %s; %s; attach it without "
			 "offload, or add fallback",
			 obj->name, prog, dev->name, words, weir_errstr(err));
}

/* ---- what the kernel has for no device ----------------------------------- */

struct reasons {
	weir_reason_fn fn;
	void *ctx;
	int n;
};

__attribute__((format(printf, 2, 3))) static void tell(struct reasons *reasons, const char *fmt,
						       ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	reasons->n++;
	reasons->fn(text, reasons->ctx);
}

/* What of @map's values the kernel knows by BTF alone; NULL: nothing. */
static const char *needs_btf(const struct weir_object *obj, size_t map)
{
	static const char *const names[] = {"bpf_spin_lock", "bpf_timer",   "bpf_wq",
					    "bpf_list_head", "bpf_rb_root", "bpf_refcount"};
	uint32_t id = map < obj->defs.n ? obj->defs.list[map].value_type_id : 0;
	int plain = id && obj->btf ? btf__resolve_type(obj->btf, id) : -ENOENT;
	const struct btf_type *t = plain > 0 ? btf__type_by_id(obj->btf, (__u32)plain) : NULL;

	for (int i = 0; t && btf_is_struct(t) && i < btf_vlen(t); i++) {
		const struct btf_type *member = btf__type_by_id(obj->btf, btf_members(t)[i].type);
		const char *name = member ? btf__name_by_offset(obj->btf, member->name_off) : "";

		for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
			if (!strcmp(name, names[n]))
				return names[n];
	}
	return NULL;
}

/* bpf_map_offload_map_alloc() and, for data and BTF, bpf_map_offload_ops of
 * kernel/bpf/offload.c. */
static void check_map(struct reasons *reasons, const struct weir_object *obj, size_t nth)
{
	const struct weir_map_decl *map = &obj->maps[nth];
	const char *type = weir_map_type_name(map->type), *field = needs_btf(obj, nth);

	if (field)
		tell(reasons,
		     "map %s: values with %s need BTF, and the kernel takes none for maps of "
		     "devices; leave it out",
		     map->name, field);

	if (map->style == WEIR_MAP_DATA)
		tell(reasons,
		     "it uses variables (%s), and devices have none; use a map, or constants "
		     "that are known when it is compiled",
		     map->name);
	else if (map->type == BPF_MAP_TYPE_PROG_ARRAY)
		tell(reasons,
		     "it makes tail calls (map %s), and devices have none; call functions "
		     "instead",
		     map->name);
	else if (map->type != BPF_MAP_TYPE_ARRAY && map->type != BPF_MAP_TYPE_HASH &&
		 !weir_map_stays_with_host(map->type))
		tell(reasons,
		     "map %s is of type %s, and devices have array and hash; use one of them",
		     map->name, type ? type : "unknown");
}

int weir_object_offload_reasons(const struct weir_object *obj, weir_reason_fn fn, void *ctx)
{
	struct reasons reasons = {.fn = fn, .ctx = ctx};
	const struct weir_prog_decl *prog = weir_object_chosen(obj);
	const char *type = weir_prog_type_name(obj->prog_type);

	if (!prog)
		return 0;
	/* bpf_prog_dev_bound_init(), kernel/bpf/offload.c */
	if (obj->prog_type != BPF_PROG_TYPE_XDP && obj->prog_type != BPF_PROG_TYPE_SCHED_CLS)
		tell(&reasons, "it is of type %s, and devices take xdp and sched_cls",
		     type ? type : "unknown");
	if (prog->frags)
		tell(&reasons, "it is for frames in several buffers (xdp.frags), and devices have "
			       "none; use a program of section xdp");
	for (size_t i = 0; i < prog->n_maps; i++)
		check_map(&reasons, obj, prog->maps[i]);
	return reasons.n;
}

struct refusal {
	const struct weir_device *dev;
	const struct weir_object *obj;
	bool said;
};

static void refuse(const char *text, void *ctx)
{
	struct refusal *refusal = ctx;
	const char *prog = weir_object_chosen(refusal->obj)->name;

	if (!refusal->said)
		weir_fail(-EOPNOTSUPP, "%s: program %s is not for %s: %s", refusal->obj->name, prog,
			  refusal->dev->name, text);
	else
		weir_log(WEIR_LOG_DETAIL, "%s: and %s", prog, text);
	refusal->said = true;
}

int weir_device_check(const struct weir_device *dev, const struct weir_object *obj)
{
	struct refusal refusal = {.dev = dev, .obj = obj};

	return weir_object_offload_reasons(obj, refuse, &refusal) ? -EOPNOTSUPP : 0;
}

/* ---- refusals at the hook ------------------------------------------------ */

/* @text with @dev for each '@'. */
static void put_dev(const char *text, const char *dev, char *buf, size_t len)
{
	size_t at = 0;

	for (; *text && at + 1 < len; text++)
		if (*text == '@')
			at += (size_t)snprintf(buf + at, len - at, "%s", dev);
		else
			buf[at++] = *text;
	buf[at < len ? at : len - 1] = '\0';
}

const char *weir_device_hint(const char *ext, const char *dev, char *buf, size_t len)
{
	/* Texts of net/core/dev.c, kernel/bpf/offload.c, net/sched and the drivers. */
	static const struct {
		const char *text, *hint;
	} hints[] = {
		{"TC offload is disabled", "`ethtool -K @ hw-tc-offload on` enables it"},
		{"offload states mismatch",
		 "the device takes one program of tc, and none beside XDP's; `weir detach dev @ "
		 "ingress` or `weir detach dev @ xdp offload` comes first"},
		{"TC program is already loaded", "`weir detach dev @ ingress` comes first"},
		{"offload of chain 0", "leave out chain, or skip_sw"},
		{"bound to different dev", "load it for @: give obj FILE"},
		{"bound to a different dev", "load it for @: give obj FILE"},
	};

	for (size_t i = 0; ext && i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (!strcasestr(ext, hints[i].text))
			continue;
		put_dev(hints[i].hint, dev, buf, len);
		return buf;
	}
	return NULL;
}
