/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libbpf's own lines: debug text for the log, and the last warnings kept, since
 * they alone say which map or program of an object a load failed at. */
#ifndef WEIR_LOADER_LIBBPF_LOG_H
#define WEIR_LOADER_LIBBPF_LOG_H

#include <stdbool.h>
#include <stddef.h>

/* Directs libbpf's lines here, process-wide; idempotent. */
void weir_libbpf_capture(void);
/* Forgets the warnings kept by this thread. */
void weir_libbpf_clear(void);
/* Copies NAME out of the first kept warning "<kind> 'NAME': ...". */
bool weir_libbpf_subject(const char *kind, char *name, size_t len);
/* The first kept warning without prefix and newline; "" when none. */
const char *weir_libbpf_first(void);

#endif
