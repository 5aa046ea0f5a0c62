// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lines in which a policer, an action or a filter of another kind stands. Their grammar is
 * iproute2's, and so are tables behind it (rate tables, names of interfaces and
 * classes): a second parser would be a second truth. So the real tc gets the
 * line with a bytecode stand-in for each program, its request is caught before
 * it is sent, and the programs are put into it (weir_borrow()).
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tc.h"

struct stand_ins {
	char **words; /* the line with stand-ins */
	struct weir_spec specs[WEIR_TC_ACTIONS_MAX + 1];
	bool of_action[WEIR_TC_ACTIONS_MAX + 1];
	struct weir_loaded loaded[WEIR_TC_ACTIONS_MAX + 1];
	size_t n, n_loaded;
};

bool weir_begins_program(const char *word)
{
	return !strcmp(word, "obj") || !strcmp(word, "object-file") || !strcmp(word, "pinned") ||
	       !strcmp(word, "object-pinned") || !strcmp(word, "fd");
}

/* `action bpf obj ...`, `bpf run obj ...` behind an `action`: of the action. @kind is
 * the filter's own `bpf`; NULL. */
static bool is_of_action(char **kind, char **at)
{
	at -= !strcmp(at[-1], "run");
	return at - 1 != kind && !strcmp(at[-1], "bpf");
}

static int replace(struct stand_ins *in, char **words, char **kind)
{
	static char *stand_in[] = {(char *)"bytecode", (char *)WEIR_STAND_IN_BYTECODE};
	char **at = words, **to = in->words;
	int status;

	while (*at) {
		struct weir_spec_rules rules = {.export_word = true};

		if (at == words || !weir_begins_program(*at) || in->n > WEIR_TC_ACTIONS_MAX) {
			*to++ = *at++;
			continue;
		}
		in->of_action[in->n] = is_of_action(kind, at);
		rules.prog_type =
			in->of_action[in->n] ? BPF_PROG_TYPE_SCHED_ACT : BPF_PROG_TYPE_SCHED_CLS;
		status = weir_spec_parse(&at, &rules, &in->specs[in->n]);
		if (status)
			return status;
		in->n++;
		memcpy(to, stand_in, sizeof(stand_in));
		to += 2;
	}
	return 0;
}

static int load(struct weir_compat *c, struct stand_ins *in)
{
	for (size_t i = 0; i < in->n; i++) {
		int err = weir_spec_load(c, &in->specs[i], 0, &in->loaded[i]);

		if (err)
			return err;
		in->n_loaded = i + 1;
	}
	return 0;
}

/* Programs of actions stand before the filter's own in its request. */
static int fill(struct weir_borrowed *req, const struct stand_ins *in)
{
	int err = 0;

	for (int pass = 1; pass >= 0; pass--)
		for (size_t i = 0; i < in->n && !err; i++)
			if (in->of_action[i] == (pass == 1))
				err = weir_borrowed_prog(req, 0, in->loaded[i].prog_fd,
							 in->loaded[i].name);
	return err;
}

static int borrow_and_send(struct weir_compat *c, struct stand_ins *in, int failed)
{
	struct weir_borrowed *req = NULL;
	struct weir_ack ack = {0};
	int ret = weir_real_borrow(c, in->words, "policers and other kinds", &req);

	if (ret)
		return ret;
	ret = load(c, in);
	if (ret)
		weir_compat_say("Unable to load program");
	ret = ret ? WEIR_COMPAT_FAILED : fill(req, in) ? WEIR_COMPAT_FAILED : 0;
	if (!ret && weir_borrowed_send(c->net, req, c->echo, &ack)) {
		weir_compat_refused(&ack);
		weir_compat_say("We have an error talking to the kernel");
		ret = failed;
	}
	if (!ret)
		weir_real_print(c, req);
	weir_borrowed_free(req);
	return ret;
}

int weir_borrow_line(struct weir_compat *c, char **words)
{
	bool filter = weir_word_is(*words, "filter");
	char **kind = filter ? weir_filter_kind(words) : NULL;
	struct stand_ins in = {0};
	size_t n = 0;
	int status;

	while (words[n])
		n++;
	in.words = calloc(n + 2, sizeof(*in.words));
	if (!in.words || !weir_compat_net(c)) {
		free(in.words);
		return WEIR_COMPAT_FAILED;
	}
	status = replace(&in, words, kind);
	if (!status)
		status = borrow_and_send(c, &in, filter ? WEIR_COMPAT_REFUSED : WEIR_COMPAT_USAGE);
	for (size_t i = 0; i < in.n_loaded; i++)
		weir_loaded_close(&in.loaded[i], !status);
	for (size_t i = 0; i < in.n; i++)
		weir_spec_free(&in.specs[i]);
	free(in.words);
	return status;
}
