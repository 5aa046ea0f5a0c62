// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Routes through BPF: `encap bpf in|out|xmit SPEC ... [headroom N]` and `encap
 * seg6local action End.BPF endpoint SPEC`. All other words of a route are the
 * real ip's: it gets the line with an encapsulation that stands in, and the
 * programs are put into its request.
 */
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/lwtunnel.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ip.h"

#define PROGS_MAX 3

static const struct {
	const char *word;
	uint16_t attr;
	uint32_t prog_type;
} directions[] = {
	{"in", LWT_BPF_IN, BPF_PROG_TYPE_LWT_IN},
	{"out", LWT_BPF_OUT, BPF_PROG_TYPE_LWT_OUT},
	{"xmit", LWT_BPF_XMIT, BPF_PROG_TYPE_LWT_XMIT},
};

struct route_line {
	bool seg6local;
	uint16_t attrs[PROGS_MAX];
	struct weir_spec specs[PROGS_MAX];
	struct weir_loaded loaded[PROGS_MAX];
	size_t n, n_loaded;
	uint32_t headroom_bytes;
	char **words; /* with the stand-in */
};

/* ---- words ---------------------------------------------------------------------------- */

static bool is_end_bpf(char **encap)
{
	return encap[1] && !strcmp(encap[1], "seg6local") && encap[2] &&
	       !strcmp(encap[2], "action") && encap[3] && !strcmp(encap[3], "End.BPF");
}

char **weir_ip_find_encap(char **words)
{
	for (; *words; words++)
		if (!strcmp(*words, "encap") && words[1] &&
		    (!strcmp(words[1], "bpf") || is_end_bpf(words)))
			return words;
	return NULL;
}

static int take_program(char ***at, uint16_t attr, uint32_t prog_type, struct route_line *line)
{
	const struct weir_spec_rules rules = {.prog_type = prog_type};
	const char *word = *(*at)++;

	for (size_t i = 0; i < line->n; i++)
		if (line->attrs[i] == attr)
			return weir_word_duplicate(word, **at ?: "");
	if (!**at)
		return weir_word_missing();
	line->attrs[line->n] = attr;
	return weir_spec_parse(at, &rules, &line->specs[line->n++]) ? WEIR_COMPAT_USAGE : 0;
}

static int take_headroom(char ***at, struct route_line *line)
{
	if (!(*at)[1])
		return weir_word_missing();
	if (!weir_word_u32((*at)[1], &line->headroom_bytes) || !line->headroom_bytes)
		return weir_word_wrong((*at)[1], "headroom is invalid");
	*at += 2;
	return 0;
}

/* 1: the word is none of the encapsulation's. */
static int take_word(char ***at, struct route_line *line)
{
	for (size_t i = 0; i < sizeof(directions) / sizeof(*directions); i++)
		if (!strcmp(**at, directions[i].word))
			return take_program(at, directions[i].attr, directions[i].prog_type, line);
	return !strcmp(**at, "headroom") ? take_headroom(at, line) : 1;
}

static int take_encap(char ***at, struct route_line *line)
{
	int status = 0;

	if (line->seg6local) {
		*at += 4;
		if (!**at || strcmp(**at, "endpoint") != 0)
			return weir_word_missing();
		return take_program(at, 0, BPF_PROG_TYPE_LWT_SEG6LOCAL, line);
	}
	*at += 2;
	while (**at && !status)
		status = take_word(at, line);
	return status == 1 ? 0 : status;
}

static int parse(char **words, struct route_line *line)
{
	static char *stand_in[] = {(char *)"encap", (char *)"ip",  (char *)"id",
				   (char *)"1",	    (char *)"dst", (char *)"0.0.0.1"};
	char **encap = weir_ip_find_encap(words), **at = encap;
	size_t n = 0, n_stand_in = sizeof(stand_in) / sizeof(*stand_in);
	int status;

	line->seg6local = is_end_bpf(encap);
	status = take_encap(&at, line);
	if (status)
		return status;
	while (words[n])
		n++;
	line->words = calloc(n + n_stand_in + 1, sizeof(*line->words));
	if (!line->words)
		return WEIR_COMPAT_FAILED;
	memcpy(line->words, words, (size_t)(encap - words) * sizeof(*words));
	memcpy(line->words + (encap - words), stand_in, sizeof(stand_in));
	memcpy(line->words + (encap - words) + n_stand_in, at,
	       (size_t)(words + n - at) * sizeof(*words));
	return 0;
}

/* ---- run -------------------------------------------------------------------------------- */

static int load(struct weir_compat *c, struct route_line *line)
{
	for (size_t i = 0; i < line->n; i++) {
		int err = weir_spec_load(c, &line->specs[i], 0, &line->loaded[i]);

		if (err)
			return err;
		line->n_loaded = i + 1;
	}
	return 0;
}

static int fill(struct weir_borrowed *req, const struct route_line *line)
{
	struct weir_lwt_prog progs[PROGS_MAX];

	if (line->seg6local)
		return weir_borrowed_seg6local(req, line->loaded[0].prog_fd, line->loaded[0].name);
	for (size_t i = 0; i < line->n; i++)
		progs[i] = (struct weir_lwt_prog){line->attrs[i], line->loaded[i].prog_fd,
						  line->loaded[i].name};
	return weir_borrowed_lwt(req, progs, line->n, line->headroom_bytes);
}

static int borrow(struct weir_compat *c, const struct route_line *line, struct weir_borrowed **req)
{
	char path[PATH_MAX], **argv;
	int ret = weir_real_path("ip", path, sizeof(path));

	if (ret) {
		weir_compat_say("ip: routes are read by the real ip, which is not in PATH; install "
				"iproute2");
		return WEIR_COMPAT_FAILED;
	}
	argv = weir_real_argv(c, path, line->words);
	ret = argv ? weir_borrow(path, argv, req) : -ENOMEM;
	free(argv);
	return ret < 0 ? WEIR_COMPAT_FAILED : ret;
}

static int run(struct weir_compat *c, struct route_line *line)
{
	struct weir_borrowed *req = NULL;
	struct weir_ack ack = {0};
	int status;

	if (!weir_compat_net(c))
		return WEIR_COMPAT_FAILED;
	status = borrow(c, line, &req);
	if (!status && load(c, line))
		status = WEIR_COMPAT_USAGE;
	if (!status && fill(req, line))
		status = WEIR_COMPAT_FAILED;
	if (!status && weir_borrowed_send(c->net, req, &ack)) {
		weir_compat_refused(&ack);
		status = WEIR_COMPAT_REFUSED;
	}
	weir_borrowed_free(req);
	return status;
}

int weir_ip_route(struct weir_compat *c, char **words)
{
	struct route_line line = {0};
	int status = parse(words, &line);

	if (!status)
		status = run(c, &line);
	for (size_t i = 0; i < line.n_loaded; i++)
		weir_loaded_close(&line.loaded[i], !status);
	for (size_t i = 0; i < line.n; i++)
		weir_spec_free(&line.specs[i]);
	free(line.words);
	return status;
}
