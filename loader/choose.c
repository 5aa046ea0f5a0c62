// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which program of an object is meant. In: the declarations and the user's
 * words. Out: one index, or an error that lists what there is to choose from.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/bpf.h>

#include "loader/log.h"
#include "loader/object_state.h"
#include "loader/section.h"

typedef bool (*prog_filter)(const struct weir_object *obj, size_t nth, const void *arg);

struct wish {
	uint32_t prog_type;
	enum weir_hook hook;
	const char *sec;
	const char *prog;
};

static bool by_words(const struct weir_object *obj, size_t nth, const void *arg)
{
	const struct weir_prog_decl *decl = &obj->progs[nth];
	const struct wish *wish = arg;

	if (wish->sec && strcmp(decl->section, wish->sec) != 0)
		return false;
	return !wish->prog || !strcmp(decl->name, wish->prog);
}

static bool is_tail(const struct weir_prog_decl *decl)
{
	uint32_t id, key;

	return weir_section_is_tail(decl->section, &id, &key);
}

static bool by_kind(const struct weir_object *obj, size_t nth, const void *arg)
{
	const struct weir_prog_decl *decl = &obj->progs[nth];
	const struct wish *wish = arg;
	struct weir_section_kind kind = weir_section_kind(decl->section);

	return kind.prog_type == wish->prog_type && kind.on_interface && !is_tail(decl);
}

static bool by_direction(const struct weir_object *obj, size_t nth, const void *arg)
{
	const struct wish *wish = arg;

	return by_kind(obj, nth, arg) && obj->progs[nth].hook == wish->hook;
}

/* Kind fits and the section's name leaves the direction open. */
static bool by_open_direction(const struct weir_object *obj, size_t nth, const void *arg)
{
	return by_kind(obj, nth, arg) && obj->progs[nth].hook == WEIR_HOOK_NONE;
}

/* The section is the bare word of the kind, beside variants such as xdp.frags. */
static bool by_plain_name(const struct weir_object *obj, size_t nth, const void *arg)
{
	const char *section = obj->progs[nth].section;

	return by_kind(obj, nth, arg) && (!strcmp(section, "xdp") || !strcmp(section, "tc"));
}

/* Anything outside .text whose section's name does not speak against it. */
static bool by_silence(const struct weir_object *obj, size_t nth, const void *arg)
{
	const struct weir_prog_decl *decl = &obj->progs[nth];

	(void)arg;
	return decl->prog_type == 0 && strcmp(decl->section, ".text") != 0 && !is_tail(decl);
}

static size_t count(const struct weir_object *obj, prog_filter filter, const void *arg, size_t *nth)
{
	size_t n = 0;

	for (size_t i = 0; i < obj->n_progs; i++) {
		if (!filter(obj, i, arg))
			continue;
		if (n++ == 0)
			*nth = i;
	}
	return n;
}

static bool by_any(const struct weir_object *obj, size_t nth, const void *arg)
{
	(void)obj;
	(void)nth;
	(void)arg;
	return true;
}

/* "count_xdp [xdp], count_tc [tc]" */
static void list_choices(const struct weir_object *obj, prog_filter filter, const void *arg,
			 char *buf, size_t len)
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < obj->n_progs && at < len; i++) {
		int n;

		if (!filter(obj, i, arg))
			continue;
		n = snprintf(buf + at, len - at, "%s%s [%s]", at ? ", " : "", obj->progs[i].name,
			     obj->progs[i].section);
		if (n < 0)
			return;
		at += (size_t)n;
	}
}

static int none_such(const struct weir_object *obj, const struct wish *wish)
{
	char choices[512], what[300];

	if (!obj->n_progs)
		return weir_fail(-ENOENT, "%s: no program in it; was it compiled with -target bpf?",
				 obj->name);
	list_choices(obj, by_any, NULL, choices, sizeof(choices));
	if (wish->sec && wish->prog)
		snprintf(what, sizeof(what), "no program %s in section %s", wish->prog, wish->sec);
	else if (wish->sec)
		snprintf(what, sizeof(what), "no section %s with a program", wish->sec);
	else if (wish->prog)
		snprintf(what, sizeof(what), "no program %s", wish->prog);
	else
		snprintf(what, sizeof(what), "no %s program",
			 weir_prog_type_name(wish->prog_type) ?: "such");
	return weir_fail(-ENOENT, "%s: %s; present: %s", obj->name, what, choices);
}

static int several(const struct weir_object *obj, prog_filter filter, const struct wish *wish)
{
	char choices[512];

	list_choices(obj, filter, wish, choices, sizeof(choices));
	return weir_fail(-ENOTUNIQ, "%s: several programs fit: %s; choose one with prog or sec",
			 obj->name, choices);
}

static int choose_by(struct weir_object *obj, prog_filter filter, const struct wish *wish)
{
	size_t nth = 0, n = count(obj, filter, wish, &nth);

	if (n == 0)
		return -ESRCH;
	if (n > 1)
		return several(obj, filter, wish);
	obj->chosen = (int)nth;
	return 0;
}

