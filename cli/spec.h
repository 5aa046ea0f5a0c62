/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SPEC of iproute2: the words that say which program is meant
 * (`obj FILE section S ...`, `pinned PATH`, `bytecode '...'`), shared by
 * filters, actions, graft, XDP and route encapsulations.
 */
#ifndef WEIR_CLI_SPEC_H
#define WEIR_CLI_SPEC_H

#include <linux/filter.h>

#include "cli/compat.h"

enum weir_spec_kind {
	WEIR_SPEC_NONE,
	WEIR_SPEC_BYTECODE, /* bytecode and bytecode-file: `ops` */
	WEIR_SPEC_OBJECT,
	WEIR_SPEC_PINNED,
};

/* What the place of the SPEC allows. */
struct weir_spec_rules {
	bool bytecode;	  /* cBPF as well */
	bool type_word;	  /* `type T`, of graft */
	bool export_word; /* `export UDS` (unless TC_BPF_UDS is set: then it is an error) */
	uint32_t prog_type;
};

struct weir_spec {
	enum weir_spec_kind kind;
	uint32_t prog_type;	/* rules', or of `type` */
	const char *file;	/* OBJECT, PINNED; as given */
	const char *section;	/* NULL: the default of the type */
	const char *prog;	/* NULL */
	const char *export_uds; /* `export`, or TC_BPF_UDS; NULL */
	bool verbose;
	struct sock_filter *ops; /* malloc'd; weir_spec_free() */
	uint16_t n_ops;
};

/* True when @text begins a SPEC under @rules (prefixes as iproute2 takes them). */
bool weir_spec_begins(const char *text, const struct weir_spec_rules *rules);
/* Parses from *argv, which moves behind it. 0 or the status after the error
 * lines; @out is to be freed either way. */
int weir_spec_parse(char ***argv, const struct weir_spec_rules *rules, struct weir_spec *out);
void weir_spec_free(struct weir_spec *spec);
/* Reads "N,c t f k,..." ; false after the error lines. Newlines count as commas. */
bool weir_bytecode_parse(char *text, struct sock_filter **ops, uint16_t *n_ops);

/* The text of a bytecode file, malloc'd; NULL after an error line. */
char *weir_bytecode_read(const char *path);

/* PATH, or what `m:REST` stands for: BPFFS/<folder of the type>/REST. -errno
 * after an error line. */
int weir_spec_path(const struct weir_compat *c, const char *path, uint32_t prog_type, char *buf,
		   size_t len);

/* A SPEC opened or loaded. */
struct weir_loaded {
	struct weir_object *object; /* loaded provisionally; NULL when pinned */
	int prog_fd;		    /* -1: bytecode */
	int own_fd;		    /* of a pinned one; -1 */
	char name[256];		    /* FILE:[SECTION] or PATH:[*fsobj]; "" for bytecode */
};

/* Loads (for @ifindex when not 0), exports maps. 0; -errno after error lines. */
int weir_spec_load(const struct weir_compat *c, const struct weir_spec *spec, uint32_t ifindex,
		   struct weir_loaded *out);
/* The kernel has taken it: what the load made stays, and the process ends, except
 * in a batch. */
void weir_loaded_leave(const struct weir_compat *c, struct weir_loaded *loaded);
/* Ends it: @keep what the load made, or take it back. */
void weir_loaded_close(struct weir_loaded *loaded, bool keep);

#endif
