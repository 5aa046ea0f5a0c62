/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sparklines: rates over time in one line of text. */
#ifndef WEIR_CLI_TOP_SPARK_H
#define WEIR_CLI_TOP_SPARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of text for @n points: three for each in UTF-8. */
#define WEIR_SPARK_LEN(n) (3 * (n) + 1)

/* @points from the oldest to the newest as one column each, the highest of them full. What is
 * not zero never looks like zero. @buf holds WEIR_SPARK_LEN(@n) bytes. */
const char *weir_spark(const float *points, uint32_t n, bool utf8, char *buf);

#endif
