// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Words for types, and for numbers of protocols and ethertypes. libc's own tables
 * are files that a static executable, or a chroot, cannot rely on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "maps/value.h"
#include "maps/weir_map.h"

/* ---- types --------------------------------------------------------------- */

static const struct {
	const char *word;
	enum weir_form form;
	uint32_t size_bytes; /* 0: needs [N] */
	bool big_endian;
} words[] = {
	{"u8", WEIR_FORM_UINT, 1, false},	  {"u16", WEIR_FORM_UINT, 2, false},
	{"u32", WEIR_FORM_UINT, 4, false},	  {"u64", WEIR_FORM_UINT, 8, false},
	{"u128", WEIR_FORM_UINT, 16, false},	  {"s8", WEIR_FORM_INT, 1, false},
	{"s16", WEIR_FORM_INT, 2, false},	  {"s32", WEIR_FORM_INT, 4, false},
	{"s64", WEIR_FORM_INT, 8, false},	  {"int", WEIR_FORM_INT, 4, false},
	{"be16", WEIR_FORM_UINT, 2, true},	  {"be32", WEIR_FORM_UINT, 4, true},
	{"be64", WEIR_FORM_UINT, 8, true},	  {"bool", WEIR_FORM_BOOL, 1, false},
	{"float", WEIR_FORM_FLOAT, 4, false},	  {"double", WEIR_FORM_FLOAT, 8, false},
	{"ipv4", WEIR_FORM_IPV4, 4, false},	  {"ipv6", WEIR_FORM_IPV6, 16, false},
	{"mac", WEIR_FORM_MAC, 6, false},	  {"port", WEIR_FORM_UINT, 2, true},
	{"proto", WEIR_FORM_PROTO, 1, false},	  {"ethertype", WEIR_FORM_ETHERTYPE, 2, true},
	{"ifindex", WEIR_FORM_IFINDEX, 4, false}, {"prog", WEIR_FORM_PROG, 4, false},
	{"char", WEIR_FORM_STRING, 0, false},	  {"string", WEIR_FORM_STRING, 0, false},
	{"bytes", WEIR_FORM_BYTES, 0, false},
};

struct weir_type *weir_type_by_word(const char *word, size_t len)
{
	struct weir_type *type;

	/* as C has them in the kernel's headers: __u32, __be16 */
	if (len > 2 && !strncmp(word, "__", 2)) {
		word += 2;
		len -= 2;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strncmp(words[i].word, word, len) != 0 || words[i].word[len])
			continue;
		type = weir_type_new(words[i].form, words[i].size_bytes);
		if (type)
			type->big_endian = words[i].big_endian;
		return type;
	}
	return NULL;
}

static const char *word_of(const struct weir_type *type)
{
	enum weir_form form = type->form == WEIR_FORM_ENUM
				      ? type->is_signed ? WEIR_FORM_INT : WEIR_FORM_UINT
				      : type->form;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (words[i].form == form && words[i].big_endian == type->big_endian &&
		    (!words[i].size_bytes || words[i].size_bytes == type->size_bytes))
			return words[i].word;
	return NULL;
}

static void write_members(const struct weir_type *type, struct weir_buf *out)
{
	weir_buf_char(out, '{');
	for (size_t i = 0; i < type->n_fields; i++) {
		const struct weir_field *f = &type->fields[i];

		if (f->hidden)
			continue;
		if (i)
			weir_buf_text(out, "; ");
		weir_type_write(f->type, out);
		weir_buf_char(out, ' ');
		weir_buf_text(out, f->name);
		if (f->bit_size) {
			weir_buf_text(out, " : ");
			weir_buf_u64(out, f->bit_size);
		}
	}
	weir_buf_char(out, '}');
}

void weir_type_write(const struct weir_type *type, struct weir_buf *out)
{
	const char *word = word_of(type);

	if (type->form == WEIR_FORM_STRUCT) {
		write_members(type, out);
	} else if (type->form == WEIR_FORM_PREFIX) {
		weir_buf_text(out, "prefix ");
		weir_type_write(type->fields[1].type, out);
	} else if (type->form == WEIR_FORM_ARRAY) {
		weir_type_write(type->element, out);
		weir_buf_char(out, '[');
		weir_buf_u64(out, type->n_elements);
		weir_buf_char(out, ']');
	} else if (word) {
		weir_buf_text(out, word);
		if (type->form == WEIR_FORM_STRING || type->form == WEIR_FORM_BYTES) {
			weir_buf_char(out, '[');
			weir_buf_u64(out, type->size_bytes);
			weir_buf_char(out, ']');
		}
	} else {
		weir_buf_text(out, "bytes[");
		weir_buf_u64(out, type->size_bytes);
		weir_buf_char(out, ']');
	}
}

/* ---- numbers ------------------------------------------------------------- */

struct number {
	const char *name;
	uint32_t value;
};

/* iana.org/assignments/protocol-numbers; the first name of a number is printed. */
static const struct number protos[] = {
	{"icmp", 1},	  {"igmp", 2},	 {"ipip", 4},	 {"tcp", 6},	    {"egp", 8},
	{"udp", 17},	  {"dccp", 33},	 {"ipv6", 41},	 {"rsvp", 46},	    {"gre", 47},
	{"esp", 50},	  {"ah", 51},	 {"icmpv6", 58}, {"ipv6-icmp", 58}, {"eigrp", 88},
	{"ospf", 89},	  {"pim", 103},	 {"vrrp", 112},	 {"l2tp", 115},	    {"sctp", 132},
	{"udplite", 136}, {"mpls", 137},
};

/* linux/if_ether.h, in the words of tc. */
static const struct number ethertypes[] = {
	{"ipv4", 0x0800},    {"ip", 0x0800},	  {"arp", 0x0806},	{"802.1q", 0x8100},
	{"vlan", 0x8100},    {"ipv6", 0x86dd},	  {"pause", 0x8808},	{"slow", 0x8809},
	{"mpls_uc", 0x8847}, {"mpls_mc", 0x8848}, {"ppp_disc", 0x8863}, {"ppp_ses", 0x8864},
	{"eapol", 0x888e},   {"802.1ad", 0x88a8}, {"lldp", 0x88cc},	{"macsec", 0x88e5},
	{"ptp", 0x88f7},     {"loop", 0x9000},
};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static const char *name_of(const struct number *list, size_t n, uint32_t value)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].value == value)
			return list[i].name;
	return NULL;
}

static int number_of(const struct number *list, size_t n, const char *name, size_t len,
		     uint32_t *out)
{
	for (size_t i = 0; i < n; i++) {
		if (strncasecmp(list[i].name, name, len) != 0 || list[i].name[len])
			continue;
		*out = list[i].value;
		return 0;
	}
	return -ENOENT;
}

const char *weir_proto_name(uint32_t proto)
{
	return name_of(protos, COUNT(protos), proto);
}

const char *weir_ethertype_name(uint32_t ethertype)
{
	return name_of(ethertypes, COUNT(ethertypes), ethertype);
}

int weir_proto_number(const char *name, size_t len, uint32_t *out)
{
	return number_of(protos, COUNT(protos), name, len, out);
}

int weir_ethertype_number(const char *name, size_t len, uint32_t *out)
{
	return number_of(ethertypes, COUNT(ethertypes), name, len, out);
}
