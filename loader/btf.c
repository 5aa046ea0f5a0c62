// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The BTF of an object: opened after the check, spelled as C, and marked.
 *
 * In: section .BTF of the ELF model, or raw BTF from the kernel. Out: libbpf's
 * struct btf, type names, the note. The kernel keeps BTF's strings as they
 * came (kernel/bpf/btf.c, btf_parse_str_sec), which is what the note rests on.
 */
#include <bpf/btf.h>
#include <elf.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/btf.h"
#include "loader/btf_check.h"
#include "loader/error.h"
#include "loader/log.h"

#define NOTE_MARK "weir1\x1f"
#define NOTE_SEP  '\x1f'

/* What would go wrong silently without BTF: map definitions, and offsets of
 * kernel structs that CO-RE records adapt. */
static const char *needed_by(const struct weir_elf *elf)
{
	int at = weir_elf_find(elf, BTF_EXT_ELF_SEC);
	/* struct btf_ext_header of libbpf: eight words, the last is core_relo_len;
	 * hdr_len is the second. */
	uint32_t hdr[8];

	if (weir_elf_find(elf, ".maps") >= 0)
		return "section .maps";
	if (at < 0 || !elf->sections[at].data || elf->sections[at].size_bytes < sizeof(hdr))
		return NULL;
	memcpy(hdr, elf->sections[at].data, sizeof(hdr));
	return hdr[1] >= sizeof(hdr) && hdr[7] ? "its CO-RE records" : NULL;
}

static int damaged(const struct weir_elf *elf, const char *name, uint32_t type_id,
		   const char *cause, struct btf **out)
{
	const char *user = needed_by(elf);
	char where[32] = "";

	if (type_id)
		snprintf(where, sizeof(where), "type %u: ", type_id);
	if (user)
		return weir_fail(
			-EINVAL,
			"%s: BTF is damaged: %s%s, and %s needs it; compile it again with -g", name,
			where, cause, user);
	weir_log(WEIR_LOG_NOTICE, "%s: BTF is damaged: %s%s; going on without it", name, where,
		 cause);
	*out = NULL;
	return 0;
}

int weir_btf_open(const struct weir_elf *elf, const char *name, struct btf **out)
{
	int at = weir_elf_find(elf, BTF_ELF_SEC), err;
	const struct weir_elf_section *section;
	struct weir_btf_fault fault = {0};
	struct btf *btf;

	if (at < 0 || !elf->sections[at].data) {
		*out = NULL;
		return 0;
	}
	section = &elf->sections[at];
	err = weir_btf_check(section->data, section->size_bytes, &fault);
	if (err == -EINVAL)
		return damaged(elf, name, fault.type_id, fault.cause, out);
	if (err)
		return weir_fail(err, "%s: out of memory", name);
	btf = btf__new(section->data, (uint32_t)section->size_bytes);
	if (!btf && errno == ENOMEM)
		return weir_fail(-ENOMEM, "%s: out of memory", name);
	if (!btf)
		return damaged(elf, name, 0, weir_errstr(errno), out);
	/* The objects are for a 64-bit machine, whatever this one is. */
	btf__set_pointer_size(btf, sizeof(uint64_t));
	*out = btf;
	return 0;
}

int weir_btf_store(struct weir_elf *elf, const struct btf *btf, const char *name)
{
	int at = weir_elf_find(elf, BTF_ELF_SEC), err;
	struct weir_elf_section *section;
	uint32_t len = 0;
	const void *raw = btf__raw_data(btf, &len);

	if (!raw)
		return weir_fail(-ENOMEM, "%s: out of memory", name);
	if (at < 0)
		at = weir_elf_add_section(elf, BTF_ELF_SEC, SHT_PROGBITS, 0, sizeof(uint32_t));
	if (at < 0)
		return at;
	section = &elf->sections[at];
	/* They fill DATASEC offsets, of which the bytes now speak for themselves. */
	free(section->rels);
	section->rels = NULL;
	section->n_rels = 0;
	err = weir_elf_resize(section, len);
	if (!err)
		memcpy(section->data, raw, len);
	return err;
}

/* ---- names --------------------------------------------------------------- */

#define NAME_DEPTH_MAX 32 /* kernel/bpf/btf.c: MAX_RESOLVE_DEPTH */

static int spell(const struct btf *btf, uint32_t id, unsigned int depth, FILE *to);

static void spell_tag(const struct btf *btf, const struct btf_type *t, const char *word, FILE *to)
{
	const char *name = btf__name_by_offset(btf, t->name_off);

	fprintf(to, "%s %s", word, name && *name ? name : "{...}");
}

/* Dimensions stand outermost first, behind the innermost element. */
static int spell_array(const struct btf *btf, const struct btf_type *t, unsigned int depth,
		       FILE *to)
{
	const struct btf_type *inner = t;
	uint32_t element = 0;
	int err;

	while (inner && btf_is_array(inner)) {
		element = btf_array(inner)->type;
		inner = btf__type_by_id(btf, element);
	}
	err = spell(btf, element, depth + 1, to);
	for (inner = t; inner && btf_is_array(inner);
	     inner = btf__type_by_id(btf, btf_array(inner)->type))
		fprintf(to, "[%u]", btf_array(inner)->nelems);
	return err;
}

