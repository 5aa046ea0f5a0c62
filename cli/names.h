/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers that the commands print as words. Never NULL: a number without a
 * word is written into @buf, which holds at least WEIR_NAME_LEN bytes.
 */
#ifndef WEIR_CLI_NAMES_H
#define WEIR_CLI_NAMES_H

#include <stdint.h>
#include <stdio.h>

#include "loader/weir.h"

#define WEIR_NAME_LEN 16

const char *weir_mode_word(enum weir_xdp_mode mode);
const char *weir_map_type_word(uint32_t map_type, char *buf);
const char *weir_prog_type_word(uint32_t prog_type, char *buf);
/* iproute2's word for an ethertype: "all", "ip", "0x88cc". */
const char *weir_protocol_word(uint16_t protocol_be, char *buf);
/* " no_prealloc mmapable 0x8000", a blank before each. */
void weir_map_flags_print(FILE *out, uint32_t flags);
/* The bits of a flag's word of @len, or of a number; false: neither. */
bool weir_map_flag(const char *word, size_t len, uint32_t *out);
/* The number of a type's word; false: none. */
bool weir_map_type(const char *word, uint32_t *out);

#endif
