/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files of `weir ip`. */
#ifndef WEIR_CLI_IP_H
#define WEIR_CLI_IP_H

#include "cli/compat.h"
#include "cli/spec.h"

/* What a `link set` line says beside XDP. */
struct weir_link_words {
	const char *dev;  /* NULL: no interface is named */
	bool has_setting; /* something else is to be set */
};

/* Reads the words behind `link set` up to the one that begins XDP, which is
 * returned; NULL: the line ends without. A value of another setting is no such
 * word, whatever it is called. Adds to *out. */
char **weir_ip_find_xdp(char **words, struct weir_link_words *out);
int weir_ip_link_set(struct weir_compat *c, char **words);
int weir_ip_link_show(struct weir_compat *c, char **words);

/* The next word `encap` of an encapsulation that weir makes; NULL: none. */
char **weir_ip_find_encap(char **words);
/* Routes, and next hop objects. */
int weir_ip_route(struct weir_compat *c, char **words);

#endif
