// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Words of `ip link set`. In: a line. Out: where XDP stands in it, which word is
 * the interface, and whether there is more. To know that, each setting of iproute2
 * must be known with its values: `alias xdp` is no program, and an interface
 * may stand anywhere without `dev`. What the settings mean is the real ip's.
 */
#include <string.h>

#include "cli/ip.h"

struct setting {
	const char *word;
	bool prefix; /* may be shortened */
	int values;
};

/* In iproute2's order of comparison, which decides what a shortened word is. */
static const struct setting settings[] = {
	{"up", false, 0},
	{"down", false, 0},
	{"name", false, 1},
	{"index", false, 1},
	{"link", true, 1},
	{"address", true, 1},
	{"broadcast", true, 1},
	{"brd", false, 1},
	{"txqueuelen", true, 1},
	{"qlen", false, 1},
	{"txqlen", true, 1},
	{"mtu", false, 1},
	{"netns", false, 1},
	{"multicast", false, 1},
	{"allmulticast", false, 1},
	{"promisc", false, 1},
	{"trailers", false, 1},
	{"arp", false, 1},
	{"carrier", false, 1},
	{"vf", false, 1},
	{"master", true, 1},
	{"vrf", false, 1},
	{"nomaster", true, 0},
	{"dynamic", true, 1},
	{"type", true, 1},
	{"alias", true, 1},
	{"group", false, 1},
	{"mode", false, 1},
	{"state", false, 1},
	{"numtxqueues", true, 1},
	{"numrxqueues", true, 1},
	{"addrgenmode", true, 1},
	{"link-netns", true, 1},
	{"link-netnsid", true, 1},
	{"protodown", false, 1},
	{"protodown_reason", false, 2},
	{"gso_max_size", false, 1},
	{"gso_max_segs", false, 1},
	{"gro_max_size", false, 1},
	{"gso_ipv4_max_size", false, 1},
	{"gro_ipv4_max_size", false, 1},
	{"parentdev", false, 1},
	{NULL, false, 0},
};

/* Only behind `vf N`. */
static const struct setting vf_settings[] = {
	{"mac", true, 1},	  {"vlan", true, 1},	 {"qos", true, 1},
	{"proto", true, 1},	  {"rate", true, 1},	 {"max_tx_rate", true, 1},
	{"min_tx_rate", true, 1}, {"spoofchk", true, 1}, {"query_rss", true, 1},
	{"trust", true, 1},	  {"state", true, 1},	 {"node_guid", true, 1},
	{"port_guid", true, 1},	  {NULL, false, 0},
};

static const struct setting *find(const struct setting *rows, const char *word)
{
	for (; rows->word; rows++)
		if (rows->prefix ? weir_word_is(word, rows->word) : !strcmp(word, rows->word))
			return rows;
	return NULL;
}

static bool is_xdp(const char *word)
{
	return !strcmp(word, "xdp") || !strcmp(word, "xdpgeneric") || !strcmp(word, "xdpdrv") ||
	       !strcmp(word, "xdpoffload");
}

/* Passes over a setting and its values; NULL: the line ends in the middle. */
static char **skip(char **at, const struct setting *setting)
{
	for (int i = 0; i <= setting->values; i++)
		if (!*at++)
			return NULL;
	return at;
}

char **weir_ip_find_xdp(char **words, struct weir_link_words *out)
{
	const struct setting *setting;
	bool in_vf = false;

	while (words && *words && !is_xdp(*words)) {
		setting = in_vf ? find(vf_settings, *words) : NULL;
		in_vf = setting;
		setting = setting ?: find(settings, *words);
		if (!setting) {
			words += !strcmp(*words, "dev");
			/* A second one is the real ip's to complain about. */
			out->has_setting |= out->dev != NULL;
			out->dev = out->dev ?: *words;
			words += *words != NULL;
			continue;
		}
		out->has_setting = true;
		/* All behind it belongs to the kind of interface. */
		if (!strcmp(setting->word, "type"))
			return NULL;
		if (!strcmp(setting->word, "name"))
			out->dev = out->dev ?: words[1];
		in_vf |= !strcmp(setting->word, "vf");
		words = skip(words, setting);
	}
	return words && *words ? words : NULL;
}
