/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between describe.c, the headers, and describe_frame.c, the words of a whole packet. */
#ifndef WEIR_CLI_PACKETS_DESCRIBE_IN_H
#define WEIR_CLI_PACKETS_DESCRIBE_IN_H

#include "cli/packets/describe.h"
#include "cli/packets/header.h"

#define WEIR_DESCRIBE_WORDS 256
#define WEIR_DESCRIBE_EDITS 16

/* A header with the fields that words gave: bits of set. */
struct weir_described {
	enum weir_header header;
	size_t at, len_bytes;
	uint32_t set;
};

/* Words whose offsets are known when all headers are. */
struct weir_described_edit {
	const char *offset;
	uint8_t bytes[64];
	size_t n_bytes; /* 0: a flip */
};

struct weir_description {
	/* room for a header beyond the longest packet */
	uint8_t bytes[WEIR_DESCRIBE_MAX + 2048];
	size_t len, len_wanted, pad;
	struct weir_described layers[WEIR_LAYERS_MAX];
	size_t n;
	bool has_data, has_cut;
	struct weir_described_edit edits[WEIR_DESCRIBE_EDITS];
	size_t n_edits;
	const char *flips; /* OFFSET..OFFSET */
	size_t cut_from, cut_to, times;
	const char *words[WEIR_DESCRIBE_WORDS + 1];
	size_t at; /* the next word */
	char *why;
	size_t why_len;
};

static inline const char *weir_describe_next(struct weir_description *d)
{
	return d->words[d->at] ? d->words[d->at++] : NULL;
}

/* "'WORD': CAUSE"; -EINVAL. */
int weir_describe_fail(struct weir_description *d, const char *word, const char *cause);
/* The next word as a number, or as bytes. @what: the word before, for errors. */
int weir_describe_number(struct weir_description *d, const char *what, uint64_t max, size_t *out);
int weir_describe_hex(struct weir_description *d, const char *what, uint8_t *at, size_t room,
		      size_t *out);

/* data, len, pad, set, flip, cut, times. */
int weir_describe_frame_word(struct weir_description *d, const char *word);
/* The packets of the finished one. */
int weir_describe_emit(struct weir_description *d, weir_described_fn fn, void *ctx);

#endif
