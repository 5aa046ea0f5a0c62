/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files of `weir ip`. */
#ifndef WEIR_CLI_IP_H
#define WEIR_CLI_IP_H

#include "cli/compat.h"
#include "cli/spec.h"

/* The word of @words (behind `link set`) that begins XDP; NULL: none. A value of
 * another setting is no such word, whatever it is called. */
char **weir_ip_find_xdp(char **words);
int weir_ip_link_set(struct weir_compat *c, char **words);
int weir_ip_link_show(struct weir_compat *c, char **words);

/* The word `encap` of a route that weir makes; NULL: none. */
char **weir_ip_find_encap(char **words);
int weir_ip_route(struct weir_compat *c, char **words);

#endif
