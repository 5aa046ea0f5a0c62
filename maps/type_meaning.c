// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a number or some bytes are by their names. In: a plain type, the field it
 * stands in, the typedef it has. Out: the same with a form of the network's. The names
 * are those of the kernel's headers and of programs as people write them.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "maps/type.h"

/* ---- names of fields ----------------------------------------------------- */

/* Is @word one of the blank-separated @list? */
static bool is_listed(const char *word, size_t len, const char *list)
{
	while (*list) {
		size_t n = strcspn(list, " ");

		if (n == len && !strncasecmp(list, word, n))
			return true;
		list += n + (list[n] == ' ');
	}
	return false;
}

/* Is one of the field's parts ("src_ip": "src", "ip"), its last or first, or all of it
 * in @list? */
static bool speaks_of(const char *field, const char *list)
{
	const char *last = strrchr(field, '_');
	size_t first = strcspn(field, "_");

	return is_listed(field, strlen(field), list) ||
	       (last && is_listed(last + 1, strlen(last + 1), list)) ||
	       (field[first] && is_listed(field, first, list));
}

#define ADDRESS_WORDS                                                                        \
	"addr address saddr daddr ip ip4 ipv4 ip6 ipv6 sip dip srcip dstip src dst vip rip " \
	"gateway "                                                                           \
	"gw nexthop local remote laddr raddr v4 v6 addr4 addr6"
#define MAC_WORDS "mac smac dmac eth ethaddr lladdr hwaddr source dest src dst addr"

/* ---- numbers ------------------------------------------------------------- */

static bool is_be(const char *type_name, const char *size)
{
	return !strncmp(type_name, "__be", 4) && !strcmp(type_name + 4, size);
}

static void mean_number(struct weir_type *of, const char *field, const char *type_name)
{
	bool be16 = is_be(type_name, "16"), be32 = is_be(type_name, "32");

	of->big_endian = be16 || be32 || is_be(type_name, "64") || !strcmp(type_name, "__be128");
	switch (of->size_bytes) {
	case 1:
		if (speaks_of(field, "proto protocol nexthdr l4proto") ||
		    is_listed(field, strlen(field), "ip_proto l4_proto next_header nh"))
			of->form = WEIR_FORM_PROTO;
		break;
	case 2:
		if (be16 && speaks_of(field, "proto ethertype ethproto type") &&
		    !speaks_of(field, "port"))
			of->form = WEIR_FORM_ETHERTYPE;
		else if (speaks_of(field, "ethertype"))
			of->form = WEIR_FORM_ETHERTYPE;
		break;
	case 4:
		if (speaks_of(*field ? field : type_name, "ifindex iif oif") ||
		    is_listed(field, strlen(field), "ifidx if_index"))
			of->form = WEIR_FORM_IFINDEX;
		else if (!speaks_of(field, "id count port len") &&
			 (speaks_of(field, ADDRESS_WORDS) || (be32 && !*field)))
			of->form = WEIR_FORM_IPV4;
		break;
	default:
		break;
	}
	if (of->form == WEIR_FORM_IPV4)
		of->big_endian = false; /* four octets, not a number */
}

/* ---- arrays -------------------------------------------------------------- */

static void become(struct weir_type *of, enum weir_form form)
{
	weir_type_free(of->element);
	of->element = NULL;
	of->n_elements = 0;
	of->form = form;
}

static void mean_array(struct weir_type *of, const char *field)
{
	const struct weir_type *element = of->element;
	bool is_u8 = element->form == WEIR_FORM_UINT && element->size_bytes == 1;
	bool is_address = speaks_of(field, ADDRESS_WORDS);

	if (element->form == WEIR_FORM_UINT && element->size_bytes == 4 && of->n_elements == 4 &&
	    (is_address || !strcmp(field, "ip6")))
		become(of, WEIR_FORM_IPV6);
	else if (is_u8 && of->size_bytes == 6)
		become(of, WEIR_FORM_MAC);
	else if (is_u8 && of->size_bytes == 16 && is_address)
		become(of, WEIR_FORM_IPV6);
	else if (is_u8 && of->size_bytes == 4 && is_address)
		become(of, WEIR_FORM_IPV4);
	else if (is_u8)
		become(of, WEIR_FORM_BYTES);
}

void weir_type_mean(struct weir_type *of, const char *field, const char *type_name)
{
	if (of->form == WEIR_FORM_UINT)
		mean_number(of, field, type_name);
	else if (of->form == WEIR_FORM_INT && of->size_bytes == 4 &&
		 speaks_of(field, "ifindex iif oif"))
		of->form = WEIR_FORM_IFINDEX;
	else if (of->form == WEIR_FORM_ARRAY)
		mean_array(of, field);
}
