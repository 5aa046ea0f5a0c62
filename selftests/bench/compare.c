// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whole commands side by side: compare ROUNDS A A-CLEANUP B B-CLEANUP
 *
 * Each round runs A, B and A again (the A/A check), the order turning; after
 * each the cleanup, outside the clock. Commands are split at blanks, run
 * without a shell, their output goes to /dev/null. Prints the medians and the
 * median of the per-round ratios A/B: CPU (user + system), wall, peak RSS.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 501
#define WORDS_MAX  32

enum figure { CPU_MS, WALL_MS, RSS_KB, FIGURES };

static double got[3][FIGURES][ROUNDS_MAX]; /* A, B, A again */

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double median(const double *values, unsigned int n)
{
	double sorted[ROUNDS_MAX];

	memcpy(sorted, values, n * sizeof(*values));
	qsort(sorted, n, sizeof(*sorted), by_value);
	return sorted[n / 2];
}

static double ratio(const double *a, const double *b, unsigned int n)
{
	double each[ROUNDS_MAX];

	for (unsigned int i = 0; i < n; i++)
		each[i] = b[i] > 0 ? a[i] / b[i] : 0;
	return median(each, n);
}

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static double ms(struct timeval tv)
{
	return (double)tv.tv_sec * 1e3 + (double)tv.tv_usec / 1e3;
}

static void become(const char *command)
{
	char *words[WORDS_MAX + 1] = {NULL}, *copy = strdup(command), *save = NULL;
	int null = open("/dev/null", O_RDWR), n = 0;

	for (char *w = strtok_r(copy, " ", &save); w && n < WORDS_MAX;
	     w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	dup2(null, 1);
	dup2(null, 2);
	if (n)
		execvp(words[0], words);
	_exit(n ? 127 : 0);
}

/* Returns the exit status; @out may be NULL. */
static int measure(const char *command, double out[FIGURES])
{
	double start = now_ms();
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		become(command);
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0)
		return -1;
	if (out) {
		out[WALL_MS] = now_ms() - start;
		out[CPU_MS] = ms(usage.ru_utime) + ms(usage.ru_stime);
		out[RSS_KB] = (double)usage.ru_maxrss;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int round_of(char **argv, unsigned int round)
{
	for (unsigned int k = 0; k < 3; k++) {
		unsigned int who = (k + round) % 3;
		char **pair = argv + (who == 1 ? 2 : 0);
		double out[FIGURES];
		int status = measure(pair[0], out);

		if (status) {
			fprintf(stderr, "compare: exit status %d of: %s\n", status, pair[0]);
			return -1;
		}
		for (int i = 0; i < FIGURES; i++)
			got[who][i][round] = out[i];
		measure(pair[1], NULL);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"CPU ms", "wall ms", "peak RSS kB"};
	unsigned int rounds = argc == 6 ? (unsigned int)strtoul(argv[1], NULL, 10) : 0;

	if (!rounds || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: compare ROUNDS A A-CLEANUP B B-CLEANUP\n");
		return 2;
	}
	for (unsigned int i = 0; i < rounds; i++)
		if (round_of(argv + 2, i))
			return 1;
	for (int i = 0; i < FIGURES; i++)
		printf("  %-12s %10.2f %10.2f %8.2fx   A/A %.2f\n", names[i],
		       median(got[0][i], rounds), median(got[1][i], rounds),
		       ratio(got[0][i], got[1][i], rounds), ratio(got[0][i], got[2][i], rounds));
	return 0;
}
