/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between borrow.c, which catches a request, and borrow_edit.c, which owns it. */
#ifndef WEIR_LOADER_BORROW_H
#define WEIR_LOADER_BORROW_H

#include "loader/weir.h"

/* Takes a copy of one netlink message. -EBADMSG, logged: its lengths are wrong. */
int weir_borrowed_new(const void *bytes, size_t len_bytes, struct weir_borrowed **out);

#endif
