// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libFuzzer over an object's whole way through the loader's memory: read,
 * repaired, its BTF and maps understood, functions arranged, maps rewritten,
 * written; then what was written must be readable, and libbpf must survive it.
 * The seeds are the objects of selftests/progs.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include "loader/btf.h"
#include "loader/code.h"
#include "loader/elf.h"
#include "loader/mapdef.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct passes {
	struct weir_elf *elf;
	struct weir_funcs funcs;
	struct btf *btf;
	struct weir_mapdefs defs;
	void *image;
	size_t image_len;
};

static int hush(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

static int run(struct passes *p, const uint8_t *bytes, size_t len, bool static_slots)
{
	const struct weir_modern_opts opts = {.static_slots = static_slots};
	uint32_t entry_symbol = 0;
	int err;

	err = weir_elf_read(bytes, len, "fuzz", &p->elf);
	err = err ?: weir_symbols_repair(p->elf, "fuzz");
	err = err ?: weir_funcs_collect(p->elf, "fuzz", &p->funcs);
	err = err ?: weir_btf_open(p->elf, "fuzz", &p->btf);
	if (!err && p->btf)
		err = weir_btf_ext_check(p->elf, p->btf, "fuzz");
	err = err ?: weir_mapdefs_collect(p->elf, p->btf, "fuzz", &p->defs);
	err = err ?: weir_code_arrange(p->elf, &p->funcs, -1, p->btf, "fuzz", &entry_symbol);
	err = err ?: weir_maps_modernise(p->elf, &p->btf, &p->defs, &opts, "fuzz");
	return err ?: weir_elf_write(p->elf, &p->image, &p->image_len);
}

/* What the writer wrote, the reader takes; what BTF we wrote, our check takes. */
static void read_back(const struct passes *p)
{
	struct weir_elf *elf = NULL;
	struct btf *btf = NULL;

	if (weir_elf_read(p->image, p->image_len, "again", &elf))
		abort();
	if (weir_btf_open(elf, "again", &btf) || !btf)
		abort();
	btf__free(btf);
	weir_elf_free(elf);
}

static void passes_free(struct passes *p)
{
	free(p->image);
	weir_mapdefs_free(&p->defs);
	btf__free(p->btf);
	weir_funcs_free(&p->funcs);
	weir_elf_free(p->elf);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	libbpf_set_print(hush);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "fuzz");
	struct passes p = {0};

	/* Which form, is taken from a byte that the ELF header does not use. */
	if (run(&p, bytes, len, len > 15 && bytes[15] & 1) == 0) {
		read_back(&p);
		bpf_object__close(bpf_object__open_mem(p.image, p.image_len, &opts));
	}
	passes_free(&p);
	return 0;
}
