// SPDX-License-Identifier: LGPL-2.1-or-later
/* The ELF model: read, written, read again; and files that are none. */
#include <elf.h>
#include <errno.h>

#include "tests/mapobj.h"

/* "progs/NAME.o" of the build directory, whole. */
static void *slurp(const char *name, size_t *len)
{
	const char *build = getenv("BUILD");
	char path[4096];
	void *bytes;
	FILE *file;

	snprintf(path, sizeof(path), "%s/progs/%s.o", build ? build : "build", name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s: absent; make progs first", path);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	*len = (size_t)ftell(file);
	rewind(file);
	bytes = malloc(*len);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *len, file), *len);
	(void)fclose(file);
	return bytes;
}

static const char *section_name(const struct weir_elf *elf, uint32_t section)
{
	return section < elf->n_sections ? elf->sections[section].name : "";
}

/* Sections with contents, by name: the order of sections is kept. */
static void assert_same_sections(const struct weir_elf *a, const struct weir_elf *b)
{
	for (size_t i = 0; i < a->n_sections; i++) {
		const struct weir_elf_section *left = &a->sections[i], *right;
		int at = weir_elf_find(b, left->name);

		if (left->dropped)
			continue;
		assert_true(at >= 0);
		right = &b->sections[at];
		assert_int_equal(left->type, right->type);
		assert_int_equal(left->flags, right->flags);
		assert_int_equal(left->size_bytes, right->size_bytes);
		if (left->data)
			assert_memory_equal(left->data, right->data, left->size_bytes);
		assert_int_equal(left->n_rels, right->n_rels);
		for (size_t k = 0; k < left->n_rels; k++) {
			const struct weir_elf_symbol *s = &a->symbols[left->rels[k].symbol];
			const struct weir_elf_symbol *t = &b->symbols[right->rels[k].symbol];

			assert_int_equal(left->rels[k].offset, right->rels[k].offset);
			assert_int_equal(left->rels[k].type, right->rels[k].type);
			assert_string_equal(s->name, t->name);
			assert_int_equal(s->value, t->value);
			assert_string_equal(section_name(a, s->section),
					    section_name(b, t->section));
		}
	}
}

static void test_round_trip(void **state)
{
	static const char *const names[] = {"maps_elf",	   "maps_elf_g",  "maps_btf",
					    "maps_tail",   "maps_static", "calls_global",
					    "calls_values"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct weir_elf *first, *second;
		void *bytes, *image;
		size_t len, image_len;

		bytes = slurp(names[i], &len);
		assert_int_equal(weir_elf_read(bytes, len, names[i], &first), 0);
		assert_int_equal(weir_elf_write(first, &image, &image_len), 0);
		assert_int_equal(weir_elf_read(image, image_len, names[i], &second), 0);
		assert_same_sections(first, second);
		weir_elf_free(first);
		weir_elf_free(second);
		free(image);
		free(bytes);
	}
}

/* A copy of its own for each length, so that ASan sees the first byte too much. */
static void test_every_truncation(void **state)
{
	size_t len;
	char *bytes = slurp("maps_elf", &len);

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		char *copy = malloc(cut ? cut : 1);
		struct weir_elf *elf = NULL;

		assert_non_null(copy);
		memcpy(copy, bytes, cut);
		if (weir_elf_read(copy, cut, "cut.o", &elf) == 0)
			weir_elf_free(elf);
		else
			assert_null(elf);
		free(copy);
	}
	free(bytes);
}

struct header_row {
	const char *what;
	size_t at;
	unsigned char byte;
	const char *says;
};

static void test_wrong_headers(void **state)
{
	static const struct header_row rows[] = {
		{"magic", 0, 'x', "ELF"},
		{"class", EI_CLASS, ELFCLASS32, "32"},
		{"byte order", EI_DATA, ELFDATA2MSB, "big-endian"},
		{"type", offsetof(Elf64_Ehdr, e_type), ET_EXEC, "relocatable"},
		{"machine", offsetof(Elf64_Ehdr, e_machine), EM_386, "BPF"},
	};
	struct mapobj *obj = *state;
	size_t len;
	unsigned char *bytes = slurp("maps_elf", &len), saved;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct weir_elf *elf = NULL;

		saved = bytes[rows[i].at];
		bytes[rows[i].at] = rows[i].byte;
		obj->log[0] = '\0';
		assert_int_equal(weir_elf_read(bytes, len, "x.o", &elf), -ENOEXEC);
		if (!strstr(obj->log, rows[i].says))
			fail_msg("%s: said '%s', not '%s'", rows[i].what, obj->log, rows[i].says);
		bytes[rows[i].at] = saved;
	}
	bytes[offsetof(Elf64_Ehdr, e_machine)] = EM_NONE;
	bytes[offsetof(Elf64_Ehdr, e_machine) + 1] = 0;
	{
		struct weir_elf *elf = NULL;

		assert_int_equal(weir_elf_read(bytes, len, "none.o", &elf), 0);
		weir_elf_free(elf);
	}
	free(bytes);
}

static void test_debug_is_left_out(void **state)
{
	struct weir_elf *elf;
	size_t len;
	void *bytes = slurp("maps_elf_g", &len);

	(void)state;
	assert_int_equal(weir_elf_read(bytes, len, "g.o", &elf), 0);
	for (size_t i = 0; i < elf->n_sections; i++)
		assert_null(strstr(elf->sections[i].name, ".debug"));
	assert_true(weir_elf_find(elf, ".BTF") >= 0);
	weir_elf_free(elf);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, mapobj_setup, mapobj_teardown),
		cmocka_unit_test_setup_teardown(test_every_truncation, mapobj_setup,
						mapobj_teardown),
		cmocka_unit_test_setup_teardown(test_wrong_headers, mapobj_setup, mapobj_teardown),
		cmocka_unit_test_setup_teardown(test_debug_is_left_out, mapobj_setup,
						mapobj_teardown),
	};

	return cmocka_run_group_tests_name("elf", tests, NULL, NULL);
}
