// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A load was refused: is it for want of something that a younger kernel has? In: what
 * libbpf named. Out: the one error, or 0 when it is not that.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>

#include "loader/error.h"
#include "loader/log.h"
#include "loader/object_state.h"
#include "maps/needs.h"

int weir_lacks_map(const struct weir_object *obj, const char *name)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(obj->bpf, name);
	const char *since = map ? weir_needs_map_type(bpf_map__type(map)) : NULL;

	if (!since)
		return 0;
	return weir_fail(-EOPNOTSUPP, "%s: map %s: maps of type %s need Linux %s", obj->name, name,
			 weir_map_type_name(bpf_map__type(map)), since);
}

int weir_lacks_prog(const struct weir_object *obj, const char *name)
{
	const struct bpf_program *prog = bpf_object__find_program_by_name(obj->bpf, name);
	const char *since = NULL;

	if (prog && bpf_program__flags(prog) & BPF_F_XDP_HAS_FRAGS)
		since = weir_needs_frags();
	if (!since)
		return 0;
	return weir_fail(-EOPNOTSUPP,
			 "%s: program %s: xdp.frags needs Linux %s; take a program of section xdp, "
			 "for frames of one page",
			 obj->name, name, since);
}
