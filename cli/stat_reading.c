// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The previous reading of a counter map. In: a reading of the library, which
 * the next one overwrites. Out: the old value of a name. Entries of a hash may
 * come and go and change their order between readings, those of an array not:
 * the old place is tried first, and a sorted index is made only on a miss.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/stat.h"

void weir_reading_free(struct weir_reading *reading)
{
	while (reading->n)
		free(reading->names[--reading->n]);
	free(reading->names);
	free(reading->counts);
	free(reading->by_name);
	reading->names = NULL;
	reading->counts = NULL;
	reading->by_name = NULL;
}

static bool has_same_names(const struct weir_reading *reading, const struct weir_counters *ctrs,
			   size_t n)
{
	size_t i;

	if (reading->n != n)
		return false;
	for (i = 0; i < n; i++)
		if (strcmp(reading->names[i], weir_counters_name(ctrs, i)) != 0)
			return false;
	return true;
}

static int copy_names(struct weir_reading *reading, const struct weir_counters *ctrs, size_t n)
{
	weir_reading_free(reading);
	reading->names = calloc(n ? n : 1, sizeof(*reading->names));
	reading->counts = calloc(n ? n : 1, sizeof(*reading->counts));
	if (!reading->names || !reading->counts)
		goto nomem;
	while (reading->n < n) {
		char *name = strdup(weir_counters_name(ctrs, reading->n));

		if (!name)
			goto nomem;
		reading->names[reading->n++] = name;
	}
	return 0;
nomem:
	weir_reading_free(reading);
	return -ENOMEM;
}

int weir_reading_take(struct weir_reading *reading, const struct weir_counters *ctrs, size_t n)
{
	size_t i;
	int err;

	if (!has_same_names(reading, ctrs, n)) {
		err = copy_names(reading, ctrs, n);
		if (err)
			return err;
	}
	for (i = 0; i < n; i++)
		reading->counts[i] = weir_counters_value(ctrs, i);
	reading->time_ns = weir_counters_time_ns(ctrs);
	return 0;
}

static int compare_at(const void *a, const void *b, void *names)
{
	char *const *list = names;

	return strcmp(list[*(const size_t *)a], list[*(const size_t *)b]);
}

static bool make_index(struct weir_reading *reading)
{
	size_t i;

	if (reading->by_name)
		return true;
	reading->by_name = calloc(reading->n, sizeof(*reading->by_name));
	if (!reading->by_name)
		return false;
	for (i = 0; i < reading->n; i++)
		reading->by_name[i] = i;
	qsort_r(reading->by_name, reading->n, sizeof(*reading->by_name), compare_at,
		reading->names);
	return true;
}

struct weir_count weir_reading_find(struct weir_reading *reading, size_t hint, const char *name)
{
	size_t lo = 0, hi = reading->n;

	if (hint < reading->n && strcmp(reading->names[hint], name) == 0)
		return reading->counts[hint];
	if (!reading->n || !make_index(reading))
		return (struct weir_count){0};
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		size_t at = reading->by_name[mid];
		int order = strcmp(name, reading->names[at]);

		if (!order)
			return reading->counts[at];
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return (struct weir_count){0};
}