static int spell_modifier(const struct btf *btf, const struct btf_type *t, const char *word,
			  unsigned int depth, FILE *to)
{
	const struct btf_type *of = btf__type_by_id(btf, t->type);
	bool behind = of && btf_is_ptr(of); /* "int *const" */
	int err;

	if (!behind)
		fprintf(to, "%s ", word);
	err = spell(btf, t->type, depth + 1, to);
	if (behind)
		fputs(word, to);
	return err;
}

static int spell_pointer(const struct btf *btf, const struct btf_type *t, unsigned int depth,
			 FILE *to)
{
	const struct btf_type *of = btf__type_by_id(btf, t->type);
	int err = spell(btf, t->type, depth + 1, to);

	fputs(of && btf_is_ptr(of) ? "*" : " *", to);
	return err;
}

static int spell(const struct btf *btf, uint32_t id, unsigned int depth, FILE *to)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	if (!t)
		return -EINVAL;
	if (depth > NAME_DEPTH_MAX)
		return -E2BIG;
	switch (btf_kind(t)) {
	case BTF_KIND_UNKN:
		fputs("void", to);
		return 0;
	case BTF_KIND_STRUCT:
		spell_tag(btf, t, "struct", to);
		return 0;
	case BTF_KIND_UNION:
		spell_tag(btf, t, "union", to);
		return 0;
	case BTF_KIND_FWD:
		spell_tag(btf, t, btf_kflag(t) ? "union" : "struct", to);
		return 0;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		spell_tag(btf, t, "enum", to);
		return 0;
	case BTF_KIND_PTR:
		return spell_pointer(btf, t, depth, to);
	case BTF_KIND_ARRAY:
		return spell_array(btf, t, depth, to);
	case BTF_KIND_CONST:
		return spell_modifier(btf, t, "const", depth, to);
	case BTF_KIND_VOLATILE:
		return spell_modifier(btf, t, "volatile", depth, to);
	case BTF_KIND_RESTRICT:
		return spell_modifier(btf, t, "restrict", depth, to);
	case BTF_KIND_TYPE_TAG:
		return spell(btf, t->type, depth + 1, to);
	case BTF_KIND_FUNC_PROTO:
		fputs("function", to);
		return 0;
	default: /* INT, FLOAT, TYPEDEF, FUNC, VAR: known by their name */
		fputs(btf__name_by_offset(btf, t->name_off), to);
		return 0;
	}
}

/* Most types have a name of their own, and a stream is dear. */
static bool is_named(const struct btf_type *t)
{
	return t && (btf_is_int(t) || btf_is_typedef(t) || btf_is_float(t));
}

int weir_btf_type_name(const struct btf *btf, uint32_t type_id, char **out)
{
	const struct btf_type *t = btf__type_by_id(btf, type_id);
	char *text = NULL;
	size_t len;
	FILE *to;
	int err;

	if (is_named(t)) {
		text = strdup(btf__name_by_offset(btf, t->name_off));
		if (text)
			*out = text;
		return text ? 0 : -ENOMEM;
	}
	to = open_memstream(&text, &len);
	if (!to)
		return -ENOMEM;
	err = spell(btf, type_id, 0, to);
	if (fclose(to) && !err)
		err = -ENOMEM;
	if (err) {
		free(text);
		return err;
	}
	*out = text;
	return 0;
}

/* ---- the note ------------------------------------------------------------ */

int weir_btf_note_add(struct btf *btf, const char *object, const char *section)
{
	char *note;
	int at;

	if (asprintf(&note, NOTE_MARK "%s%c%s", object, NOTE_SEP, section) < 0)
		return -ENOMEM;
	at = btf__add_str(btf, note);
	free(note);
	return at < 0 ? at : 0;
}

static void cut_copy(char *to, size_t to_len, const char *from, size_t from_len)
{
	size_t n = from_len < to_len ? from_len : to_len - (to_len ? 1 : 0);

	if (!to_len)
		return;
	memcpy(to, from, n);
	to[n] = '\0';
}

/* Strings of raw BTF. The header may stem from any kernel or program. */
static const char *strings_of(const void *raw, uint32_t len, uint32_t *strings_bytes)
{
	const uint8_t *bytes = raw;
	struct btf_header hdr;

	if (len < sizeof(hdr))
		return NULL;
	memcpy(&hdr, raw, sizeof(hdr));
	if (hdr.magic != BTF_MAGIC || hdr.hdr_len > len || hdr.str_off > len - hdr.hdr_len ||
	    hdr.str_len > len - hdr.hdr_len - hdr.str_off || !hdr.str_len)
		return NULL;
	*strings_bytes = hdr.str_len;
	bytes += hdr.hdr_len + hdr.str_off;
	return bytes[hdr.str_len - 1] ? NULL : (const char *)bytes;
}

bool weir_btf_note_find(const void *raw, uint32_t len, char *object, size_t object_len,
			char *section, size_t section_len)
{
	const size_t mark_len = strlen(NOTE_MARK);
	uint32_t strings_bytes = 0;
	const char *at = strings_of(raw, len, &strings_bytes);
	const char *end = at ? at + strings_bytes : NULL;

	for (; at && at < end; at += strlen(at) + 1) {
		const char *sep;

		if (strncmp(at, NOTE_MARK, mark_len) != 0)
			continue;
		at += mark_len;
		/* The last one: a section's name is never empty, a file's may hold anything. */
		sep = strrchr(at, NOTE_SEP);
		if (!sep)
			continue;
		cut_copy(object, object_len, at, (size_t)(sep - at));
		cut_copy(section, section_len, sep + 1, strlen(sep + 1));
		return true;
	}
	return false;
}
