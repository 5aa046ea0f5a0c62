// SPDX-License-Identifier: LGPL-2.1-or-later
/* The present board, and the texts of it. In: snapshots. Out: pages, shared by holders. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/interval.h"
#include "cli/serve/state.h"

#define STALE_NS 10000000000ull /* at the least */

int weir_state_start(struct weir_state *state)
{
	*state = (struct weir_state){0};
	return -pthread_mutex_init(&state->lock, NULL);
}

/* The state alone holds it. Under the lock nobody can become a holder, they only leave. */
static bool is_idle(const struct weir_page *page)
{
	return __atomic_load_n(&page->holders, __ATOMIC_ACQUIRE) == 1;
}

/* Of texts that nobody reads those that @sequence and later boards have are kept: their memory
 * serves the next ones, and new memory is new page faults. */
static void drop_idle(struct weir_state *state, uint64_t sequence)
{
	for (int view = 0; view < WEIR_VIEWS; view++)
		for (int i = 0; i < WEIR_VERSIONS; i++) {
			struct weir_page **page = &state->versions[view][i];

			if (!*page || (*page)->sequence >= sequence || !is_idle(*page))
				continue;
			weir_page_release(*page);
			*page = NULL;
		}
}

void weir_state_end(struct weir_state *state)
{
	for (int view = 0; view < WEIR_VIEWS; view++)
		for (int i = 0; i < WEIR_VERSIONS; i++)
			weir_page_release(state->versions[view][i]);
	weir_labels_free(&state->labels);
	weir_board_free(&state->board);
	pthread_mutex_destroy(&state->lock);
}

int weir_state_take(struct weir_state *state, struct weir_snap *snap)
{
	int err;

	pthread_mutex_lock(&state->lock);
	state->cpu_ns += snap->cost_ns;
	drop_idle(state, state->sequence);
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

static struct weir_page *newest(struct weir_page **versions)
{
	struct weir_page *page = NULL;

	for (int i = 0; i < WEIR_VERSIONS; i++)
		if (versions[i] && (!page || versions[i]->sequence > page->sequence))
			page = versions[i];
	return page;
}

/* Where a new version goes: in place of an idle one, for its memory, or where there is none;
 * NULL: all are being read. */
static struct weir_page **place_for(struct weir_page **versions)
{
	struct weir_page **place = NULL;

	for (int i = 0; i < WEIR_VERSIONS; i++) {
		if (versions[i] && is_idle(versions[i]))
			return &versions[i];
		if (!versions[i])
			place = &versions[i];
	}
	return place;
}

static struct weir_page *new_page(void)
{
	struct weir_page *page = calloc(1, sizeof(*page));

	if (!page)
		return NULL;
	weir_buf_init(&page->text, -1);
	page->holders = 1; /* the state */
	return page;
}

/* NULL: no memory. */
static struct weir_page *make_page(struct weir_state *state, enum weir_view view,
				   struct weir_page **place)
{
	if (!*place)
		*place = new_page();
	if (!*place)
		return NULL;
	(*place)->text.len = 0;
	(*place)->sequence = state->sequence;
	write_view(state, view, &(*place)->text);
	if (weir_buf_string(&(*place)->text))
		return *place;
	weir_page_release(*place);
	*place = NULL;
	return NULL;
}

struct weir_page *weir_state_view(struct weir_state *state, enum weir_view view)
{
	struct weir_page **versions = state->versions[view], **place, *page;

	pthread_mutex_lock(&state->lock);
	page = newest(versions);
	if (state->sequence && (!page || page->sequence != state->sequence)) {
		place = place_for(versions);
		if (place)
			page = make_page(state, view, place);
		else
			__atomic_store_n(&state->crowded_ns, weir_now_ns(), __ATOMIC_RELAXED);
	}
	if (page)
		__atomic_add_fetch(&page->holders, 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&state->lock);
	return page;
}

bool weir_state_is_stale(struct weir_state *state)
{
	uint64_t limit_ns = 5 * state->interval_ns;
	bool is_stale;

	if (limit_ns < STALE_NS)
		limit_ns = STALE_NS;
	pthread_mutex_lock(&state->lock);
	is_stale = state->sequence && weir_now_ns() > state->board.snap.time_ns + limit_ns;
	pthread_mutex_unlock(&state->lock);
	return is_stale;
}

void weir_page_release(struct weir_page *page)
{
	if (!page || __atomic_sub_fetch(&page->holders, 1, __ATOMIC_ACQ_REL))
		return;
	weir_buf_free(&page->text);
	free(page);
}
