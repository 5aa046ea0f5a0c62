// SPDX-License-Identifier: LGPL-2.1-or-later
/* Tables number -> word, beside those of the library. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "cli/names.h"

const char *weir_mode_word(enum weir_xdp_mode mode)
{
	static const char *const words[] = {
		[WEIR_XDP_BEST] = "best",	[WEIR_XDP_NATIVE] = "native",
		[WEIR_XDP_GENERIC] = "generic", [WEIR_XDP_OFFLOAD] = "offload",
		[WEIR_XDP_MULTI] = "multi",
	};

	return (size_t)mode < sizeof(words) / sizeof(words[0]) ? words[mode] : "unknown";
}

static const char *word_or_number(const char *word, uint32_t number, char *buf)
{
	if (word)
		return word;
	snprintf(buf, WEIR_NAME_LEN, "%u", number);
	return buf;
}

const char *weir_map_type_word(uint32_t map_type, char *buf)
{
	return word_or_number(weir_map_type_name(map_type), map_type, buf);
}

const char *weir_prog_type_word(uint32_t prog_type, char *buf)
{
	return word_or_number(weir_prog_type_name(prog_type), prog_type, buf);
}

const char *weir_protocol_word(uint16_t protocol_be, char *buf)
{
	static const struct {
		uint16_t ethertype;
		const char *word;
	} table[] = {
		{ETH_P_ALL, "all"},	    {ETH_P_IP, "ip"},		{ETH_P_IPV6, "ipv6"},
		{ETH_P_ARP, "arp"},	    {ETH_P_8021Q, "802.1Q"},	{ETH_P_8021AD, "802.1ad"},
		{ETH_P_MPLS_UC, "mpls_uc"}, {ETH_P_MPLS_MC, "mpls_mc"},
	};
	uint16_t ethertype = ntohs(protocol_be);
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].ethertype == ethertype)
			return table[i].word;
	snprintf(buf, WEIR_NAME_LEN, "0x%04x", ethertype);
	return buf;
}

/* Bits 0.. of BPF_MAP_CREATE's map_flags, linux/bpf.h "flags for BPF_MAP_CREATE". */
static const char *const map_flags[] = {
	"no_prealloc",	  "no_common_lru",  "numa_node",   "rdonly",	  "wronly",
	"stack_build_id", "zero_seed",	    "rdonly_prog", "wronly_prog", "clone",
	"mmapable",	  "preserve_elems", "inner_map",   "link",
};
#define MAP_FLAGS (sizeof(map_flags) / sizeof(*map_flags))

void weir_map_flags_print(FILE *out, uint32_t flags)
{
	for (uint32_t bit = 0; bit < MAP_FLAGS; bit++) {
		if (flags & 1u << bit)
			fprintf(out, " %s", map_flags[bit]);
		flags &= ~(1u << bit);
	}
	if (flags)
		fprintf(out, " 0x%x", flags);
}

bool weir_map_flag(const char *word, size_t len, uint32_t *out)
{
	char number[16], *end;

	for (uint32_t bit = 0; bit < MAP_FLAGS; bit++)
		if (!strncmp(map_flags[bit], word, len) && !map_flags[bit][len]) {
			*out = 1u << bit;
			return true;
		}
	if (!len || len >= sizeof(number))
		return false;
	memcpy(number, word, len);
	number[len] = '\0';
	*out = (uint32_t)strtoul(number, &end, 0);
	return !*end;
}

bool weir_map_type(const char *word, uint32_t *out)
{
	const char *name;

	/* the kernel's list has no holes */
	for (uint32_t type = 1; (name = weir_map_type_name(type)); type++)
		if (!strcmp(name, word)) {
			*out = type;
			return true;
		}
	return false;
}
