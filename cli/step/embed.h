/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BPF objects that are part of the command, as clang made them. */
#ifndef WEIR_CLI_STEP_EMBED_H
#define WEIR_CLI_STEP_EMBED_H

#include <stddef.h>

#include "cli/step/step.h"

struct weir_embedded {
	const char *bytes, *end;
	const char *name; /* for people */
};

/* Defines the struct @var of the file @PATH, which the assembler reads. */
#define WEIR_EMBED(var, NAME, PATH)                                                         \
	__asm__(".section .rodata\n.balign 8\n" #var "_bytes:\n.incbin \"" PATH "\"\n" #var \
		"_end:\n.byte 0\n.previous\n");                                             \
	extern const char var##_bytes[], var##_end[];                                       \
	static const struct weir_embedded var = {var##_bytes, var##_end, (NAME)}

/* Opens it and chooses its program @prog of @kind. Logged. */
int weir_embedded_open(const struct weir_embedded *object, enum weir_step_kind kind,
		       const char *prog, struct weir_object **out);

#endif
