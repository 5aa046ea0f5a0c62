// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `weir ip`: whose a line is. Ours are `link set ... xdp`, routes and next hops
 * with an encapsulation by BPF, and, with -s, the showing of interfaces, since
 * the runs of an XDP program are told there.
 */
#include <string.h>

#include "cli/ip.h"

/* Prefixes in the order in which ip compares its objects: "a" is address, "r" is
 * route, "l" is link, "n" and "ne" are neighbour. */
static bool is_link(const char *word)
{
	return weir_word_is(word, "link");
}

static bool is_address(const char *word)
{
	return weir_word_is(word, "address");
}

static bool is_route(const char *word)
{
	return weir_word_is(word, "route");
}

static bool is_nexthop(const char *word)
{
	return weir_word_is(word, "nexthop") && !weir_word_is(word, "neighbour");
}

static bool is_one_of(const char *word, const char *const *verbs)
{
	for (; *verbs; verbs++)
		if (weir_word_is(word, *verbs))
			return true;
	return false;
}

/* Before `show`: "s" is set. */
static bool is_set(const char *word)
{
	return word && (weir_word_is(word, "set") || weir_word_is(word, "change"));
}

static bool is_show(const char *word)
{
	static const char *const verbs[] = {"show", "list", "lst", NULL};

	return !word || is_one_of(word, verbs);
}

static bool link_is_ours(const struct weir_compat *c, char **words)
{
	struct weir_link_words ignored = {0};

	if (is_set(*words))
		return weir_ip_find_xdp(words + 1, &ignored) != NULL;
	return c->stats && is_show(*words);
}

bool weir_ip_is_ours(const struct weir_compat *c, char **words)
{
	static const char *const route_verbs[] = {"add",     "append",	"change", "chg",
						  "prepend", "replace", NULL};
	static const char *const nexthop_verbs[] = {"add", "replace", NULL};

	if (is_address(*words))
		return c->stats && is_show(words[1]);
	if (is_route(*words))
		return words[1] && is_one_of(words[1], route_verbs) &&
		       weir_ip_find_encap(words + 2);
	if (is_nexthop(*words))
		return words[1] && is_one_of(words[1], nexthop_verbs) &&
		       weir_ip_find_encap(words + 2);
	return is_link(*words) && link_is_ours(c, words + 1);
}

int weir_ip_line(struct weir_compat *c, char **words)
{
	if (is_route(*words) || is_nexthop(*words))
		return weir_ip_route(c, words);
	if (is_link(*words) && is_set(words[1]))
		return weir_ip_link_set(c, words);
	return weir_ip_link_show(c, words);
}
