// SPDX-License-Identifier: LGPL-2.1-or-later
/* In: rates. Out: a line of bars, eight heights above nothing. */
#include <math.h>
#include <string.h>

#include "cli/top/spark.h"

#define LEVELS 8

static const char *const ascii[LEVELS + 1] = {"_", ".", ":", "-", "=", "+", "*", "#", "@"};
/* U+2581 to U+2588; nothing is the lowest bar, which is seen */
static const char *const blocks[LEVELS + 1] = {"▁", "▂", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

static uint32_t level(float value, float highest)
{
	/* also for NaN */
	if (!(value > 0) || !(highest > 0))
		return 0;
	return value >= highest ? LEVELS : 1 + (uint32_t)(value / highest * (LEVELS - 1));
}

const char *weir_spark(const float *points, uint32_t n, bool utf8, char *buf)
{
	float highest = 0;
	char *to = buf;

	for (uint32_t i = 0; i < n; i++)
		highest = fmaxf(highest, points[i]);
	for (uint32_t i = 0; i < n; i++)
		to = stpcpy(to, (utf8 ? blocks : ascii)[level(points[i], highest)]);
	*to = '\0';
	return buf;
}
