// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `ip link set DEV ... xdp ...`. In: the words. Out: one request. Settings
 * beside XDP are the real ip's to read: its request for them is borrowed, and the
 * program put into it, so that all of the line is one message as ip sends it.
 */
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ip.h"

static const struct weir_spec_rules xdp_rules = {.prog_type = BPF_PROG_TYPE_XDP};

/* ---- words ------------------------------------------------------------------------- */

static const struct {
	const char *word;
	uint32_t flags;
} modes[] = {
	{"xdp", 0},
	{"xdpgeneric", XDP_FLAGS_SKB_MODE},
	{"xdpdrv", XDP_FLAGS_DRV_MODE},
	{"xdpoffload", XDP_FLAGS_HW_MODE},
};

static bool is_xdp(const char *word, uint32_t *flags)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(word, modes[i].word)) {
			if (flags)
				*flags = modes[i].flags;
			return true;
		}
	return false;
}

/* Settings whose value can be any text: an alias "xdp" is no program. */
static bool takes_text(const char *word)
{
	static const char *const words[] = {"dev",   "name",  "alias", "master", "vrf",
					    "group", "netns", "link",  "altname"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

char **weir_ip_find_xdp(char **words)
{
	bool named = false; /* the interface, when it stands without `dev` */

	for (; *words; words++) {
		if (takes_text(*words)) {
			named |= !strcmp(*words, "dev");
			if (!*++words)
				return NULL;
		} else if (is_xdp(*words, NULL) && (named || words[1])) {
			return words;
		} else {
			named = true;
		}
	}
	return NULL;
}

struct link_line {
	const char *dev;
	bool off;
	uint32_t flags;
	struct weir_spec spec;
	char **rest; /* `link set dev DEV` and the settings, a stand-in for XDP among them */
	bool has_rest;
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

/* The interface: behind `dev`, or the first word that is no setting. */
static const char *find_dev(char **words, const char *xdp)
{
	for (char **at = words; *at && *at != xdp; at++)
		if (!strcmp(*at, "dev"))
			return at[1];
	return *words != xdp ? *words : NULL;
}

static int parse(char **words, struct link_line *line)
{
	static char *stand_in[] = {WEIR_STAND_IN_LINK};
	char **xdp = weir_ip_find_xdp(words + 2), **at = xdp + 1;
	size_t n = 0, n_before, n_dev;
	int status;

	while (words[n])
		n++;
	line->rest = calloc(n + 3, sizeof(*line->rest));
	if (!line->rest)
		return WEIR_COMPAT_FAILED;
	is_xdp(*xdp, &line->flags);
	line->dev = find_dev(words + 2, *xdp);
	status = parse_program(&at, line);
	if (status)
		return status;
	/* dev may follow: `ip link set xdp off dev X` */
	for (char **late = at; !line->dev && *late; late++)
		if (!strcmp(*late, "dev"))
			line->dev = late[1];
	if (!line->dev) {
		weir_compat_say("Not enough of information: \"dev\" argument is required.");
		return WEIR_COMPAT_USAGE;
	}
	n_before = (size_t)(xdp - words);
	memcpy(line->rest, words, n_before * sizeof(*words));
	memcpy(line->rest + n_before, stand_in, sizeof(stand_in));
	memcpy(line->rest + n_before + 2, at, (size_t)(words + n - at) * sizeof(*words));
	/* `link set`, the interface, perhaps `dev`, and the stand-in are no settings */
	n_dev = line->dev == words[2] ? 1 : 2;
	line->has_rest = n_before + (size_t)(words + n - at) > 2 + n_dev;
	return 0;
}

/* ---- the kernel's answer --------------------------------------------------------------- */

struct holder {
	enum weir_xdp_mode mode;
	uint32_t prog_id;
	bool is_link;
};

static int find_holder(const struct weir_attachment *at, void *ctx)
{
	struct holder *holder = ctx;

	if (at->hook != WEIR_HOOK_XDP)
		return 1;
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

/* What the kernel's text leaves open: who, and what helps. */
static void explain(struct weir_compat *c, const struct link_line *line, const struct weir_ack *ack)
{
	struct holder holder = {0};

	if (ack->err == -ERANGE || strstr(ack->text, "MTU")) {
		weir_compat_say("%s: the driver cannot take its MTU; a smaller MTU, an object with "
				"section xdp.frags, or xdpgeneric can",
				line->dev);
		return;
	}
	if (ack->err != -EBUSY && ack->err != -EEXIST)
		return;
	weir_log_to(NULL, NULL, WEIR_LOG_ERROR);
	(void)weir_query(c->net, line->dev, find_holder, &holder);
	if (holder.prog_id)
		weir_compat_say("%s: %s holds program id %u%s", line->dev, mode_word(holder.mode),
				holder.prog_id,
				holder.is_link ? " by a BPF link, which only its owner replaces"
				: line->off    ? ""
					       : "; -force replaces a program of the same mode");
}

/* ip says nothing when `off` meets another mode: the program still runs. */
static void note_left(struct weir_compat *c, const struct link_line *line)
{
	struct holder holder = {0};

	if (!line->off || !line->flags)
		return;
	(void)weir_query(c->net, line->dev, find_holder, &holder);
	if (holder.prog_id)
		weir_compat_say("note: %s: nothing was removed: program id %u is attached as %s",
				line->dev, holder.prog_id, mode_word(holder.mode));
}

/* ---- sending ------------------------------------------------------------------------------ */

static int borrow(struct weir_compat *c, const struct link_line *line, struct weir_borrowed **req)
{
	char path[PATH_MAX], **argv;
	int ret = weir_real_path("ip", path, sizeof(path));

	if (ret) {
		weir_compat_say("ip: settings beside xdp are read by the real ip, which is not in "
				"PATH; install iproute2, or set them by a line of their own");
		return WEIR_COMPAT_FAILED;
	}
	argv = weir_real_argv(c, path, line->rest);
	ret = argv ? weir_borrow(path, argv, req) : -ENOMEM;
	free(argv);
	return ret < 0 ? WEIR_COMPAT_FAILED : ret;
}

static int send_xdp(struct weir_compat *c, const struct link_line *line, struct weir_borrowed *req,
		    int ifindex, int prog_fd)
{
	uint32_t flags = line->flags | (c->force ? 0 : XDP_FLAGS_UPDATE_IF_NOEXIST);
	struct weir_ack ack = {0};
	int err;

	if (req)
		err = weir_borrowed_xdp(req, prog_fd, flags)
			      ?: weir_borrowed_send(c->net, req, &ack);
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
	struct weir_borrowed *req = NULL;
	int ifindex, status = 0;

	if (!weir_compat_net(c))
		return WEIR_COMPAT_FAILED;
	ifindex = weir_net_ifindex_quiet(c->net, line->dev);
	if (ifindex < 0) {
		weir_compat_say("Cannot find device \"%s\"", line->dev);
		return WEIR_COMPAT_FAILED;
	}
	if (line->has_rest)
		status = borrow(c, line, &req);
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
