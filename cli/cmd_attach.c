// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir attach. In: device, hook, and a program in a file, behind a pin or by
 * id. Out: the program attached, as one transaction of the library; a line
 * where the user left the XDP mode open.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "cli/command.h"
#include "cli/names.h"
#include "cli/out.h"
#include "cli/say.h"
#include "loader/weir.h"

static int open_object(const struct weir_globals *globals, const struct weir_attach_config *cfg,
		       struct weir_object **out)
{
	const struct weir_open_opts opts = {
		.sz = sizeof(opts),
		.bpffs = globals->bpffs,
		.pin_dir = cfg->pin_dir,
	};
	uint32_t type = cfg->hook == WEIR_HOOK_XDP ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS;
	struct weir_object *obj;
	int err;

	err = weir_object_open(cfg->obj, &opts, &obj);
	if (err)
		return err;
	err = weir_object_choose(obj, type, (enum weir_hook)cfg->hook, cfg->sec, cfg->prog);
	if (err) {
		weir_object_close(obj);
		return err;
	}
	*out = obj;
	return 0;
}

/* What a bpf() fd is, by the name of its anonymous inode (kernel/bpf/syscall.c);
 * without /proc every fd passes, and the kernel refuses it later. */
static bool is_prog(int fd)
{
	char path[32], link[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		return true;
	link[len] = '\0';
	return strstr(link, "bpf-prog") != NULL;
}

static int open_pinned(const char *path)
{
	int fd = bpf_obj_get(path);

	if (fd < 0) {
		weir_say_error("%s: cannot open the pinned program: %s%s", path, strerror(-fd),
			       fd == -EPERM ? "; run as root" : "");
		return fd;
	}
	if (!is_prog(fd)) {
		weir_say_error("%s: what is pinned here is not a program; give the pin of one",
			       path);
		close(fd);
		return -EINVAL;
	}
	return fd;
}

/* The loaded program that PATH or N means, and the name that a filter gets:
 * for a pin the one that tc gives it. */
static int open_prog(const struct weir_attach_config *cfg, char *label, size_t len)
{
	const char *slash;

	if (!cfg->pinned) {
		snprintf(label, len, "id:[%u]", cfg->id);
		return weir_prog_open_id(cfg->id);
	}
	slash = strrchr(cfg->pinned, '/');
	snprintf(label, len, "%s:[*fsobj]", slash ? slash + 1 : cfg->pinned);
	return open_pinned(cfg->pinned);
}

static void print_json(const struct weir_globals *globals, const struct weir_attach_config *cfg,
		       const struct weir_attach_result *res, const char *prog)
{
	struct weir_json json;

	weir_json_start(&json, stdout, globals->pretty);
	weir_json_object(&json, NULL);
	weir_json_string(&json, "dev", cfg->dev);
	weir_json_u64(&json, "ifindex", (uint64_t)res->ifindex);
	weir_json_string(&json, "hook", weir_hook_name((enum weir_hook)cfg->hook));
	if (cfg->hook == WEIR_HOOK_XDP) {
		weir_json_string(&json, "mode", weir_mode_word(res->mode));
	} else {
		weir_json_string(&json, "kind", res->tcx ? "tcx" : "bpf");
		if (!res->tcx) {
			weir_json_u64(&json, "pref", res->pref);
			weir_json_u64(&json, "handle", res->handle);
		}
	}
	weir_json_object(&json, "prog");
	weir_json_u64(&json, "id", res->prog_id);
	weir_json_string(&json, "name", prog);
	weir_json_object_end(&json);
	if (res->replaced_prog_id)
		weir_json_u64(&json, "replaced_id", res->replaced_prog_id);
	weir_json_bool(&json, "unchanged", res->unchanged);
	weir_json_bool(&json, "in_hw", res->in_hw);
	weir_json_object_end(&json);
	weir_json_end(&json);
}

static void print_text(const struct weir_attach_config *cfg, const struct weir_attach_result *res,
		       const char *prog)
{
	weir_text_print(stdout, cfg->dev);
	printf(": %s ", weir_hook_name((enum weir_hook)cfg->hook));
	if (cfg->hook == WEIR_HOOK_XDP)
		printf("%s ", weir_mode_word(res->mode));
	else if (res->tcx)
		printf("tcx ");
	else
		printf("pref %u handle 0x%x %s", res->pref, res->handle,
		       res->in_hw ? "in_hw " : "");
	weir_text_print(stdout, prog);
	printf(" id %u", res->prog_id);
	if (res->unchanged)
		printf(" (unchanged)");
	else if (res->replaced_prog_id)
		printf(" (replaced id %u)", res->replaced_prog_id);
	putchar('\n');
}

/* Quiet unless the answer says what the command did not. */
static bool wants_line(const struct weir_globals *globals, const struct weir_attach_config *cfg)
{
	if (globals->quiet)
		return false;
	return globals->verbose || (cfg->hook == WEIR_HOOK_XDP && cfg->mode == WEIR_XDP_BEST);
}

static void report(const struct weir_globals *globals, const struct weir_attach_config *cfg,
		   const struct weir_attach_result *res, const struct weir_attach_opts *opts)
{
	const struct weir_prog_decl *decl;
	struct weir_prog prog = {0};
	const char *name = prog.name;

	decl = opts->object ? weir_object_chosen(opts->object) : NULL;
	if (decl)
		name = decl->name;
	else
		(void)weir_prog_by_fd(opts->prog_fd, &prog);
	if (globals->json)
		print_json(globals, cfg, res, name);
	else if (wants_line(globals, cfg))
		print_text(cfg, res, name);
}

int weir_cmd_attach(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_attach_config *cfg = &config->attach;
	struct weir_attach_opts opts = {
		.sz = sizeof(opts),
		.dev = cfg->dev,
		.hook = (enum weir_hook)cfg->hook,
		.mode = (enum weir_xdp_mode)cfg->mode,
		.tcx = cfg->tcx,
		.force = cfg->force,
		.pref = cfg->pref,
		.handle = cfg->handle,
		.name = cfg->name,
		.skip_sw = cfg->skip_sw,
		.skip_hw = cfg->skip_hw,
		.fallback = cfg->fallback,
	};
	struct weir_attach_result res = {.sz = sizeof(res)};
	struct weir_object *obj = NULL;
	struct weir_net *net = NULL;
	char label[256];
	int fd = -1;
	int err;

	err = weir_net_open(globals->netns, &net);
	if (err)
		goto out;
	if (cfg->obj) {
		err = open_object(globals, cfg, &obj);
	} else {
		fd = open_prog(cfg, label, sizeof(label));
		err = fd < 0 ? fd : 0;
	}
	if (err)
		goto out;
	opts.object = obj;
	if (!obj) {
		opts.prog_fd = fd;
		opts.prog_label = label;
	}
	err = weir_attach(net, &opts, &res);
	if (!err)
		report(globals, cfg, &res, &opts);
out:
	if (fd >= 0)
		close(fd);
	weir_object_close(obj);
	weir_net_close(net);
	return err;
}
