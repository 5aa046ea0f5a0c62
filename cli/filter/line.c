// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which set a line of `weir filter` is about: found on the interface or by its pin, made,
 * pinned, attached, and swept away when nobody uses it.
 */
#include "cli/filter/line.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "cli/say.h"

#define PIN_PREFIX	 "weir_filter-" /* of pins in BPFFS/tc/globals; then the set's name */
#define WEIR_FILTER_SLOT "weir-filter"	/* tc: the filter's name */

/* ---- pins ---------------------------------------------------------------- */

static int globals_dir(const struct weir_filter_line *line, char *buf, size_t len)
{
	char mnt[PATH_MAX];
	int err = weir_bpffs_path(line->globals->bpffs, mnt, sizeof(mnt));

	if (!err && (size_t)snprintf(buf, len, "%s/tc/globals", mnt) >= len)
		err = -ENAMETOOLONG;
	return err;
}

static void pin_of(const char *name, char *buf, size_t len)
{
	snprintf(buf, len, PIN_PREFIX "%s", name);
}

/* The program array of a set; -ENOENT, not logged. */
static int open_pin(const struct weir_filter_line *line, const char *name)
{
	char dir[PATH_MAX], path[2 * PATH_MAX];
	int err = globals_dir(line, dir, sizeof(dir)), fd;

	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/" PIN_PREFIX "%s", dir, name);
	fd = bpf_obj_get(path);
	if (fd < 0 && fd != -ENOENT)
		weir_say_error("%s: %s%s", path, strerror(-fd),
			       fd == -EPERM ? "; run as root" : "");
	return fd;
}

static int unpin(const struct weir_filter_line *line, const char *name)
{
	char pin[sizeof(PIN_PREFIX) + WEIR_FILTER_NAME_MAX];

	pin_of(name, pin, sizeof(pin));
	return weir_map_unpin(pin, line->globals->bpffs);
}

static bool is_number(const char *name)
{
	return name[strspn(name, "0123456789")] == '\0';
}

bool weir_filter_line_is_nameless(const struct weir_filter_line *line)
{
	return is_number(line->name);
}

static int check_name(const char *name)
{
	size_t len = strlen(name);

	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
			len = 0;
	if (len && len <= WEIR_FILTER_NAME_MAX && !is_number(name))
		return 0;
	weir_say_error("filter: set '%.60s': a name has letters, digits, - and _, at most %d, and "
		       "not only digits",
		       name, WEIR_FILTER_NAME_MAX);
	return -EINVAL;
}

/* Sets without a name go with their interface; what is left of one whose interface went by
 * itself, or of a killed command, is removed here. */
static void sweep(const struct weir_filter_line *line)
{
	char dir[PATH_MAX];
	struct dirent *entry;
	DIR *open;

	if (globals_dir(line, dir, sizeof(dir)))
		return;
	open = opendir(dir);
	while (open && (entry = readdir(open))) {
		const char *name = entry->d_name + strlen(PIN_PREFIX);
		uint32_t id;

		if (strncmp(entry->d_name, PIN_PREFIX, strlen(PIN_PREFIX)) != 0 || !*name ||
		    !is_number(name))
			continue;
		id = (uint32_t)strtoul(name, NULL, 10);
		/* what cannot be known stays */
		if (weir_ruleset_is_used(id) == 0)
			(void)unpin(line, name);
	}
	if (open)
		(void)closedir(open);
}

