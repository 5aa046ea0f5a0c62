// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `ip link set DEV ... xdp ...`. In: the words. Out: one request. Settings
 * beside XDP are the real ip's to read: its request for them is borrowed, and the
 * program put into it, so that all of the line is one message as ip sends it.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ip.h"

static const struct weir_spec_rules xdp_rules = {.prog_type = BPF_PROG_TYPE_XDP};

/* ---- words --------------------------------------------------------------- */

static const struct {
	const char *word;
	uint32_t flags;
} modes[] = {
	{"xdp", 0},
	{"xdpgeneric", XDP_FLAGS_SKB_MODE},
	{"xdpdrv", XDP_FLAGS_DRV_MODE},
	{"xdpoffload", XDP_FLAGS_HW_MODE},
};

static uint32_t flags_of(const char *word)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(word, modes[i].word))
			return modes[i].flags;
	return 0;
}

struct link_line {
	struct weir_link_words said;
	bool off;
	uint32_t flags;
	struct weir_spec spec;
	char **rest; /* the line with a stand-in for XDP */
};

static int parse_program(char ***at, struct link_line *line)
{
	if (!**at)
		return weir_word_missing();
	if (!strcmp(**at, "off") || !strcmp(**at, "none")) {
		line->off = true;
		(*at)++;
		return 0;
	}
	return weir_spec_parse(at, &xdp_rules, &line->spec) ? WEIR_COMPAT_USAGE : 0;
}

/* @behind: the first word that is not of XDP's. */
static int make_rest(char **words, char **xdp, char **behind, struct link_line *line)
{
	static const char *const stand_in[] = {WEIR_STAND_IN_LINK};
	size_t n_before = (size_t)(xdp - words), n_behind = 0;

	while (behind[n_behind])
		n_behind++;
	line->rest = calloc(n_before + n_behind + 3, sizeof(*line->rest));
	if (!line->rest)
		return WEIR_COMPAT_FAILED;
	memcpy(line->rest, words, n_before * sizeof(*words));
	memcpy(line->rest + n_before, stand_in, sizeof(stand_in));
	memcpy(line->rest + n_before + 2, behind, n_behind * sizeof(*words));
	return 0;
}

static int parse(char **words, struct link_line *line)
{
	char **xdp = weir_ip_find_xdp(words + 2, &line->said), **at = xdp + 1, **second;
	int status;

	line->flags = flags_of(*xdp);
	/* The interface may follow: `ip link set xdp off dev X`. */
	status = parse_program(&at, line);
	if (status)
		return status;
	second = weir_ip_find_xdp(at, &line->said);
	if (second)
		return weir_word_duplicate(*second, second[1] ?: *second);
	return make_rest(words, xdp, at, line);
}

/* ---- the kernel's answer ------------------------------------------------- */

struct holder {
	enum weir_xdp_mode mode;
	uint32_t prog_id;
	bool is_link;
};

static int find_holder(const struct weir_attachment *at, void *ctx)
{
	struct holder *holder = ctx;

	holder->mode = at->mode;
	holder->prog_id = at->prog.id;
	holder->is_link = at->via == WEIR_VIA_LINK;
	return 1;
}

static const char *mode_word(enum weir_xdp_mode mode)
{
	static const char *const words[] = {"xdp", "xdpdrv", "xdpgeneric", "xdpoffload",
					    "xdpmulti"};

	return words[mode];
}

/* The first program at XDP that is there; prog_id 0: none. */
static struct holder look(struct weir_compat *c, const char *dev)
{
	struct holder holder = {0};

	if (dev)
		(void)weir_query_xdp(c->net, dev, find_holder, &holder);
	return holder;
}

