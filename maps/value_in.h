/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between value_write.c and value_json.c. */
#ifndef WEIR_MAPS_VALUE_IN_H
#define WEIR_MAPS_VALUE_IN_H

#include "maps/value.h"

void weir_put_ipv4(struct weir_buf *out, const uint8_t *at);
void weir_put_ipv6(struct weir_buf *out, const uint8_t *at);
void weir_put_mac(struct weir_buf *out, const uint8_t *at);
void weir_put_float(struct weir_buf *out, const uint8_t *at, uint32_t size);
/* Decimal, or hexadecimal beyond 64 bits. */
void weir_put_wide(struct weir_buf *out, struct weir_u128 value);
const char *weir_enum_name(const struct weir_type *type, uint64_t value);
/* @name has IF_NAMESIZE bytes. NULL: there is no such interface. */
const char *weir_ifname(const struct weir_value_env *env, uint64_t ifindex, char *name);
bool weir_is_string(const uint8_t *at, size_t size);
bool weir_prefix_is_plain(const struct weir_type *type, const uint8_t *at);
/* Does the type's text say all of these bytes? */
bool weir_value_is_plain(const struct weir_type *type, const uint8_t *at);

#endif
