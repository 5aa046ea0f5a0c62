// SPDX-License-Identifier: LGPL-2.1-or-later
/* The present board, and the texts of it. In: snapshots. Out: pages, shared by holders. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/serve/state.h"

int weir_state_start(struct weir_state *state)
{
	*state = (struct weir_state){0};
	return -pthread_mutex_init(&state->lock, NULL);
}

static void drop_views(struct weir_state *state)
{
	for (int view = 0; view < WEIR_VIEWS; view++) {
		weir_page_release(state->views[view]);
		state->views[view] = NULL;
	}
}

void weir_state_end(struct weir_state *state)
{
	drop_views(state);
	weir_board_free(&state->board);
	pthread_mutex_destroy(&state->lock);
}

int weir_state_take(struct weir_state *state, struct weir_snap *snap)
{
	int err;

	pthread_mutex_lock(&state->lock);
	state->cpu_ns += snap->cost_ns;
	drop_views(state);
	err = weir_board_take(&state->board, snap);
	state->sequence++;
	pthread_mutex_unlock(&state->lock);
	return err;
}

static void write_view(const struct weir_state *state, enum weir_view view, struct weir_buf *out)
{
	switch (view) {
	case WEIR_VIEW_METRICS:
		weir_metrics_write(state, out);
		break;
	case WEIR_VIEW_HISTORY:
		weir_history_json(state, out);
		break;
	case WEIR_VIEW_EVENT:
		weir_buf_text(out, "event: board\ndata: ");
		weir_board_json(state, out);
		weir_buf_text(out, "\n\n");
		break;
	default:
		weir_board_json(state, out);
	}
}

static struct weir_page *make_page(const struct weir_state *state, enum weir_view view)
{
	struct weir_page *page = calloc(1, sizeof(*page));
	struct weir_buf out;

	if (!page)
		return NULL;
	weir_buf_init(&out, -1);
	write_view(state, view, &out);
	if (!weir_buf_string(&out)) {
		weir_buf_free(&out);
		free(page);
		return NULL;
	}
	page->bytes = out.bytes;
	page->len = out.len;
	page->holders = 1; /* the state */
	return page;
}

struct weir_page *weir_state_view(struct weir_state *state, enum weir_view view, uint64_t *sequence)
{
	struct weir_page *page = NULL;

	pthread_mutex_lock(&state->lock);
	if (state->sequence && !state->views[view])
		state->views[view] = make_page(state, view);
	if (state->sequence)
		page = state->views[view];
	if (page)
		__atomic_add_fetch(&page->holders, 1, __ATOMIC_RELAXED);
	if (sequence)
		*sequence = state->sequence;
	pthread_mutex_unlock(&state->lock);
	return page;
}

void weir_page_release(struct weir_page *page)
{
	if (!page || __atomic_sub_fetch(&page->holders, 1, __ATOMIC_ACQ_REL))
		return;
	free(page->bytes);
	free(page);
}