/* Commands that change sets come one after the other. */
void weir_filter_line_lock(struct weir_filter_line *line)
{
	char mnt[PATH_MAX];

	if (weir_bpffs_path(line->globals->bpffs, mnt, sizeof(mnt)))
		return; /* not mounted yet: there is no set */
	line->lock_fd = open(mnt, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (line->lock_fd >= 0)
		(void)flock(line->lock_fd, LOCK_EX);
}

/* ---- which set ----------------------------------------------------------- */

static int map_id(int fd, uint32_t *out)
{
	struct weir_map map;
	int err = weir_map_by_fd(fd, &map);

	if (!err)
		*out = map.id;
	return err;
}

/* A set without a name is known by its program array. */
static int name_by_id(struct weir_filter_line *line, uint32_t gate)
{
	struct weir_pins *pins;
	const char *path;
	int err = weir_pins_read(&pins);

	if (err)
		return err;
	for (size_t i = 0; (path = weir_pins_path(pins, WEIR_PIN_OF_MAP, gate, i)); i++) {
		const char *name = strstr(path, PIN_PREFIX);

		if (name)
			snprintf(line->name, sizeof(line->name), "%s", name + strlen(PIN_PREFIX));
	}
	weir_pins_free(pins);
	return 0;
}

static int refuse_other_set(const struct weir_filter_line *line)
{
	weir_say_error(
		"%s: %s filters by set '%s' already; `weir filter dev %s %s off` comes first",
		line->cfg->dev, weir_hook_name(line->hook), line->name, line->cfg->dev,
		weir_hook_name(line->hook));
	return -EEXIST;
}

static int find_on_dev(struct weir_filter_line *line)
{
	uint32_t gate;
	int fd, err;

	err = weir_net_open(line->globals->netns, &line->net);
	err = err ?: weir_ruleset_find(line->net, line->cfg->dev, &line->hook, &gate);
	if (err == -ENOENT)
		return 0;
	if (err)
		return err;
	fd = weir_map_open_id_quiet(gate);
	if (fd < 0)
		return fd;
	line->attached = line->there = true;
	err = name_by_id(line, gate);
	err = err ?: weir_ruleset_open(&line->filter, fd);
	/* what has lost its rules can still be taken off */
	if (err == -ENODATA && line->cfg->verb == WEIR_FILTER_OFF)
		err = 0;
	if (!err && line->cfg->set && strcmp(line->cfg->set, line->name) != 0)
		err = refuse_other_set(line);
	return err;
}

static int find_by_name(struct weir_filter_line *line)
{
	int fd, err = check_name(line->cfg->set);

	if (err)
		return err;
	fd = open_pin(line, line->cfg->set);
	snprintf(line->name, sizeof(line->name), "%s", line->cfg->set);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	line->there = true;
	return weir_ruleset_open(&line->filter, fd);
}

/* XDP where no hook was named; a set stays of the kind it is. */
static int choose_hook(struct weir_filter_line *line)
{
	bool set_is_xdp = line->filter.kind != WEIR_GATE_TC;

	if (!line->hook)
		line->hook = line->there && !set_is_xdp && !line->attached ? WEIR_HOOK_NONE
									   : WEIR_HOOK_XDP;
	if (!line->there) {
		line->filter.kind = weir_ruleset_kind(line->hook);
		return 0;
	}
	if (line->cfg->dev && !line->hook) {
		weir_say_error("filter: set '%s' is for tc; name ingress or egress", line->name);
		return -EINVAL;
	}
	if (line->hook && (line->hook == WEIR_HOOK_XDP) != set_is_xdp) {
		weir_say_error("filter: set '%s' is for %s, not for %s; make another set",
			       line->name, set_is_xdp ? "xdp" : "ingress and egress",
			       weir_hook_name(line->hook));
		return -EINVAL;
	}
	return 0;
}

int weir_filter_line_find(struct weir_filter_line *line)
{
	int err = 0;

	if (!line->cfg->dev && !line->cfg->set) {
		weir_say_error("filter: dev DEV or set NAME must be given");
		return WEIR_EXIT_USAGE;
	}
	if (line->cfg->dev)
		err = find_on_dev(line);
	if (!err && !line->attached && line->cfg->set)
		err = find_by_name(line);
	return err ?: line->cfg->verb == WEIR_FILTER_OFF ? 0 : choose_hook(line);
}

/* ---- attaching ----------------------------------------------------------- */

static int refuse_other_program(const struct weir_attachment *at, void *ctx)
{
	const struct weir_filter_line *line = ctx;

	if (!at->has_prog || !at->prog.ours)
		return 0; /* weir_attach() names others' */
	weir_say_error(
		"%s: xdp holds program %s (id %u); `weir detach dev %s xdp` removes it, force "
		"replaces it",
		line->cfg->dev, at->prog.name, at->prog.id, line->cfg->dev);
	return -EEXIST;
}

int weir_filter_line_attach(struct weir_filter_line *line)
{
	struct weir_attach_opts opts = {
		.sz = sizeof(opts),
		.dev = line->cfg->dev,
		.hook = line->hook,
		.mode = (enum weir_xdp_mode)line->cfg->mode,
		.tcx = line->cfg->tcx,
		.force = line->cfg->force,
		.name = line->hook == WEIR_HOOK_XDP ? NULL : WEIR_FILTER_SLOT,
		.prog_label = WEIR_FILTER_SLOT,
	};
	struct weir_attach_result result = {.sz = sizeof(result)};
	int err = 0;

	if (line->hook == WEIR_HOOK_XDP && !line->cfg->force)
		err = weir_query_xdp(line->net, line->cfg->dev, refuse_other_program, line);
	if (err)
		return err;
	opts.prog_fd = weir_ruleset_gate(&line->filter);
	if (opts.prog_fd < 0)
		return opts.prog_fd;
	err = weir_attach(line->net, &opts, &result);
	close(opts.prog_fd);
	if (!err && result.mode == WEIR_XDP_GENERIC && line->cfg->mode == WEIR_XDP_BEST)
		weir_say_note("%s: attached in generic mode: its driver has no XDP",
			      line->cfg->dev);
	return err;
}

static int pin(struct weir_filter_line *line)
{
	char name[sizeof(PIN_PREFIX) + WEIR_FILTER_NAME_MAX];
	uint32_t id;
	int err;

	if (!line->name[0]) {
		err = map_id(line->filter.gate_fd, &id);
		if (err)
			return err;
		snprintf(line->name, sizeof(line->name), "%u", id);
	}
	pin_of(line->name, name, sizeof(name));
	return weir_map_pin(line->filter.gate_fd, name, line->globals->bpffs);
}

/* Rules in the kernel, then a pin that keeps them, then packets that meet them. */
int weir_filter_line_install(struct weir_filter_line *line, struct weir_set *set,
			     const struct weir_set *old)
{
	bool made = !line->there;
	int err;

	if (made && !line->name[0])
		sweep(line);
	err = weir_ruleset_write(&line->filter, set, made ? NULL : old);
	if (!err && made)
		err = pin(line);
	if (err || line->attached || !line->cfg->dev)
		return err;
	err = weir_filter_line_attach(line);
	if (err && made)
		(void)unpin(line, line->name);
	return err;
}

int weir_filter_line_unpin(const struct weir_filter_line *line)
{
	return unpin(line, line->name);
}

int weir_filter_line_id(const struct weir_filter_line *line, uint32_t *out)
{
	return map_id(line->filter.gate_fd, out);
}
