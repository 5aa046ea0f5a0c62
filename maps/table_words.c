// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Words of a command line or a file as keys and values. In: one word of weir's text,
 * or bytes as bpftool takes them: "hex 0a 00 00 01", "10 0 0 1", "0x0a 0x00 ...". Out:
 * bytes in the machine's order.
 */
#include <bpf/bpf.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/error.h"
#include "loader/log.h"
#include "maps/pin.h"
#include "maps/table.h"

/* ---- bytes, as bpftool has them ------------------------------------------ */

static int read_byte(const struct weir_table *table, const char *word, int base, uint8_t *to)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(word, &end, base);
	if (!isxdigit((unsigned char)*word) || *end || value > 0xff || errno)
		return weir_fail(-EINVAL, "%s: %s: not a byte", table->label, word);
	*to = (uint8_t)value;
	return 0;
}

static int read_bytes(const struct weir_table *table, const char *part, char *const *words,
		      size_t n, int base, size_t size, uint8_t *to)
{
	int err = 0;

	if (n != size)
		return weir_fail(-EINVAL, "%s: %zu bytes for a %s of %zu", table->label, n, part,
				 size);
	for (size_t i = 0; i < n && !err; i++)
		err = read_byte(table, words[i], base, &to[i]);
	return err;
}

/* One word of text, or bytes. */
static int read_any(const struct weir_table *table, const char *part, const struct weir_type *type,
		    char *const *words, size_t n, void *to)
{
	if (!n)
		return weir_fail(-EINVAL, "%s: a %s is missing", table->label, part);
	if (n > 1 && !strcmp(*words, "hex"))
		return read_bytes(table, part, words + 1, n - 1, 16, type->size_bytes, to);
	if (n == 1)
		return weir_value_read(type, *words, strlen(*words), table->label, &table->env, to);
	if (n == type->size_bytes)
		return read_bytes(table, part, words, n, 0, type->size_bytes, to);
	return weir_fail(-EINVAL, "%s: '%s': one word is a %s, or `hex` and %u bytes", table->label,
			 words[1], part, type->size_bytes);
}

int weir_table_read_key(const struct weir_table *table, char *const *words, size_t n, void *key)
{
	memset(key, 0, table->map.key_size_bytes);
	if (!table->map.key_size_bytes)
		return n ? weir_fail(-EINVAL,
				     "%s: a map of this type has no keys; push, pop and peek are "
				     "for it",
				     table->label)
			 : 0;
	return read_any(table, "key", table->key, words, n, key);
}

/* ---- programs and maps --------------------------------------------------- */

/* Ids are given anew: with a name behind it, it must still be the one that was meant. */
static int check_name(const struct weir_table *table, uint32_t id, const char *name)
{
	const char *what = table->ref == WEIR_REF_PROG ? "program" : "map";
	char has[WEIR_REF_NAME_LEN] = "";
	int err = weir_ref_name(table->ref, id, has);

	if (err)
		return weir_fail(err, "%s: %s id %u: %s", table->label, what, id, weir_errstr(err));
	if (strcmp(has, name) != 0)
		return weir_fail(-ESTALE, "%s: %s id %u has the name '%s', not '%s'", table->label,
				 what, id, has, name);
	return 0;
}

static int ref_by_id(const struct weir_table *table, enum weir_pin_kind kind, const char *word,
		     uint32_t *id)
{
	unsigned long number;
	char *end;

	number = strtoul(word, &end, 10);
	if (!isdigit((unsigned char)*word) || *end || !number || number > UINT32_MAX)
		return weir_fail(-EINVAL, "%s: %s: not an id of a %s", table->label, word,
				 weir_pin_kind_name(kind));
	*id = (uint32_t)number;
	return 0;
}

/* "id N", "N", "pinned PATH", or a path: as an id; "name NAME" behind it. */
static int read_ref(const struct weir_table *table, char *const *words, size_t n, uint32_t *id)
{
	enum weir_pin_kind kind = table->ref == WEIR_REF_PROG ? WEIR_PIN_OF_PROG : WEIR_PIN_OF_MAP;
	const char *name = NULL;
	int err;

	if (n > 2 && !strcmp(words[n - 2], "name")) {
		name = words[n - 1];
		n -= 2;
	}
	if (n == 2 && (!strcmp(*words, "id") || !strcmp(*words, "pinned"))) {
		words++;
		n--;
	}
	if (n != 1)
		return weir_fail(-EINVAL, "%s: `id N` or `pinned PATH` of a %s is expected",
				 table->label, weir_pin_kind_name(kind));
	err = strchr(*words, '/') ? weir_pin_id_at(*words, kind, table->label, id)
				  : ref_by_id(table, kind, *words, id);
	return !err && name ? check_name(table, *id, name) : err;
}

/* ---- values -------------------------------------------------------------- */

static int read_percpu(const struct weir_table *table, char *const *words, size_t n, uint8_t *value)
{
	int err = 0;

	if (!table->percpu || n != table->cpus)
		return weir_fail(-EINVAL, "%s: %zu values behind percpu; this map has %u",
				 table->label, n, table->cpus);
	for (unsigned int cpu = 0; cpu < table->cpus && !err; cpu++)
		err = weir_value_read(table->value, words[cpu], strlen(words[cpu]), table->label,
				      &table->env, value + cpu * table->stride_bytes);
	return err;
}

int weir_table_read_value(const struct weir_table *table, char *const *words, size_t n, void *value)
{
	uint32_t id = 0;
	int err = 0;

	if (table->ref != WEIR_REF_NONE) {
		err = read_ref(table, words, n, &id);
		if (!err)
			memcpy(value, &id, sizeof(id));
		return err;
	}
	if (n && !strcmp(*words, "percpu"))
		return read_percpu(table, words + 1, n - 1, value);
	for (unsigned int cpu = 0; cpu < table->cpus && !err; cpu++)
		err = read_any(table, "value", table->value, words, n,
			       (uint8_t *)value + cpu * table->stride_bytes);
	return err;
}

bool weir_table_value_is_whole(const struct weir_table *table, char *const *words, size_t n)
{
	if (table->value->form != WEIR_FORM_STRUCT && table->value->form != WEIR_FORM_ARRAY)
		return true;
	return n > 1 && strcmp(*words, "percpu") != 0;
}
