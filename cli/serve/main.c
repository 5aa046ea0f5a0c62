// SPDX-License-Identifier: LGPL-2.1-or-later
/* weir-serve: weir, with an HTTP server. */
#include "cli/serve/serve.h"

int main(int argc, char **argv)
{
	static const struct weir_apart_verb verbs[] = {{"serve", weir_serve_run}, {NULL, NULL}};

	return weir_apart_main("serve", verbs, argc, argv);
}
