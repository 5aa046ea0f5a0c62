/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the library speaks: one callback, one line a call. Levels: weir.h. */
#ifndef WEIR_LOADER_LOG_H
#define WEIR_LOADER_LOG_H

#include "loader/weir.h"

/* True when a line of @level would be heard: lets callers skip costly text. */
bool weir_log_wants(enum weir_log_level level);

void weir_log(enum weir_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Until release the first error goes to @text of @len bytes, and errors are told as
 * WEIR_LOG_INFO: for what may fail because something else follows. */
void weir_log_hold(char *text, size_t len);
void weir_log_release(void);

/* Logs at WEIR_LOG_ERROR and returns @err, so that the place that knows the
 * cause reads `return weir_fail(-EINVAL, "%s: ...", name)`. Callers above it
 * pass the code on without another line. @err must be negative. */
int weir_fail(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
