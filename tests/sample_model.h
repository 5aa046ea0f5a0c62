/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What bpf/sample.bpf.c should do with a packet on one CPU, by the words of maps/sample.h: which
 * packets become records, of which size, and what is counted. Written apart from it.
 */
#ifndef WEIR_TESTS_SAMPLE_MODEL_H
#define WEIR_TESTS_SAMPLE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "maps/sample.h"

struct sample_model {
	struct weir_sample_consts consts;
	/* blocks of packets that match: which of this one is taken and which of the next, drawn
	 * when this one's is; and how many of this one have come */
	uint32_t seed, place, next_place, at;
	/* of the ring, in bytes since it was made */
	uint64_t ring_bytes, put, taken;
	struct weir_counter counts[WEIR_SAMPLE_REASONS];
};

static inline uint32_t model_draw(struct sample_model *model)
{
	model->seed = model->seed * 1664525u + 1013904223u;
	return (uint32_t)((double)model->seed / 4294967296.0 * model->consts.one_in);
}

/* A reader has taken all there is. */
static inline void model_read_all(struct sample_model *model)
{
	model->taken = model->put;
}

static inline void model_start(struct sample_model *model, const struct weir_sample_consts *consts,
			       uint32_t seed, uint64_t ring_bytes)
{
	*model = (struct sample_model){.consts = *consts, .seed = seed, .ring_bytes = ring_bytes};
	model->place = model_draw(model);
}

/* Room for bytes in the record of a packet of which @kept are kept. */
static inline uint32_t model_room(const struct sample_model *model, uint32_t kept)
{
	static const uint32_t rooms[] = {128, 256, 512, 1024, 1536, 4096, 16384};

	if (model->consts.snap_bytes == 64)
		return 64;
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
		if (kept <= rooms[i] && rooms[i] < model->consts.snap_bytes)
			return rooms[i];
	return model->consts.snap_bytes;
}

static inline void model_count(struct sample_model *model, enum weir_sample_reason reason,
			       uint32_t len_bytes)
{
	model->counts[reason].packets++;
	model->counts[reason].bytes += len_bytes;
}

static inline bool model_is_due(struct sample_model *model)
{
	bool due = model->at == model->place;

	if (due && model->consts.one_in > 1)
		model->next_place = model_draw(model);
	if (++model->at == model->consts.one_in) {
		model->at = 0;
		model->place = model->next_place;
	}
	return due;
}

static inline uint32_t model_kept(const struct sample_model *model, uint32_t len_bytes)
{
	return len_bytes < model->consts.snap_bytes ? len_bytes : model->consts.snap_bytes;
}

/* True: there is a record. */
static inline bool model_packet(struct sample_model *model, uint32_t len_bytes, int32_t verdict,
				bool matches)
{
	uint32_t verdicts = model->consts.verdicts;
	uint64_t record;

	model_count(model, WEIR_SAMPLE_SEEN, len_bytes);
	if ((verdicts && (verdict < 0 || verdict > 31 || !(verdicts & 1U << verdict))) ||
	    (model->consts.has_expression && !matches)) {
		model_count(model, WEIR_SAMPLE_UNMATCHED, len_bytes);
		return false;
	}
	if (!model_is_due(model))
		return false;
	/* kernel/bpf/ringbuf.c: a header of 8 bytes, all in units of 8, and never all of it */
	record = 8 + sizeof(struct weir_sample) + model_room(model, model_kept(model, len_bytes));
	if (model->put + record - model->taken > model->ring_bytes - 1) {
		model_count(model, WEIR_SAMPLE_LOST, len_bytes);
		return false;
	}
	model->put += record;
	model_count(model, WEIR_SAMPLE_SAMPLED, len_bytes);
	return true;
}

#endif
