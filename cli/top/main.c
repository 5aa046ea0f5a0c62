// SPDX-License-Identifier: LGPL-2.1-or-later
/* weir-top: weir, with a screen. */
#include "cli/top/top.h"

int main(int argc, char **argv)
{
	static const struct weir_apart_verb verbs[] = {{"top", weir_top_run}, {NULL, NULL}};

	return weir_apart_main("top", verbs, argc, argv);
}
