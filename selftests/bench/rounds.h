/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the benchmarks of programs share: test runs that are measured, figures of rounds, and a
 * silent libbpf.
 */
#ifndef WEIR_BENCH_ROUNDS_H
#define WEIR_BENCH_ROUNDS_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define ROUNDS_MAX    255

/* A round is made of parts. What else runs on the machine makes some of them slower, and none
 * faster; and the kernel tells whole nanoseconds, so that a few are taken together. */
#define PARTS	      20
#define PARTS_FASTEST 5

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

/* Mean of the fastest of PARTS. */
static inline double fastest(const double *parts)
{
	double sorted[PARTS], sum = 0;

	memcpy(sorted, parts, sizeof(sorted));
	qsort(sorted, PARTS, sizeof(*sorted), by_size);
	for (int i = 0; i < PARTS_FASTEST; i++)
		sum += sorted[i];
	return sum / PARTS_FASTEST;
}

/* Nanoseconds of a run of @prog_fd with a frame, by the kernel's own measurement. */
static inline int measure_frame(int prog_fd, const void *bytes, size_t len_bytes,
				unsigned int repeat, double *ns)
{
	double parts[PARTS];

	for (int i = 0; i < PARTS; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes,
			    .data_size_in = (__u32)len_bytes, .repeat = (int)(repeat / PARTS));

		if (bpf_prog_test_run_opts(prog_fd, &opts))
			return -errno;
		parts[i] = opts.duration;
	}
	*ns = fastest(parts);
	return 0;
}

static inline int silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

#endif
