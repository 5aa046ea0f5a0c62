// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which set a line of a step's command is about: found on the interface or by its pin,
 * made, pinned, attached, and swept away when nobody uses it.
 */
#include "cli/step/line.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "cli/say.h"
#include "cli/step/gate.h"

#define PIN_MAX (sizeof("weir_-") + 16 + WEIR_SET_NAME_MAX)

void weir_step_line_init(struct weir_step_line *line, const struct weir_step *step,
			 const struct weir_globals *globals, const struct weir_step_config *place)
{
	*line = (struct weir_step_line){
		.globals = globals,
		.place = place,
		.hook = (enum weir_hook)place->hook,
		.lock_fd = -1,
	};
	weir_slot_init(&line->slot, step);
}

void weir_step_line_close(struct weir_step_line *line)
{
	weir_slot_close(&line->slot);
	weir_net_close(line->net);
	if (line->lock_fd >= 0)
		close(line->lock_fd);
}

/* ---- pins ---------------------------------------------------------------- */

static const char *step_name(const struct weir_step_line *line)
{
	return line->slot.step->name;
}

static int globals_dir(const struct weir_step_line *line, char *buf, size_t len)
{
	char mnt[PATH_MAX];
	int err = weir_bpffs_path(line->globals->bpffs, mnt, sizeof(mnt));

	if (!err && (size_t)snprintf(buf, len, "%s/tc/globals", mnt) >= len)
		err = -ENAMETOOLONG;
	return err;
}

/* In BPFFS/tc/globals; @name "": what all pins of the step begin with. */
static void pin_of(const struct weir_step_line *line, const char *name, char buf[PIN_MAX])
{
	snprintf(buf, PIN_MAX, "weir_%s-%s", step_name(line), name);
}

/* The program array of a set; -ENOENT, not logged. */
static int open_pin(const struct weir_step_line *line, const char *name)
{
	char dir[PATH_MAX], path[2 * PATH_MAX], pin[PIN_MAX];
	int err = globals_dir(line, dir, sizeof(dir)), fd;

	if (err)
		return err;
	pin_of(line, name, pin);
	snprintf(path, sizeof(path), "%s/%s", dir, pin);
	fd = bpf_obj_get(path);
	if (fd < 0 && fd != -ENOENT)
		weir_say_error("%s: %s%s", path, strerror(-fd),
			       fd == -EPERM || fd == -EACCES ? "; run as root" : "");
	return fd;
}

static int unpin(const struct weir_step_line *line, const char *name)
{
	char pin[PIN_MAX];

	pin_of(line, name, pin);
	return weir_map_unpin(pin, line->globals->bpffs);
}

static bool is_number(const char *name)
{
	return name[strspn(name, "0123456789")] == '\0';
}

/* A set without a name is its interface's own. */
static bool is_nameless(const struct weir_step_line *line)
{
	return is_number(line->name);
}

static int check_name(const struct weir_step_line *line, const char *name)
{
	size_t len = strlen(name);

	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
			len = 0;
	if (len && len <= WEIR_SET_NAME_MAX && !is_number(name))
		return 0;
	weir_say_error("%s: set '%.60s': a name has letters, digits, - and _, at most %d, and not "
		       "only digits",
		       step_name(line), name, WEIR_SET_NAME_MAX);
	return -EINVAL;
}

/* Sets without a name go with their interface; what is left of one whose interface went by
 * itself, or of a killed command, is removed here. */
static void sweep(const struct weir_step_line *line)
{
	char dir[PATH_MAX], prefix[PIN_MAX];
	struct dirent *entry;
	DIR *open;

	if (globals_dir(line, dir, sizeof(dir)))
		return;
	pin_of(line, "", prefix);
	open = opendir(dir);
	while (open && (entry = readdir(open))) {
		const char *name = entry->d_name + strlen(prefix);
		uint32_t id;

		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 || !*name ||
		    !is_number(name))
			continue;
		id = (uint32_t)strtoul(name, NULL, 10);
		/* what cannot be known stays */
		if (weir_slot_is_used(id) == 0)
			(void)unpin(line, name);
	}
	if (open)
		(void)closedir(open);
}

