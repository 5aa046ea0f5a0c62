// SPDX-License-Identifier: LGPL-2.1-or-later
/* Programs loaded for a test: opened, their maps filled. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/map.h"
#include "cli/names.h"
#include "cli/packets/subject.h"
#include "cli/say.h"
#include "maps/weir_map.h"

/* ---- opening ------------------------------------------------------------- */

static bool is_meant(const struct weir_prog_words *words, const struct weir_prog_decl *decl)
{
	return (!words->sec || !strcmp(words->sec, decl->section)) &&
	       (!words->prog || !strcmp(words->prog, decl->name));
}

/* The kind of all programs that the words may mean. */
static int find_type(const struct weir_object *obj, const struct weir_prog_words *words,
		     uint32_t *out)
{
	const struct weir_prog_decl *decls;
	size_t n = weir_object_progs(obj, &decls);
	uint32_t type = words->type;
	bool found = false;

	for (size_t i = 0; i < n && !words->type; i++) {
		found |= is_meant(words, &decls[i]);
		if (!is_meant(words, &decls[i]) || !decls[i].prog_type)
			continue;
		if (type && type != decls[i].prog_type) {
			weir_say_error("%s: it has programs of several kinds; choose by prog, sec "
				       "or type; weir inspect lists them",
				       words->file);
			return -ENOTUNIQ;
		}
		type = decls[i].prog_type;
	}
	/* weir_object_choose() says what there is */
	if (!type && found) {
		weir_say_error("%s: no section says a kind; give it by the word type", words->file);
		return -ENOENT;
	}
	*out = type;
	return 0;
}

static int load(const struct weir_globals *globals, const struct weir_prog_words *words,
		struct weir_subject *out)
{
	const struct weir_open_opts open_opts = {.sz = sizeof(open_opts), .bpffs = globals->bpffs};
	const struct weir_load_opts opts = {.sz = sizeof(opts), .unpinned = true};
	uint32_t type;
	int err;

	err = weir_object_open(words->file, &open_opts, &out->object);
	err = err ? err : find_type(out->object, words, &type);
	if (!err)
		err = weir_object_choose(out->object, type, WEIR_HOOK_NONE, words->sec,
					 words->prog);
	err = err ? err : weir_object_load(out->object, &opts);
	if (err)
		return err;
	out->prog_fd = weir_object_prog_fd(out->object);
	out->frags = weir_object_chosen(out->object)->frags;
	return 0;
}

/* What the kernel has no test run for. */
static int refuse_others(const struct weir_subject *subject)
{
	char buf[WEIR_NAME_LEN];

	if (subject->prog.type != BPF_PROG_TYPE_XDP &&
	    subject->prog.type != BPF_PROG_TYPE_SCHED_CLS) {
		weir_say_error("%s: a program of type %s: only XDP and tc filter programs are run "
			       "with packets",
			       subject->name, weir_prog_type_word(subject->prog.type, buf));
		return -EPROTOTYPE;
	}
	if (subject->prog.ifindex) {
		weir_say_error("%s: it was made for a device, and the host cannot run it; give the "
			       "object's file",
			       subject->name);
		return -EOPNOTSUPP;
	}
	return 0;
}

int weir_subject_open(const struct weir_globals *globals, const struct weir_prog_words *words,
		      struct weir_subject *out)
{
	int err = 0;

	*out = (struct weir_subject){.prog_fd = -1};
	if (words->pinned)
		out->prog_fd = weir_pin_open_prog(words->pinned);
	else if (words->id)
		out->prog_fd = weir_prog_open_id(words->id);
	else
		err = load(globals, words, out);
	if (!err && out->prog_fd < 0)
		err = out->prog_fd;
	err = err ? err : weir_prog_by_fd(out->prog_fd, &out->prog);
	if (err)
		return err;
	if (out->object)
		snprintf(out->name, sizeof(out->name), "%s:%s", weir_object_name(out->object),
			 out->prog.name);
	else
		snprintf(out->name, sizeof(out->name), "%s", out->prog.name);
	/* of others' programs the kernel does not tell */
	out->frags |= out->prog.frags;
	out->linear_only = out->prog.type == BPF_PROG_TYPE_XDP && !out->frags &&
			   (out->object || out->prog.ours);
	return refuse_others(out);
}

void weir_subject_close(struct weir_subject *subject)
{
	for (size_t i = 0; i < subject->n_counters; i++) {
		weir_counters_close(subject->counters[i].counters);
		weir_reading_free(&subject->counters[i].before);
	}
	free(subject->counters);
	if (!subject->object && subject->prog_fd >= 0)
		close(subject->prog_fd);
	weir_object_close(subject->object);
	*subject = (struct weir_subject){.prog_fd = -1};
}

/* ---- filling ------------------------------------------------------------- */

int weir_subject_map(const struct weir_object *obj, const char *name)
{
	const struct weir_map_decl *decls;
	size_t n = weir_object_maps(obj, &decls);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(decls[i].name, name))
			return weir_object_map_fd(obj, i);
	return -ENOENT;
}

static int put(const struct weir_table *table, const char *key_word, const char *value_word)
{
	char *words[2] = {(char *)key_word, (char *)value_word};
	uint8_t *key = calloc(1, weir_table_key_bytes(table) + 1);
	uint8_t *value = calloc(1, weir_table_value_bytes(table) + 8);
	int err = key && value ? 0 : -ENOMEM;

	err = err ? err : weir_table_read_key(table, &words[0], 1, key);
	if (!err && !weir_table_value_is_whole(table, &words[1], 1))
		(void)weir_table_peek(table, key, value);
	err = err ? err : weir_table_read_value(table, &words[1], 1, value);
	err = err ? err : weir_table_put(table, key, value, WEIR_PUT_ANY);
	free(key);
	free(value);
	return err;
}

static int set(const struct weir_subject *subject, const char *const words[3])
{
	const struct weir_table_opts opts = {
		.size = sizeof(opts),
		.label = words[0],
		.schema = weir_map_schema(),
	};
	struct weir_table *table = NULL;
	int fd = weir_subject_map(subject->object, words[0]), err;

	if (fd < 0) {
		weir_say_error("%s: it declares no map %s; weir inspect lists them", subject->name,
			       words[0]);
		return -ENOENT;
	}
	err = weir_table_open(fd, &opts, &table);
	err = err ? err : put(table, words[1], words[2]);
	weir_table_close(table);
	return err;
}

static int fd_of_pin(const char *pin, void *ctx)
{
	const struct weir_subject *subject = ctx;
	const char *slash = strrchr(pin, '/');

	return weir_subject_map(subject->object, slash ? slash + 1 : pin);
}

int weir_subject_fill(struct weir_subject *subject, const struct weir_wheres *sets, const char *dir)
{
	int64_t n;

	if (!subject->object && (sets->n || dir)) {
		weir_say_error("%s: set and maps fill the maps of an object; those of a loaded "
			       "program are in use: weir map set, weir map restore",
			       subject->name);
		return -EINVAL;
	}
	if (dir) {
		n = weir_maps_fill(dir, fd_of_pin, subject);
		if (n < 0)
			return (int)n;
		if (!n)
			weir_say_note("%s: none of these maps is one of %s", dir, subject->name);
	}
	for (uint32_t i = 0; i < sets->n; i++) {
		int err = set(subject, sets->words[i]);

		if (err)
			return err;
	}
	return 0;
}
