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

/* Texts of a board that is over: their memory serves the next ones, if those are asked for. */
static void drop_views(struct weir_state *state)
{
	for (int view = 0; view < WEIR_VIEWS; view++) {
		weir_page_release(state->spares[view]);
		state->spares[view] = state->views[view];
		state->views[view] = NULL;
	}
}

void weir_state_end(struct weir_state *state)
{
	drop_views(state);
	drop_views(state);
	weir_labels_free(&state->labels);
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

static void write_view(struct weir_state *state, enum weir_view view, struct weir_buf *out)
{
	switch (view) {
	case WEIR_VIEW_METRICS:
		weir_metrics_write(state, out);
		break;
	case WEIR_VIEW_BOARD:
		weir_board_json(state, out);
		break;
	case WEIR_VIEW_EVENT:
		weir_buf_text(out, "event: board\ndata: ");
		weir_board_json(state, out);
		weir_buf_text(out, "\n\n");
		break;
	default:
		weir_history_json(state, view - WEIR_VIEW_HISTORY, out);
	}
}

/* An empty page, by preference one that was there already: new memory is new page faults. */
static struct weir_page *new_page(struct weir_state *state, enum weir_view view)
{
	struct weir_page *page = state->spares[view];

	/* nobody can become its holder now, they only leave */
	if (page && __atomic_load_n(&page->holders, __ATOMIC_ACQUIRE) == 1) {
		state->spares[view] = NULL;
		page->text.len = 0;
		return page;
	}
	page = calloc(1, sizeof(*page));
	if (!page)
		return NULL;
	weir_buf_init(&page->text, -1);
	page->holders = 1; /* the state */
	return page;
}

static struct weir_page *make_page(struct weir_state *state, enum weir_view view)
{
	struct weir_page *page = new_page(state, view);

	if (!page)
		return NULL;
	write_view(state, view, &page->text);
	if (weir_buf_string(&page->text))
		return page;
	weir_page_release(page);
	return NULL;
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
	weir_buf_free(&page->text);
	free(page);
}
