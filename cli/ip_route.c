// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Routes and next hops through BPF: `encap bpf in|out|xmit SPEC ... [headroom N]`
 * and `encap seg6local action End.BPF endpoint SPEC [count]`. All other words of a
 * route are the real ip's: it gets the line with an encapsulation that stands in
 * for each of these, and the programs are put into its request.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/lwtunnel.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ip.h"

#define DIRECTIONS 3

static const struct {
	const char *word;
	uint16_t attr;
	uint32_t prog_type;
} directions[DIRECTIONS] = {
	{"in", LWT_BPF_IN, BPF_PROG_TYPE_LWT_IN},
	{"out", LWT_BPF_OUT, BPF_PROG_TYPE_LWT_OUT},
	{"xmit", LWT_BPF_XMIT, BPF_PROG_TYPE_LWT_XMIT},
};

/* One encapsulation: a route has one, or one for each next hop. */
struct encap {
	bool seg6local, counters;
	uint32_t headroom_bytes;
	size_t n, n_loaded;
	uint16_t attrs[DIRECTIONS];
	struct weir_spec specs[DIRECTIONS];
	struct weir_loaded loaded[DIRECTIONS];
};

struct route_line {
	struct encap *encaps;
	size_t n;
	char **words; /* with stand-ins */
};

/* ---- words --------------------------------------------------------------- */

static bool is_end_bpf(char **encap)
{
	if (!encap[1] || strcmp(encap[1], "seg6local") != 0)
		return false;
	for (char **at = encap + 2; *at && strcmp(*at, "encap") != 0; at++)
		if (!strcmp(*at, "action"))
			return at[1] && !strcmp(at[1], "End.BPF");
	return false;
}

char **weir_ip_find_encap(char **words)
{
	for (; *words; words++)
		if (!strcmp(*words, "encap") && words[1] &&
		    (!strcmp(words[1], "bpf") || is_end_bpf(words)))
			return words;
	return NULL;
}

static int take_program(char ***at, uint16_t attr, uint32_t prog_type, struct encap *encap)
{
	const struct weir_spec_rules rules = {.prog_type = prog_type};
	const char *word = *(*at)++;

	if (!**at)
		return weir_word_missing();
	for (size_t i = 0; i < encap->n; i++)
		if (encap->attrs[i] == attr)
			return weir_word_duplicate(word, **at);
	encap->attrs[encap->n] = attr;
	return weir_spec_parse(at, &rules, &encap->specs[encap->n++]) ? WEIR_COMPAT_USAGE : 0;
}

static int take_headroom(char ***at, struct encap *encap)
{
	if (!(*at)[1])
		return weir_word_missing();
	if (!weir_word_u32((*at)[1], &encap->headroom_bytes) || !encap->headroom_bytes)
		return weir_word_wrong((*at)[1], "headroom is invalid");
	*at += 2;
	return 0;
}

/* Status; -1: the word is none of the encapsulation's. */
static int take_bpf_word(char ***at, struct encap *encap)
{
	for (size_t i = 0; i < DIRECTIONS; i++)
		if (!strcmp(**at, directions[i].word))
			return take_program(at, directions[i].attr, directions[i].prog_type, encap);
	return !strcmp(**at, "headroom") ? take_headroom(at, encap) : -1;
}

static int take_seg6local_word(char ***at, struct encap *encap)
{
	if (!strcmp(**at, "endpoint"))
		return take_program(at, 0, BPF_PROG_TYPE_LWT_SEG6LOCAL, encap);
	if (!strcmp(**at, "action") && (*at)[1] && !strcmp((*at)[1], "End.BPF")) {
		*at += 2;
		return 0;
	}
	if (strcmp(**at, "count") != 0)
		return -1;
	encap->counters = true;
	(*at)++;
	return 0;
}

/* @at moves from `encap` behind the encapsulation. */
static int take_encap(char ***at, struct encap *encap)
{
	int status = 0;

	encap->seg6local = is_end_bpf(*at);
	*at += 2;
	while (**at && !status)
		status = encap->seg6local ? take_seg6local_word(at, encap)
					  : take_bpf_word(at, encap);
	if (status <= 0 && encap->seg6local && !encap->n)
		return weir_word_wrong("End.BPF", "it needs an endpoint");
	return status < 0 ? 0 : status;
}

