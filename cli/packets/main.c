// SPDX-License-Identifier: LGPL-2.1-or-later
/* weir-packets: weir, with libpcap. */
#include "cli/capture/capture.h"
#include "cli/packets/packets.h"

int main(int argc, char **argv)
{
	static const struct weir_apart_verb verbs[] = {
		{"test", weir_test_run},
		{"bench", weir_bench_run},
		{"capture", weir_capture_run},
		{NULL, NULL},
	};

	return weir_apart_main("packets", verbs, argc, argv);
}
