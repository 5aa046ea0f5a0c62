/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs as the kernel knows them, read without a word: the callers know
 * whether a program that went away is an error. */
#ifndef WEIR_LOADER_PROG_H
#define WEIR_LOADER_PROG_H

#include "loader/weir.h"

/* As weir_prog_by_fd(), silent. */
int weir_prog_read(int fd, struct weir_prog *out);
/* As weir_prog_by_id(), silent. -ENOENT: gone. *fd (may be NULL) receives the
 * program's fd, which the caller closes. */
int weir_prog_read_id(uint32_t id, struct weir_prog *out, int *fd);

#endif
