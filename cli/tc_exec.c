// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `tc exec bpf`: import, graft, debug. In: the words. Out: a command with maps
 * in its hands, a program in a slot, the kernel's trace on standard error.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <mntent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/export.h"
#include "cli/tc.h"
#include "maps/weir_map.h"

/* ---- import -------------------------------------------------------------- */

static void close_maps(struct weir_import *msg)
{
	for (size_t i = 0; i < msg->head.n_maps; i++)
		close(msg->fds[i]);
}

/* Said once an id, at the first of its maps. */
static void say_shared(const struct weir_import *msg, size_t i)
{
	uint32_t id = msg->maps[i].id;
	size_t n = 1;

	for (size_t j = 0; j < i; j++)
		if (msg->maps[j].id == id)
			return;
	for (size_t j = i + 1; j < msg->head.n_maps; j++)
		n += msg->maps[j].id == id;
	if (n > 1)
		weir_compat_say("note: %zu maps have id %u: BPF_MAP%u is the last of them", n, id,
				id);
}

/* BPF_NUM_MAPS, and BPF_MAP<id> for each: the fds live on in the command. */
static bool hand_over(struct weir_import *msg)
{
	char name[32], value[16];

	snprintf(value, sizeof(value), "%u", msg->head.n_maps);
	if (setenv("BPF_NUM_MAPS", value, 1))
		return false;
	for (size_t i = 0; i < msg->head.n_maps; i++) {
		say_shared(msg, i);
		snprintf(name, sizeof(name), "BPF_MAP%u", msg->maps[i].id);
		snprintf(value, sizeof(value), "%d", msg->fds[i]);
		if (fcntl(msg->fds[i], F_SETFD, 0) || setenv(name, value, 1))
			return false;
	}
	return true;
}

static int import(char **words)
{
	char *shell[] = {(char *)"/bin/sh", NULL}, **command = shell;
	struct weir_import msg;
	const char *uds = *words++;

	if (!uds)
		return weir_word_missing();
	if (*words && !weir_word_is(*words, "run")) {
		weir_compat_say("What is \"%s\"?", *words);
		return WEIR_COMPAT_USAGE;
	}
	if (*words && !*++words)
		return weir_word_missing();
	if (*words)
		command = words;
	if (weir_import_maps(uds, &msg))
		return WEIR_COMPAT_USAGE;
	if (hand_over(&msg)) {
		(void)fflush(NULL);
		weir_process_restore();
		execvp(*command, command);
	}
	weir_compat_say("%s: %s", *command, strerror(errno));
	close_maps(&msg);
	return WEIR_COMPAT_USAGE;
}

/* ---- graft --------------------------------------------------------------- */

struct graft {
	const char *map;
	uint32_t key;
	bool has_key;
	struct weir_spec spec;
};

static int parse_graft(char **words, struct graft *out)
{
	static const struct weir_spec_rules rules = {
		.type_word = true,
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
	};
	int status;

	*out = (struct graft){.map = *words};
	if (!out->map)
		return weir_word_missing();
	words++;
	if (*words && weir_word_is(*words, "key")) {
		if (!words[1])
			return weir_word_missing();
		if (!weir_word_u32(words[1], &out->key)) {
			weir_compat_say("Illegal \"key\"");
			return WEIR_COMPAT_USAGE;
		}
		out->has_key = true;
		words += 2;
	}
	if (!*words)
		return weir_word_missing();
	status = weir_spec_parse(&words, &rules, &out->spec);
	if (status)
		return WEIR_COMPAT_USAGE;
	if (*words) {
		weir_compat_say("What is \"%s\"?", *words);
		return WEIR_COMPAT_USAGE;
	}
	return 0;
}

/* Without `key` the slot is the number behind the slash of the section. */
static bool find_key(struct graft *graft)
{
	const char *slash = graft->spec.section ? strchr(graft->spec.section, '/') : NULL;

	if (graft->has_key || (slash && weir_word_u32(slash + 1, &graft->key)))
		return true;
	weir_compat_say("Couldn't infer map key from section name! Please provide 'key' argument!");
	return false;
}

static int graft(const struct weir_compat *c, char **words)
{
	struct weir_loaded loaded;
	struct graft line;
	char path[PATH_MAX];
	int map_fd, err, status = parse_graft(words, &line);

	if (status || !find_key(&line))
		return WEIR_COMPAT_USAGE;
	if (weir_spec_path(c, line.map, line.spec.prog_type, path, sizeof(path)))
		return WEIR_COMPAT_USAGE;
	map_fd = weir_map_open(path, c->bpffs);
	if (map_fd < 0)
		return WEIR_COMPAT_USAGE;
	err = weir_spec_load(c, &line.spec, 0, &loaded);
	if (!err) {
		err = weir_prog_array_set(map_fd, path, line.key, loaded.prog_fd);
		weir_loaded_close(&loaded, !err);
	}
	close(map_fd);
	return err ? WEIR_COMPAT_USAGE : 0;
}

/* ---- debug --------------------------------------------------------------- */

static int open_trace_in(const char *folder)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/trace_pipe", folder);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* A tracefs in none of the usual places. */
static int open_trace_mounted(void)
{
	FILE *mounts = setmntent("/proc/mounts", "re");
	struct mntent *mount;
	int fd = -1;

	while (mounts && fd < 0 && (mount = getmntent(mounts)))
		if (!strcmp(mount->mnt_type, "tracefs"))
			fd = open_trace_in(mount->mnt_dir);
	if (mounts)
		(void)endmntent(mounts);
	return fd;
}

static int open_trace(void)
{
	static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing",
					     "/tracing", "/trace"};
	int fd = -1;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && fd < 0; i++)
		fd = open_trace_in(places[i]);
	if (fd < 0)
		fd = open_trace_mounted();
	if (fd >= 0)
		return fd;
	weir_compat_say("trace_pipe: not found; `mount -t tracefs tracefs /sys/kernel/tracing` "
			"makes it");
	return -1;
}

static int debug(void)
{
	static char text[4096];
	int fd = open_trace();
	ssize_t n;

	if (fd < 0)
		return WEIR_COMPAT_USAGE;
	weir_compat_say("Running! Hang up with ^C!");
	while ((n = read(fd, text, sizeof(text))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0 && write(STDERR_FILENO, text, (size_t)n) < 0)
			break;
	close(fd);
	return n ? WEIR_COMPAT_FAILED : 0;
}

int weir_tc_exec_line(struct weir_compat *c, char **words)
{
	const char *verb = words[2];

	if (!verb)
		return 0;
	if (weir_word_is(verb, "help"))
		return weir_real_line(c, words);
	if (weir_word_is(verb, "import"))
		return import(words + 3);
	if (weir_word_is(verb, "debug") || weir_word_is(verb, "dbg"))
		return debug();
	if (weir_word_is(verb, "graft"))
		return graft(c, words + 3);
	weir_compat_say("What is \"%s\"?", verb);
	return WEIR_COMPAT_USAGE;
}
