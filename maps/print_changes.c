// SPDX-License-Identifier: LGPL-2.1-or-later
/* Differences as text. In: entries of then and now. Out: "-" and "+" lines, or JSON. */
#include <errno.h>
#include <stdlib.h>

#include "loader/log.h"
#include "maps/print.h"

struct weir_changes {
	struct weir_print print;
	struct weir_dump_opts opts;
};

int weir_changes_open(const struct weir_table *table, const struct weir_dump_opts *opts, int fd,
		      struct weir_changes **out)
{
	struct weir_changes *changes = calloc(1, sizeof(*changes));
	int err;

	if (!changes)
		return weir_fail(-ENOMEM, "%s: out of memory", table->label);
	changes->opts = (struct weir_dump_opts){
		.size = sizeof(changes->opts), .json = opts->json, .percpu = opts->percpu};
	err = weir_print_start(&changes->print, table, &changes->opts, fd);
	if (err) {
		weir_print_end(&changes->print);
		free(changes);
		return err;
	}
	if (opts->json)
		weir_buf_char(&changes->print.out, '[');
	*out = changes;
	return 0;
}

static int put_line(struct weir_print *print, const char *mark, const void *key, const void *value)
{
	print->prefix = mark;
	return value ? weir_print_entry(print, key, value) : 0;
}

static int put_value(struct weir_print *print, const char *name, const void *key, const void *value)
{
	if (!value)
		return 0;
	weir_buf_text(&print->out, name);
	return weir_print_value(print, key, value);
}

static int put_object(struct weir_print *print, const void *key, const void *old,
		      const void *wanted)
{
	int err;

	weir_buf_text(&print->out, print->n++ ? ",\n" : "\n");
	weir_buf_text(&print->out, "{\"change\":");
	weir_buf_text(&print->out, !old ? "\"new\"" : !wanted ? "\"gone\"" : "\"changed\"");
	weir_buf_text(&print->out, ",\"key\":");
	weir_value_json(print->table->key, key, &print->table->env, &print->out);
	err = put_value(print, ",\"old\":", key, old);
	err = err ?: put_value(print, ",\"new\":", key, wanted);
	weir_buf_char(&print->out, '}');
	return err ?: print->out.err;
}

int weir_changes_print(const void *key, const void *old, const void *wanted, void *ctx)
{
	struct weir_changes *changes = ctx;
	int err;

	if (changes->opts.json)
		return put_object(&changes->print, key, old, wanted);
	err = put_line(&changes->print, "- ", key, old);
	return err ?: put_line(&changes->print, "+ ", key, wanted);
}

int weir_changes_close(struct weir_changes *changes)
{
	int err;

	if (!changes)
		return 0;
	if (changes->opts.json)
		weir_buf_text(&changes->print.out, changes->print.n ? "\n]\n" : "]\n");
	err = weir_buf_flush(&changes->print.out);
	weir_print_end(&changes->print);
	free(changes);
	return err;
}
