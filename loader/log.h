/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the library speaks: one callback, one line a call. Levels: weir.h. */
#ifndef WEIR_LOADER_LOG_H
#define WEIR_LOADER_LOG_H

#include "loader/weir.h"

/* True when a line of @level would be heard: lets callers skip costly text. */
bool weir_log_wants(enum weir_log_level level);

void weir_log(enum weir_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Logs at WEIR_LOG_ERROR and returns @err, so that the place that knows the
 * cause reads `return weir_fail(-EINVAL, "%s: ...", name)`. Callers above it
 * pass the code on without another line. @err must be negative. */
int weir_fail(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