static int make_room(char **words, size_t n_stand_in, struct route_line *line)
{
	size_t n = 0, n_encaps = 0;

	for (; words[n]; n++)
		n_encaps += !strcmp(words[n], "encap");
	line->encaps = calloc(n_encaps + 1, sizeof(*line->encaps));
	line->words = calloc(n + n_encaps * n_stand_in + 1, sizeof(*line->words));
	return line->encaps && line->words ? 0 : WEIR_COMPAT_FAILED;
}

static int parse(char **words, struct route_line *line)
{
	static const char *const stand_in[] = {WEIR_STAND_IN_ENCAP};
	size_t n_stand_in = sizeof(stand_in) / sizeof(*stand_in);
	int status = make_room(words, n_stand_in, line);
	char **at = words, **to = line->words, **encap;

	while (!status && (encap = weir_ip_find_encap(at))) {
		memcpy(to, at, (size_t)(encap - at) * sizeof(*at));
		to += encap - at;
		memcpy(to, stand_in, sizeof(stand_in));
		to += n_stand_in;
		at = encap;
		status = take_encap(&at, &line->encaps[line->n++]);
	}
	while (!status && *at)
		*to++ = *at++;
	return status;
}

/* ---- run ----------------------------------------------------------------- */

static int load(struct weir_compat *c, struct encap *encap)
{
	for (size_t i = 0; i < encap->n; i++) {
		int err = weir_spec_load(c, &encap->specs[i], 0, &encap->loaded[i]);

		if (err)
			return err;
		encap->n_loaded = i + 1;
	}
	return 0;
}

static int load_all(struct weir_compat *c, struct route_line *line)
{
	int err = 0;

	for (size_t i = 0; i < line->n && !err; i++)
		err = load(c, &line->encaps[i]);
	return err;
}

static int fill(struct weir_borrowed *req, const struct encap *encap)
{
	const struct weir_loaded *loaded = encap->loaded;
	struct weir_lwt_prog progs[DIRECTIONS];

	if (encap->seg6local)
		return weir_borrowed_seg6local(req, loaded->prog_fd, loaded->name, encap->counters);
	for (size_t i = 0; i < encap->n; i++)
		progs[i] =
			(struct weir_lwt_prog){encap->attrs[i], loaded[i].prog_fd, loaded[i].name};
	return weir_borrowed_lwt(req, progs, encap->n, encap->headroom_bytes);
}

static int fill_all(struct weir_borrowed *req, const struct route_line *line)
{
	int err = 0;

	for (size_t i = 0; i < line->n && !err; i++)
		err = fill(req, &line->encaps[i]);
	return err;
}

static int run(struct weir_compat *c, struct route_line *line)
{
	struct weir_borrowed *req = NULL;
	struct weir_ack ack = {0};
	int status;

	if (!weir_compat_net(c))
		return WEIR_COMPAT_FAILED;
	status = weir_real_borrow(c, line->words, "routes", &req);
	if (!status && load_all(c, line))
		status = WEIR_COMPAT_USAGE;
	if (!status && fill_all(req, line))
		status = WEIR_COMPAT_FAILED;
	if (!status && weir_borrowed_send(c->net, req, c->echo, &ack)) {
		weir_compat_refused(&ack);
		status = WEIR_COMPAT_REFUSED;
	}
	if (!status)
		weir_real_print(c, req);
	weir_borrowed_free(req);
	return status;
}

static void end(struct encap *encap, bool keep)
{
	for (size_t i = 0; i < encap->n_loaded; i++)
		weir_loaded_close(&encap->loaded[i], keep);
	for (size_t i = 0; i < encap->n; i++)
		weir_spec_free(&encap->specs[i]);
}

int weir_ip_route(struct weir_compat *c, char **words)
{
	struct route_line line = {0};
	int status = parse(words, &line);

	if (!status)
		status = run(c, &line);
	for (size_t i = 0; i < line.n; i++)
		end(&line.encaps[i], !status);
	free(line.encaps);
	free(line.words);
	return status;
}
