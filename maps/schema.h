/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Types of maps by their names, in a file: for maps without BTF. */
#ifndef WEIR_MAPS_SCHEMA_H
#define WEIR_MAPS_SCHEMA_H

struct weir_schema {
	char *key, *value; /* words of a type; NULL: not known */
};

/* NULL in both when the file, or a line of @name, is missing. Other errors are logged. */
int weir_schema_find(const char *path, const char *name, struct weir_schema *out);
void weir_schema_free(struct weir_schema *schema);
/* Adds a line unless there is one already. Makes the file, and its directory. Logged. */
int weir_schema_keep(const char *path, const char *name, const struct weir_schema *schema);

#endif
