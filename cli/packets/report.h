/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What weir test says: lines, JSON, TAP, JUnit. */
#ifndef WEIR_CLI_PACKETS_REPORT_H
#define WEIR_CLI_PACKETS_REPORT_H

#include "cli/command.h"
#include "cli/out.h"
#include "cli/packets/outcome.h"

struct weir_report {
	enum { WEIR_REPORT_NOTHING, WEIR_REPORT_TEXT, WEIR_REPORT_TAP, WEIR_REPORT_JSON } how;
	const char *name; /* of the program */
	struct weir_json json;
	FILE *save;
	FILE *junit; /* cases, in memory until their number is known */
	char *junit_text;
	size_t junit_len;
	uint64_t n, failed;
};

/* -errno after an error line; weir_report_close() in any case. */
int weir_report_open(const struct weir_globals *globals, const struct weir_test_config *cfg,
		     const char *name, struct weir_report *out);
/* @problems: NULL: nothing was expected of any packet. */
void weir_report_add(struct weir_report *report, const struct weir_outcome *outcome,
		     const struct weir_lines *problems);
/* A test of its own. */
void weir_report_whole(struct weir_report *report, const char *what,
		       const struct weir_lines *problems);
/* Ends every output. -errno after an error line. */
int weir_report_close(struct weir_report *report, const struct weir_test_config *cfg);

#endif
