// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a step's counters are called. In: the program whose they are. Out: counters with names. */
#include "cli/step/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "maps/weir_map.h"

static int grow(struct weir_step_names *names)
{
	size_t room = names->room ? 2 * names->room : 64;
	struct weir_entry_name *list = reallocarray(names->list, room, sizeof(*list));

	if (!list)
		return -ENOMEM;
	names->list = list;
	names->room = room;
	return 0;
}

void weir_step_names_add(struct weir_step_names *names, uint32_t index, const char *text)
{
	struct weir_entry_name *name;

	if (!names->err && names->n == names->room)
		names->err = grow(names);
	if (names->err)
		return;
	name = &names->list[names->n];
	*name = (struct weir_entry_name){index, strdup(text)};
	if (name->name)
		names->n++;
	else
		names->err = -ENOMEM;
}

void weir_step_names_free(struct weir_step_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free((char *)names->list[i].name);
	free(names->list);
	*names = (struct weir_step_names){0};
}

int weir_step_name_counters(const struct weir_step_counter *of, struct weir_counters *ctrs)
{
	struct weir_step_names names = {0};
	int fd, err;

	if (!of->step->names)
		return 0;
	/* its maps live as long */
	fd = bpf_prog_get_fd_by_id(of->prog_id);
	if (fd < 0)
		return fd;
	err = of->step->names(of->prog_id, &names);
	close(fd);
	err = err ?: names.err;
	err = err ?: weir_counters_name_entries(ctrs, names.list, names.n);
	weir_step_names_free(&names);
	return err;
}

bool weir_step_counter_is_stale(const struct weir_step_counter *of)
{
	uint32_t index = 0, id = 0;
	int fd;

	if (!of->step || !of->step->names)
		return false;
	fd = weir_map_open_id_quiet(of->slot_id);
	if (fd < 0)
		return true;
	if (bpf_map_lookup_elem(fd, &index, &id))
		id = 0;
	close(fd);
	return id != of->prog_id;
}
