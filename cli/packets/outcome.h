/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a program did with one packet. */
#ifndef WEIR_CLI_PACKETS_OUTCOME_H
#define WEIR_CLI_PACKETS_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/packets/lines.h"

#define WEIR_VERDICT_ROOM    24
#define WEIR_VERDICT_NOT_RUN "NOT_RUN" /* the kernel does not take the packet */

struct weir_outcome {
	uint64_t number; /* from 1 */
	const char *words;
	char verdict[WEIR_VERDICT_ROOM];
	size_t in_bytes, out_bytes;
	struct weir_lines counts;  /* "MAP ROW PACKETS BYTES": what was counted */
	struct weir_lines changes; /* of the packet and what is beside it */
};

void weir_outcome_free(struct weir_outcome *outcome);

#endif
