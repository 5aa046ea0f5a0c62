// SPDX-License-Identifier: LGPL-2.1-or-later
/* weir-top: weir, with a screen. */
#include "cli/top/top.h"

int main(int argc, char **argv)
{
	return weir_apart_main("top", weir_top_run, argc, argv);
}