/* Commands that change sets come one after the other. */
void weir_step_line_lock(struct weir_step_line *line)
{
	char mnt[PATH_MAX];

	if (weir_bpffs_path(line->globals->bpffs, mnt, sizeof(mnt)))
		return; /* not mounted yet: there is no set */
	line->lock_fd = open(mnt, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (line->lock_fd >= 0)
		(void)flock(line->lock_fd, LOCK_EX);
}

/* ---- which set ----------------------------------------------------------- */

/* A set without a name is known by its program array. */
static int name_by_id(struct weir_step_line *line, uint32_t slot_id)
{
	char prefix[PIN_MAX];
	struct weir_pins *pins;
	const char *path;
	int err = weir_pins_read(&pins);

	if (err)
		return err;
	pin_of(line, "", prefix);
	for (size_t i = 0; (path = weir_pins_path(pins, WEIR_PIN_OF_MAP, slot_id, i)); i++) {
		const char *name = strstr(path, prefix);

		if (name)
			snprintf(line->name, sizeof(line->name), "%s", name + strlen(prefix));
	}
	weir_pins_free(pins);
	return 0;
}

static int refuse_other_set(const struct weir_step_line *line)
{
	const char *dev = line->place->dev, *hook = weir_hook_name(line->hook);

	if (is_nameless(line))
		weir_say_error("%s: %s %ss by a set of its own already; `weir %s dev %s %s off` "
			       "comes first",
			       dev, hook, step_name(line), step_name(line), dev, hook);
	else
		weir_say_error("%s: %s %ss by set '%s' already; `weir %s dev %s %s off` comes "
			       "first",
			       dev, hook, step_name(line), line->name, step_name(line), dev, hook);
	return -EEXIST;
}

static int find_on_dev(struct weir_step_line *line)
{
	uint32_t slot_id;
	int fd, err;

	err = weir_net_open(line->globals->netns, &line->net);
	err = err
		      ?: weir_gate_find(line->net, line->place->dev, line->slot.step, &line->hook,
					&slot_id);
	if (err == -ENOENT)
		return 0;
	if (err)
		return err;
	fd = weir_map_open_id_quiet(slot_id);
	if (fd < 0)
		return fd;
	line->attached = line->there = true;
	err = name_by_id(line, slot_id);
	err = err ?: weir_slot_open(&line->slot, fd);
	if (err == -ENODATA && line->takes_off)
		err = 0;
	if (!err && line->place->set && strcmp(line->place->set, line->name) != 0)
		err = refuse_other_set(line);
	return err;
}

static int find_by_name(struct weir_step_line *line)
{
	int fd, err = check_name(line, line->place->set);

	if (err)
		return err;
	fd = open_pin(line, line->place->set);
	snprintf(line->name, sizeof(line->name), "%s", line->place->set);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	line->there = true;
	return weir_slot_open(&line->slot, fd);
}

/* XDP where no hook was named; a set stays of the kind it is. */
static int choose_hook(struct weir_step_line *line)
{
	bool set_is_xdp = line->slot.kind != WEIR_STEP_TC;

	if (!line->hook)
		line->hook = line->there && !set_is_xdp && !line->attached ? WEIR_HOOK_NONE
									   : WEIR_HOOK_XDP;
	if (!line->there) {
		line->slot.kind = weir_step_kind_at(line->hook);
		return 0;
	}
	if (line->place->dev && !line->hook) {
		weir_say_error("%s: set '%s' is for tc; name ingress or egress", step_name(line),
			       line->name);
		return -EINVAL;
	}
	if (line->hook && (line->hook == WEIR_HOOK_XDP) != set_is_xdp) {
		weir_say_error("%s: set '%s' is for %s, not for %s; make another set",
			       step_name(line), line->name,
			       set_is_xdp ? "xdp" : "ingress and egress",
			       weir_hook_name(line->hook));
		return -EINVAL;
	}
	return 0;
}

int weir_step_line_find(struct weir_step_line *line)
{
	int err = 0;

	if (!line->place->dev && !line->place->set) {
		weir_say_error("%s: dev DEV or set NAME must be given", step_name(line));
		return WEIR_EXIT_USAGE;
	}
	if (line->place->dev)
		err = find_on_dev(line);
	if (!err && !line->attached && line->place->set)
		err = find_by_name(line);
	return err ?: line->takes_off ? 0 : choose_hook(line);
}

int weir_step_line_refuse_missing(const struct weir_step_line *line)
{
	const struct weir_step_config *place = line->place;

	if (weir_say_blind(place->dev ? place->dev : step_name(line)))
		return -EPERM;
	if (line->there)
		weir_say_error("%s: does not %s by set '%s'; %s", place->dev, step_name(line),
			       place->set, line->slot.step->how);
	else if (place->dev)
		weir_say_error("%s: no %s is attached; %s", place->dev, step_name(line),
			       line->slot.step->how);
	else
		weir_say_error("%s: there is no set '%s'", step_name(line), place->set);
	return -ENOENT;
}

void weir_step_line_title(const struct weir_step_line *line, char *buf, size_t len)
{
	const char *dev = line->place->dev;

	if (dev && is_nameless(line))
		snprintf(buf, len, "%s %s", dev, weir_hook_name(line->hook));
	else if (dev)
		snprintf(buf, len, "%s %s set %s", dev, weir_hook_name(line->hook), line->name);
	else
		snprintf(buf, len, "set %s", line->name);
}

/* ---- attaching ----------------------------------------------------------- */

static struct weir_gate_place gate_place(const struct weir_step_line *line)
{
	return (struct weir_gate_place){
		.net = line->net,
		.dev = line->place->dev,
		.hook = line->hook,
		.mode = (enum weir_xdp_mode)line->place->mode,
		.tcx = line->place->tcx,
		.force = line->place->force,
	};
}

int weir_step_line_attach(struct weir_step_line *line)
{
	struct weir_gate_place place = gate_place(line);

	return weir_gate_add(&place, &line->slot);
}

static int pin(struct weir_step_line *line)
{
	char name[PIN_MAX];
	uint32_t id;
	int err;

	if (!line->name[0]) {
		err = weir_slot_id(&line->slot, &id);
		if (err)
			return err;
		snprintf(line->name, sizeof(line->name), "%u", id);
	}
	pin_of(line, line->name, name);
	return weir_map_pin(line->slot.fd, name, line->globals->bpffs);
}

/* The program in the kernel, then a pin that keeps it, then packets that meet it. */
int weir_step_line_install(struct weir_step_line *line, int (*write)(void *ctx), void *ctx)
{
	bool made = !line->there;
	int err;

	if (made && !line->name[0])
		sweep(line);
	err = write(ctx);
	if (!err && made)
		err = pin(line);
	if (err || line->attached || !line->place->dev)
		return err;
	err = weir_step_line_attach(line);
	if (err && made)
		(void)unpin(line, line->name);
	return err;
}

int weir_step_line_off(const struct weir_step_line *line)
{
	struct weir_gate_place place = gate_place(line);
	uint32_t id;
	int err;

	if (place.dev) {
		err = weir_gate_remove(&place, line->slot.step);
		if (err || !line->name[0] || !is_nameless(line))
			return err;
		return unpin(line, line->name);
	}
	err = weir_slot_id(&line->slot, &id);
	err = err ?: weir_slot_is_used(id);
	if (err > 0) {
		weir_say_error("%s: set '%s' %ss on interfaces; take it off them first",
			       step_name(line), line->name, step_name(line));
		return -EBUSY;
	}
	return err ?: unpin(line, line->name);
}

/* ---- a whole line ---------------------------------------------------------- */

int weir_step_line_run(struct weir_step_line *line, enum weir_step_does does, bool dry_run,
		       int (*show)(void *ctx), int (*edit)(void *ctx), void *ctx)
{
	bool is_missing;
	int err;

	line->takes_off = does == WEIR_STEP_TAKES_OFF;
	if (does != WEIR_STEP_SHOWS && !dry_run)
		weir_step_line_lock(line);
	err = weir_step_line_find(line);
	if (err)
		return err;
	is_missing = !line->there || (line->place->dev && !line->attached);
	if (is_missing && does != WEIR_STEP_MAKES)
		return weir_step_line_refuse_missing(line);
	if (does == WEIR_STEP_SHOWS)
		return show(ctx);
	return does == WEIR_STEP_TAKES_OFF ? weir_step_line_off(line) : edit(ctx);
}
