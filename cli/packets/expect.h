/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is expected of packets, as a file, and as a test prints it:
 *
 *	# number, verdict, length
 *	1 XDP_PASS 98
 *	  count weir_count xdp_ipv4_icmp 1 98
 *	2-4 XDP_TX 60 > 80
 *	  change ipv4 ttl 64 > 63
 *	5 XDP_DROP 60 unchanged uncounted
 *	* XDP_PASS
 *
 * A number, a range, or * for every packet that is not spoken of. Lines that are indented belong
 * to the one before. What is not said is not compared; but where one count, or one change, is
 * said, all are.
 */
#ifndef WEIR_CLI_PACKETS_EXPECT_H
#define WEIR_CLI_PACKETS_EXPECT_H

#include <stdio.h>

#include "cli/packets/outcome.h"

#define WEIR_LENGTH_UNSAID SIZE_MAX

struct weir_expected {
	uint64_t from, to; /* 0: all others */
	unsigned int line;
	char verdict[WEIR_VERDICT_ROOM];
	size_t in_bytes, out_bytes; /* WEIR_LENGTH_UNSAID */
	bool unchanged, uncounted;
	struct weir_lines counts, changes;
};

struct weir_expectation {
	struct weir_expected *list; /* by number */
	size_t n, cap;
};

/* @name: of the file, in errors. -EINVAL after an error line; @out is freed by the caller in
 * either case. */
int weir_expect_read(FILE *file, const char *name, struct weir_expectation *out);
void weir_expect_free(struct weir_expectation *expectation);

/* NULL: nothing is said of that packet. */
const struct weir_expected *weir_expect_find(const struct weir_expectation *expectation,
					     uint64_t number);
/* Adds a line for each thing that is not as expected; @expected NULL is one. */
void weir_expect_compare(const struct weir_expected *expected, const struct weir_outcome *outcome,
			 struct weir_lines *problems);
/* Packets behind @last that are spoken of. */
void weir_expect_beyond(const struct weir_expectation *expectation, uint64_t last,
			struct weir_lines *problems);

/* The outcome as such lines. */
void weir_outcome_print(const struct weir_outcome *outcome, FILE *file);

#endif
