// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Words as iproute2 reads and prints them: prefixes, numbers, class ids,
 * ethertypes; and its messages about them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_sched.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/compat.h"

/* ---- comparing and complaining ------------------------------------------- */

bool weir_word_is(const char *text, const char *word)
{
	size_t len = strlen(text);

	return len && !strncmp(text, word, len);
}

int weir_word_missing(void)
{
	weir_compat_say("Command line is not complete. Try option \"help\"");
	return WEIR_COMPAT_USAGE;
}

int weir_word_wrong(const char *text, const char *why)
{
	weir_compat_say("Error: argument \"%s\" is wrong: %s", text, why);
	return WEIR_COMPAT_USAGE;
}

int weir_word_duplicate(const char *key, const char *text)
{
	weir_compat_say("Error: duplicate \"%s\": \"%s\" is the second value.", key, text);
	return WEIR_COMPAT_USAGE;
}

/* ---- numbers ------------------------------------------------------------- */

/* strtoul() reads blanks and signs as well; a sign makes a number that no field
 * here can hold. */
static bool read_u32(const char *text, size_t len, int base, uint32_t *out)
{
	char digits[32], *end;
	unsigned long value;

	if (!len || len >= sizeof(digits) || strchr(" \t\n\v\f\r-", *text))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	errno = 0;
	value = strtoul(digits, &end, base);
	if (*end || errno || value > UINT32_MAX)
		return false;
	*out = (uint32_t)value;
	return true;
}

bool weir_word_u32(const char *text, uint32_t *out)
{
	return read_u32(text, strlen(text), 0, out);
}

bool weir_word_decimal(const char *text, uint32_t *out)
{
	return read_u32(text, strlen(text), 10, out);
}

bool weir_word_classid(const char *text, uint32_t *out)
{
	const char *colon = strchr(text, ':');
	uint32_t major = 0, minor = 0;

	if (!strcmp(text, "root")) {
		*out = TC_H_ROOT;
		return true;
	}
	if (!strcmp(text, "none")) {
		*out = TC_H_UNSPEC;
		return true;
	}
	if (!colon)
		return read_u32(text, strlen(text), 16, out);
	if (colon > text && !read_u32(text, (size_t)(colon - text), 16, &major))
		return false;
	if (colon[1] && !read_u32(colon + 1, strlen(colon + 1), 16, &minor))
		return false;
	if (major > 0xffff || minor > 0xffff)
		return false;
	*out = TC_H_MAKE(major << 16, minor);
	return true;
}

const char *weir_classid_text(uint32_t classid, char *buf)
{
	uint32_t major = TC_H_MAJ(classid) >> 16, minor = TC_H_MIN(classid);

	if (classid == TC_H_ROOT)
		snprintf(buf, 32, "root");
	else if (classid == TC_H_UNSPEC)
		snprintf(buf, 32, "none");
	else if (!major)
		snprintf(buf, 32, ":%x", minor);
	else if (!minor)
		snprintf(buf, 32, "%x:", major);
	else
		snprintf(buf, 32, "%x:%x", major, minor);
	return buf;
}

/* ---- ethertypes ---------------------------------------------------------- */

/* Names and their order are iproute2's: the first of a number is printed. */
static const struct {
	uint16_t ethertype;
	const char *name;
} protocols[] = {
	{ETH_P_LOOP, "loop"},
	{ETH_P_PUP, "pup"},
	{ETH_P_PUPAT, "pupat"},
	{ETH_P_IP, "ip"},
	{ETH_P_X25, "x25"},
	{ETH_P_ARP, "arp"},
	{ETH_P_BPQ, "bpq"},
	{ETH_P_IEEEPUP, "ieeepup"},
	{ETH_P_IEEEPUPAT, "ieeepupat"},
	{ETH_P_DEC, "dec"},
	{ETH_P_DNA_DL, "dna_dl"},
	{ETH_P_DNA_RC, "dna_rc"},
	{ETH_P_DNA_RT, "dna_rt"},
	{ETH_P_LAT, "lat"},
	{ETH_P_DIAG, "diag"},
	{ETH_P_CUST, "cust"},
	{ETH_P_SCA, "sca"},
	{ETH_P_RARP, "rarp"},
	{ETH_P_ATALK, "atalk"},
	{ETH_P_AARP, "aarp"},
	{ETH_P_IPX, "ipx"},
	{ETH_P_IPV6, "ipv6"},
	{ETH_P_PPP_DISC, "ppp_disc"},
	{ETH_P_PPP_SES, "ppp_ses"},
	{ETH_P_ATMMPOA, "atmmpoa"},
	{ETH_P_ATMFATE, "atmfate"},
	{ETH_P_802_3, "802_3"},
	{ETH_P_AX25, "ax25"},
	{ETH_P_ALL, "all"},
	{ETH_P_802_2, "802_2"},
	{ETH_P_SNAP, "snap"},
	{ETH_P_DDCMP, "ddcmp"},
	{ETH_P_WAN_PPP, "wan_ppp"},
	{ETH_P_PPP_MP, "ppp_mp"},
	{ETH_P_LOCALTALK, "localtalk"},
	{ETH_P_CAN, "can"},
	{ETH_P_PPPTALK, "ppptalk"},
	{ETH_P_TR_802_2, "tr_802_2"},
	{ETH_P_MOBITEX, "mobitex"},
	{ETH_P_CONTROL, "control"},
	{ETH_P_IRDA, "irda"},
	{ETH_P_ECONET, "econet"},
	{ETH_P_TIPC, "tipc"},
	{ETH_P_PROFINET, "profinet"},
	{ETH_P_AOE, "aoe"},
	{ETH_P_ETHERCAT, "ethercat"},
	{ETH_P_8021Q, "802.1Q"},
	{ETH_P_8021AD, "802.1ad"},
	{ETH_P_MPLS_UC, "mpls_uc"},
	{ETH_P_MPLS_MC, "mpls_mc"},
	{ETH_P_TEB, "teb"},
	{ETH_P_CFM, "cfm"},
	{ETH_P_LLDP, "LLDP"},
	{ETH_P_IP, "ipv4"},
};

#define N_PROTOCOLS (sizeof(protocols) / sizeof(*protocols))

bool weir_word_protocol(const char *text, uint16_t *protocol_be)
{
	uint32_t number;

	for (size_t i = 0; i < N_PROTOCOLS; i++)
		if (!strcasecmp(protocols[i].name, text)) {
			*protocol_be = htons(protocols[i].ethertype);
			return true;
		}
	if (!weir_word_u32(text, &number) || number > 0xffff)
		return false;
	*protocol_be = htons((uint16_t)number);
	return true;
}

const char *weir_protocol_text(uint16_t protocol_be, char *buf)
{
	uint16_t ethertype = ntohs(protocol_be);

	for (size_t i = 0; i < N_PROTOCOLS; i++)
		if (protocols[i].ethertype == ethertype)
			return protocols[i].name;
	snprintf(buf, 16, "[%u]", ethertype);
	return buf;
}
