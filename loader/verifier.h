/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verifier's log: a buffer for it, and the lines of it that matter. */
#ifndef WEIR_LOADER_VERIFIER_H
#define WEIR_LOADER_VERIFIER_H

#include <stddef.h>
#include <stdint.h>

/* 16 MiB - 1: the most that kernels before 5.19 take (UINT_MAX >> 8). */
#define WEIR_VERIFIER_LOG_BYTES 0xffffffu

/* Address space only: pages come when the kernel writes. NULL: none. */
char *weir_verifier_log_new(void);
void weir_verifier_log_free(char *log);

/* What a log comes down to. Pointers into the log, not NUL-terminated. */
struct weir_verifier_verdict {
	const char *message; /* "invalid access to packet, off=0 size=1, R1(...)" */
	size_t message_len;
	const char *more; /* what the kernel adds to the message; NULL: nothing */
	size_t more_len;
	const char *insn; /* "12: (71) r1 = *(u8 *)(r1 +0)"; NULL: none */
	size_t insn_len;
	const char *source; /* C text, without the leading "; "; NULL: no line info */
	size_t source_len;
};

/* False: @log holds no message. */
int weir_verifier_read(const char *log, struct weir_verifier_verdict *out);

/* What to change, for messages that people meet; NULL: nothing known. */
const char *weir_verifier_hint(const char *message, size_t len);

/* Every line at WEIR_LOG_INFO. */
void weir_verifier_log_all(const char *log);

/* The source line and the instruction, and what the kernel adds, as detail lines. */
void weir_verifier_log_place(const struct weir_verifier_verdict *verdict, const char *prog);

/* Logs detail lines (source, instruction), the whole log at INFO, and the
 * one error; returns @err. */
int weir_verifier_report(int err, const char *object, const char *prog, const char *log);

#endif
