// SPDX-License-Identifier: LGPL-2.1-or-later
/* weir map snapshot, weir map restore. */
#include <inttypes.h>

#include "cli/map.h"
#include "cli/say.h"

int weir_cmd_map_snapshot(const struct weir_globals *globals, const union weir_config *cfg)
{
	int64_t n = weir_maps_snapshot(cfg->map.path);

	if (n >= 0 && globals->verbose)
		weir_say_note("%" PRId64 " maps kept in %s", n, cfg->map.path);
	return n < 0 ? (int)n : 0;
}

int weir_cmd_map_restore(const struct weir_globals *globals, const union weir_config *cfg)
{
	int64_t n = weir_maps_restore(cfg->map.path, cfg->map.create);

	if (n >= 0 && globals->verbose)
		weir_say_note("%" PRId64 " maps put back", n);
	return n < 0 ? (int)n : 0;
}
