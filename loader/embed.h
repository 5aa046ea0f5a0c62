/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BPF objects that are part of an executable, as clang made them. */
#ifndef WEIR_LOADER_EMBED_H
#define WEIR_LOADER_EMBED_H

#include <stddef.h>
#include <stdint.h>

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

static inline size_t weir_embedded_size_bytes(const struct weir_embedded *object)
{
	return (size_t)((uintptr_t)object->end - (uintptr_t)object->bytes);
}

#endif
