// SPDX-License-Identifier: LGPL-2.1-or-later
/* weir-serve: weir, with an HTTP server. */
#include "cli/serve/serve.h"

int main(int argc, char **argv)
{
	return weir_apart_main("serve", weir_serve_run, argc, argv);
}
