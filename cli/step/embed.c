// SPDX-License-Identifier: LGPL-2.1-or-later
/* BPF objects that are part of the command, opened. */
#include "cli/step/embed.h"

int weir_embedded_open(const struct weir_embedded *object, enum weir_step_kind kind,
		       const char *prog, struct weir_object **out)
{
	const struct weir_open_opts opts = {.sz = sizeof(opts)};
	struct weir_object *obj;
	int err = weir_object_open_mem(object->bytes, weir_embedded_size_bytes(object),
				       object->name, &opts, &obj);

	if (err)
		return err;
	err = weir_object_choose(obj, weir_step_prog_type(kind), WEIR_HOOK_NONE, NULL, prog);
	if (err)
		weir_object_close(obj);
	else
		*out = obj;
	return err;
}
