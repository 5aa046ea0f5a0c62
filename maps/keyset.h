/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A set of keys of one size: which entries a walk has shown already. */
#ifndef WEIR_MAPS_KEYSET_H
#define WEIR_MAPS_KEYSET_H

#include <stddef.h>

struct weir_keyset;

int weir_keyset_new(size_t key_size_bytes, struct weir_keyset **out);
void weir_keyset_free(struct weir_keyset *set);
void weir_keyset_clear(struct weir_keyset *set); /* memory is kept */
/* 1: @key is new and in the set now, 0: it was there. -ENOMEM. */
int weir_keyset_add(struct weir_keyset *set, const void *key);

#endif
