// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `weir ip`: whose a line is. Ours are `link set ... xdp`, routes with an
 * encapsulation by BPF, and, with -s, the showing of interfaces, since the runs
 * of an XDP program are told there.
 */
#include <string.h>

#include "cli/ip.h"

static bool is_link(const char *word)
{
	return weir_word_is(word, "link");
}

static bool is_address(const char *word)
{
	return weir_word_is(word, "address");
}

static bool is_show(const char *word)
{
	return !word || weir_word_is(word, "show") || weir_word_is(word, "list") ||
	       weir_word_is(word, "lst");
}

/* In ip's order: "r" is route, "a" address, "l" link. */
static bool is_route(const char *word)
{
	return weir_word_is(word, "route");
}

static bool link_is_ours(const struct weir_compat *c, char **words)
{
	if (*words && (weir_word_is(*words, "set") || weir_word_is(*words, "change")))
		return weir_ip_find_xdp(words + 1) != NULL;
	return c->stats && is_show(*words);
}

static bool route_is_ours(char **words)
{
	static const char *const verbs[] = {"add", "append", "change", "chg", "prepend", "replace"};

	for (size_t i = 0; *words && i < sizeof(verbs) / sizeof(*verbs); i++)
		if (weir_word_is(*words, verbs[i]))
			return weir_ip_find_encap(words + 1) != NULL;
	return false;
}

bool weir_ip_is_ours(const struct weir_compat *c, char **words)
{
	if (is_address(*words))
		return c->stats && is_show(words[1]);
	if (is_route(*words))
		return route_is_ours(words + 1);
	return is_link(*words) && link_is_ours(c, words + 1);
}

int weir_ip_line(struct weir_compat *c, char **words)
{
	if (is_route(*words) && !is_address(*words))
		return weir_ip_route(c, words);
	if (is_link(*words) && !is_show(words[1]))
		return weir_ip_link_set(c, words);
	return weir_ip_link_show(c, words);
}