/* iproute2's default section, unless its program is for the other direction. */
static bool by_default_section(const struct weir_object *obj, size_t nth, const void *arg)
{
	const struct weir_prog_decl *decl = &obj->progs[nth];
	const struct wish *wish = arg;
	const char *section = weir_section_of_type(wish->prog_type);

	if (!section || strcmp(decl->section, section) != 0)
		return false;
	return !wish->hook || !decl->hook || decl->hook == wish->hook;
}

/* In the order of the contract in weir.h; -ESRCH moves on to the next rule. */
static int choose_unnamed(struct weir_object *obj, const struct wish *wish)
{
	size_t nth;
	int err;

	err = choose_by(obj, by_default_section, wish);
	if (err == -ESRCH && count(obj, by_plain_name, wish, &nth) == 1 &&
	    wish->hook == WEIR_HOOK_XDP)
		err = choose_by(obj, by_plain_name, wish);
	if (err == -ESRCH && wish->hook)
		err = choose_by(obj, by_direction, wish);
	if (err == -ESRCH && wish->hook)
		err = choose_by(obj, by_open_direction, wish);
	if (err == -ESRCH && !wish->hook)
		err = choose_by(obj, by_kind, wish);
	if (err == -ESRCH)
		err = choose_by(obj, by_silence, wish);
	return err;
}

/* Verdicts are numbers: TC_ACT_OK is XDP_ABORTED. A program whose section names
 * another type would load and then drop every packet. */
static int check_type(struct weir_object *obj, uint32_t prog_type)
{
	const struct weir_prog_decl *decl = &obj->progs[obj->chosen];
	bool both_tc = (prog_type == BPF_PROG_TYPE_SCHED_CLS &&
			decl->prog_type == BPF_PROG_TYPE_SCHED_ACT) ||
		       (prog_type == BPF_PROG_TYPE_SCHED_ACT &&
			decl->prog_type == BPF_PROG_TYPE_SCHED_CLS);

	if (!prog_type || !decl->prog_type || decl->prog_type == prog_type || both_tc)
		return 0;
	obj->chosen = -1;
	return weir_fail(-EINVAL, "%s: program %s is %s by its section %s, not %s; choose another",
			 obj->name, decl->name, weir_prog_type_name(decl->prog_type) ?: "other",
			 decl->section, weir_prog_type_name(prog_type) ?: "that");
}

int weir_object_choose(struct weir_object *obj, uint32_t prog_type, enum weir_hook hook,
		       const char *sec, const char *prog)
{
	const struct wish wish = {prog_type, hook, sec, prog};
	int err;

	if (obj->phase != WEIR_OBJECT_OPEN)
		return weir_fail(-EALREADY, "%s: already loaded", obj->name);
	err = sec || prog ? choose_by(obj, by_words, &wish) : choose_unnamed(obj, &wish);
	if (err == -ESRCH)
		return none_such(obj, &wish);
	err = err ?: check_type(obj, prog_type);
	if (err)
		return err;
	obj->prog_type = prog_type ?: obj->progs[obj->chosen].prog_type;
	return 0;
}

/* ---- iproute2's choice --------------------------------------------------- */

static int plain_prog(const struct weir_object *obj, const char *prog)
{
	for (size_t i = 0; i < obj->n_progs; i++)
		if (!strcmp(obj->progs[i].name, prog))
			return (int)i;
	return -ESRCH;
}

/* The first function of the section in the file, a program or not: sections
 * hold called functions as well, and ".text" nothing else. */
static int plain_section(struct weir_object *obj, const char *sec)
{
	size_t first = obj->funcs.n;

	for (size_t i = 0; i < obj->funcs.n; i++) {
		const struct weir_func *func = &obj->funcs.list[i];

		if (strcmp(obj->elf->sections[func->section].name, sec) != 0)
			continue;
		if (first == obj->funcs.n ||
		    func->offset_bytes < obj->funcs.list[first].offset_bytes)
			first = i;
	}
	if (first == obj->funcs.n)
		return -ESRCH;
	for (size_t i = 0; i < obj->n_progs; i++)
		if (obj->prog_funcs[i] == first)
			return (int)i;
	return weir_object_add_prog(obj, first) ?: (int)obj->n_progs - 1;
}

int weir_object_choose_plain(struct weir_object *obj, uint32_t prog_type, const char *sec,
			     const char *prog)
{
	const char *section = sec ?: weir_section_of_type(prog_type) ?: "prog";
	const struct wish wish = {.prog_type = prog_type, .sec = section, .prog = prog};
	int nth;

	if (obj->phase != WEIR_OBJECT_OPEN)
		return weir_fail(-EALREADY, "%s: already loaded", obj->name);
	nth = prog ? plain_prog(obj, prog) : plain_section(obj, section);
	if (nth == -ESRCH) {
		const struct wish words = {.sec = prog ? NULL : wish.sec, .prog = prog};

		return none_such(obj, &words);
	}
	if (nth < 0)
		return nth;
	obj->chosen = nth;
	obj->prog_type = prog_type;
	return 0;
}
