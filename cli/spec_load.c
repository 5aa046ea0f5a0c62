// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SPEC as a program in the kernel. In: the words. Out: an fd and the name that
 * tc and ip store with it. A load is provisional until the kernel has taken the
 * program: pins of a refused one go again.
 */
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/export.h"
#include "cli/spec.h"
#include "maps/weir_map.h"

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* BPFFS's folder of a program type: iproute2's `m:` paths begin there. */
static const char *folder_of(uint32_t prog_type)
{
	switch (prog_type) {
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
		return "tc";
	case BPF_PROG_TYPE_XDP:
		return "xdp";
	default:
		return "ip";
	}
}

int weir_spec_path(const struct weir_compat *c, const char *path, uint32_t prog_type, char *buf,
		   size_t len)
{
	char mnt[PATH_MAX];
	int err, n;

	if (strncmp(path, "m:", 2) != 0) {
		n = snprintf(buf, len, "%s", path);
	} else {
		err = weir_bpffs_path(c->bpffs, mnt, sizeof(mnt));
		if (err) {
			weir_compat_say("%s: no BPF file system is mounted", path);
			return err;
		}
		n = snprintf(buf, len, "%s/%s/%s", mnt, folder_of(prog_type), path + 2);
	}
	if (n >= 0 && (size_t)n < len)
		return 0;
	weir_compat_say("%.64s...: %s", path, strerror(ENAMETOOLONG));
	return -ENAMETOOLONG;
}

static int load_pinned(const struct weir_compat *c, const struct weir_spec *spec,
		       struct weir_loaded *out)
{
	struct weir_prog prog;
	char path[PATH_MAX];
	int fd, err = weir_spec_path(c, spec->file, spec->prog_type, path, sizeof(path));

	if (err)
		return err;
	fd = weir_pin_open_prog(path);
	if (fd < 0)
		return fd;
	err = weir_prog_brief_by_fd(fd, &prog);
	if (!err && prog.type != spec->prog_type) {
		weir_compat_say("%s: a program of type %s; here it must be %s", path,
				weir_prog_type_name(prog.type) ?: "unknown",
				weir_prog_type_name(spec->prog_type) ?: "another");
		err = -EINVAL;
	}
	if (err) {
		close(fd);
		return err;
	}
	out->own_fd = out->prog_fd = fd;
	snprintf(out->name, sizeof(out->name), "%.240s:[*fsobj]", base_of(path));
	return 0;
}

static int load_object(const struct weir_compat *c, const struct weir_spec *spec, uint32_t ifindex,
		       struct weir_loaded *out)
{
	struct weir_open_opts open_opts = {.sz = sizeof(open_opts), .bpffs = c->bpffs};
	struct weir_load_opts opts = {
		.sz = sizeof(opts),
		.provisional = true,
		.ifindex = ifindex,
		.whole_log = spec->verbose,
		.net = c->net,
	};
	int err;

	if (spec->verbose)
		weir_compat_say_begin(true);
	err = weir_object_open(spec->file, &open_opts, &out->object);
	err = err
		      ?: weir_object_choose_plain(out->object, spec->prog_type, spec->section,
						  spec->prog);
	err = err ?: weir_object_load(out->object, &opts);
	if (err)
		return err;
	out->prog_fd = weir_object_prog_fd(out->object);
	/* With `program` iproute2 names the section all the same. */
	if (spec->prog && (spec->section || weir_section_of_type(spec->prog_type)))
		snprintf(out->name, sizeof(out->name), "%s:[%s]", weir_object_name(out->object),
			 spec->section ?: weir_section_of_type(spec->prog_type));
	else
		weir_object_label(out->object, out->name, sizeof(out->name));
	return 0;
}

int weir_spec_load(const struct weir_compat *c, const struct weir_spec *spec, uint32_t ifindex,
		   struct weir_loaded *out)
{
	int err = 0;

	*out = (struct weir_loaded){.prog_fd = -1, .own_fd = -1};
	if (spec->kind == WEIR_SPEC_PINNED)
		err = load_pinned(c, spec, out);
	else if (spec->kind == WEIR_SPEC_OBJECT)
		err = load_object(c, spec, ifindex, out);
	if (!err && spec->kind == WEIR_SPEC_OBJECT && spec->export_uds)
		err = weir_export_maps(out->object, spec->file, spec->export_uds);
	if (err)
		weir_loaded_close(out, false);
	return err;
}

void weir_loaded_close(struct weir_loaded *loaded, bool keep)
{
	if (keep && loaded->object)
		weir_object_keep(loaded->object);
	weir_object_close(loaded->object);
	if (loaded->own_fd >= 0)
		close(loaded->own_fd);
	*loaded = (struct weir_loaded){.prog_fd = -1, .own_fd = -1};
}

void weir_loaded_leave(const struct weir_compat *c, struct weir_loaded *loaded)
{
	if (loaded->object)
		weir_object_keep(loaded->object);
	weir_compat_leave(c);
}
