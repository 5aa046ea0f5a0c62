// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a step has counted, printed. */
#include "cli/step/print.h"

#include <inttypes.h>

void weir_step_print_count(struct weir_json *json, struct weir_count count)
{
	if (json) {
		weir_json_u64(json, "packets", count.packets);
		weir_json_u64(json, "bytes", count.bytes);
	} else {
		printf("%" PRIu64 " packets %" PRIu64 " bytes", count.packets, count.bytes);
	}
}

int weir_step_print_reasons(struct weir_json *json, struct weir_counters *reasons)
{
	int n = weir_counters_read(reasons);

	for (int i = 0; i < n; i++) {
		struct weir_count count = weir_counters_value(reasons, (size_t)i);
		const char *name = weir_counters_name(reasons, (size_t)i);

		if (json) {
			weir_json_object(json, name);
			weir_step_print_count(json, count);
			weir_json_object_end(json);
		} else if (count.packets) {
			printf("# %s: ", name);
			weir_step_print_count(NULL, count);
			putchar('\n');
		}
	}
	return n < 0 ? n : 0;
}

void weir_step_print_title(const char *title, size_t n_rules)
{
	printf("# ");
	weir_text_print(stdout, title);
	printf(": %zu rule%s", n_rules, n_rules == 1 ? "" : "s");
}
