// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SPEC as words. In: the words behind `bpf`, `run`, `xdp` and the like. Out:
 * what is to be loaded; nothing is opened but a file of bytecode.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "cli/spec.h"

/* Words of `type`, in iproute2's order of comparison. */
static const struct {
	const char *word;
	uint32_t prog_type;
} types[] = {
	{"cls", BPF_PROG_TYPE_SCHED_CLS},
	{"act", BPF_PROG_TYPE_SCHED_ACT},
	{"xdp", BPF_PROG_TYPE_XDP},
	{"lwt_in", BPF_PROG_TYPE_LWT_IN},
	{"lwt_out", BPF_PROG_TYPE_LWT_OUT},
	{"lwt_xmit", BPF_PROG_TYPE_LWT_XMIT},
	{"lwt_seg6local", BPF_PROG_TYPE_LWT_SEG6LOCAL},
};

enum form { FORM_NONE, FORM_BYTECODE, FORM_BYTECODE_FILE, FORM_OBJECT, FORM_PINNED };

static enum form form_of(const char *text, const struct weir_spec_rules *rules)
{
	if (rules->bytecode && (weir_word_is(text, "bytecode") || !strcmp(text, "bc")))
		return FORM_BYTECODE;
	if (rules->bytecode && (weir_word_is(text, "bytecode-file") || !strcmp(text, "bcf")))
		return FORM_BYTECODE_FILE;
	if (weir_word_is(text, "object-file") || !strcmp(text, "obj"))
		return FORM_OBJECT;
	if (weir_word_is(text, "object-pinned") || weir_word_is(text, "pinned") ||
	    weir_word_is(text, "fd"))
		return FORM_PINNED;
	return FORM_NONE;
}

bool weir_spec_begins(const char *text, const struct weir_spec_rules *rules)
{
	return form_of(text, rules) != FORM_NONE;
}

/* Takes the value of *argv's word. */
static int take_value(char ***argv, const char **out)
{
	if (!(*argv)[1])
		return weir_word_missing();
	*out = (*argv)[1];
	*argv += 2;
	return 0;
}

static int take_type(char ***argv, struct weir_spec *out)
{
	const char *text = "";
	int status = take_value(argv, &text);

	if (status)
		return status;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (weir_word_is(text, types[i].word)) {
			out->prog_type = types[i].prog_type;
			return 0;
		}
	weir_compat_say("What type is \"%s\"?", text);
	return WEIR_COMPAT_FAILED;
}

/* The words behind FILE stand in this order or not at all. */
static int take_tail(char ***argv, const struct weir_spec_rules *rules, struct weir_spec *out)
{
	int status = 0;

	if (rules->type_word && **argv && weir_word_is(**argv, "type"))
		status = take_type(argv, out);
	if (!status && **argv && weir_word_is(**argv, "section"))
		status = take_value(argv, &out->section);
	if (!status && **argv && !strcmp(**argv, "program"))
		status = take_value(argv, &out->prog);
	if (rules->export_word)
		out->export_uds = getenv("TC_BPF_UDS");
	if (!status && rules->export_word && !out->export_uds && **argv &&
	    weir_word_is(**argv, "export"))
		status = take_value(argv, &out->export_uds);
	if (!status && **argv && weir_word_is(**argv, "verbose")) {
		out->verbose = true;
		(*argv)++;
	}
	return status;
}

static int take_bytecode(const char *text, bool from_file, struct weir_spec *out)
{
	char *copy = from_file ? weir_bytecode_read(text) : strdup(text);
	bool good = copy && weir_bytecode_parse(copy, &out->ops, &out->n_ops);

	if (!copy && !from_file)
		weir_compat_say("bytecode: %s", strerror(ENOMEM));
	free(copy);
	return good ? 0 : WEIR_COMPAT_FAILED;
}

int weir_spec_parse(char ***argv, const struct weir_spec_rules *rules, struct weir_spec *out)
{
	enum form form = form_of(**argv, rules);
	const char *value = "";
	int status;

	*out = (struct weir_spec){.prog_type = rules->prog_type};
	if (form == FORM_NONE) {
		weir_compat_say("What mode is \"%s\"?", **argv);
		return WEIR_COMPAT_FAILED;
	}
	status = take_value(argv, &value);
	if (status)
		return status;
	if (form == FORM_BYTECODE || form == FORM_BYTECODE_FILE) {
		out->kind = WEIR_SPEC_BYTECODE;
		return take_bytecode(value, form == FORM_BYTECODE_FILE, out);
	}
	out->kind = form == FORM_OBJECT ? WEIR_SPEC_OBJECT : WEIR_SPEC_PINNED;
	out->file = value;
	return take_tail(argv, rules, out);
}

void weir_spec_free(struct weir_spec *spec)
{
	free(spec->ops);
	spec->ops = NULL;
	spec->n_ops = 0;
}