/* What the kernel's text leaves open: who, and what helps. */
static void explain(struct weir_compat *c, const struct link_line *line, const struct weir_ack *ack)
{
	const char *dev = line->said.dev;
	struct holder holder;

	if (ack->err == -ERANGE || strstr(ack->text, "MTU")) {
		weir_compat_say("%s: the driver cannot take its MTU; a smaller MTU, an object with "
				"section xdp.frags, or xdpgeneric can",
				dev ?: "group");
		return;
	}
	if (ack->err != -EBUSY && ack->err != -EEXIST)
		return;
	holder = look(c, dev);
	if (holder.prog_id)
		weir_compat_say("%s: %s holds program id %u%s", dev, mode_word(holder.mode),
				holder.prog_id,
				holder.is_link ? " by a BPF link, which only its owner replaces"
				: line->off    ? ""
					       : "; -force replaces a program of the same mode");
}

/* ip says nothing when `off` meets another mode: the program still runs. */
static void note_left(struct weir_compat *c, const struct link_line *line)
{
	struct holder holder;

	if (!line->off || c->quiet)
		return;
	holder = look(c, line->said.dev);
	if (holder.prog_id)
		weir_compat_say("note: %s: program id %u is still attached, as %s; nothing was "
				"removed from there",
				line->said.dev, holder.prog_id, mode_word(holder.mode));
}

/* ---- sending ------------------------------------------------------------- */

static int send_xdp(struct weir_compat *c, const struct link_line *line, struct weir_borrowed *req,
		    int ifindex, int prog_fd)
{
	uint32_t flags = line->flags | (c->force ? 0 : XDP_FLAGS_UPDATE_IF_NOEXIST);
	struct weir_ack ack = {0};
	int err;

	if (req)
		err = weir_borrowed_xdp(req, prog_fd, flags)
			      ?: weir_borrowed_send(c->net, req, c->echo, &ack);
	else
		err = weir_ip_xdp(c->net, ifindex, prog_fd, flags, &ack);
	if (!err) {
		note_left(c, line);
		return 0;
	}
	if (weir_compat_refused(&ack))
		explain(c, line, &ack);
	return WEIR_COMPAT_REFUSED;
}

static int load_and_send(struct weir_compat *c, const struct link_line *line,
			 struct weir_borrowed *req, int ifindex)
{
	uint32_t device = line->flags & XDP_FLAGS_HW_MODE ? (uint32_t)ifindex : 0;
	struct weir_loaded loaded;
	int status;

	if (line->off)
		return send_xdp(c, line, req, ifindex, -1);
	if (weir_spec_load(c, &line->spec, device, &loaded))
		return WEIR_COMPAT_USAGE;
	status = send_xdp(c, line, req, ifindex, loaded.prog_fd);
	if (!status)
		weir_loaded_leave(c, &loaded);
	weir_loaded_close(&loaded, !status);
	return status;
}

static int run(struct weir_compat *c, const struct link_line *line)
{
	const char *dev = line->said.dev;
	struct weir_borrowed *req = NULL;
	int ifindex = 0, status = 0;

	if (!weir_compat_net(c))
		return WEIR_COMPAT_FAILED;
	if (dev)
		ifindex = weir_net_ifindex_quiet(c->net, dev);
	if (ifindex < 0) {
		weir_compat_say("Cannot find device \"%s\"", dev);
		return WEIR_COMPAT_FAILED;
	}
	/* Without an interface there is a group, or a message of the real ip. */
	if (line->said.has_setting || !dev)
		status = weir_real_borrow(c, line->rest, "settings beside xdp", &req);
	if (!status && !dev && (line->flags & XDP_FLAGS_HW_MODE) && !line->off) {
		weir_compat_say("xdpoffload: a program is made for one device, and a group was "
				"given; name it by dev");
		status = WEIR_COMPAT_USAGE;
	}
	if (!status)
		status = load_and_send(c, line, req, ifindex);
	weir_borrowed_free(req);
	return status;
}

int weir_ip_link_set(struct weir_compat *c, char **words)
{
	struct link_line line = {0};
	int status = parse(words, &line);

	if (!status)
		status = run(c, &line);
	weir_spec_free(&line.spec);
	free(line.rest);
	return status;
}
