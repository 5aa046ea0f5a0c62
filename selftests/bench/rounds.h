/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the benchmarks of programs share: figures of rounds, and a silent libbpf. */
#ifndef WEIR_BENCH_ROUNDS_H
#define WEIR_BENCH_ROUNDS_H

#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#define ROUNDS_MAX 255

static inline int by_size(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static inline double median(const double *values, unsigned int n)
{
	double sorted[ROUNDS_MAX];

	memcpy(sorted, values, n * sizeof(*values));
	qsort(sorted, n, sizeof(*sorted), by_size);
	return sorted[n / 2];
}

static inline int silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

#endif
