/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between borrow.c, which catches a request, and borrow_edit.c, borrow_tc.c and
 * borrow_ip.c, which put programs into it. */
#ifndef WEIR_LOADER_BORROW_H
#define WEIR_LOADER_BORROW_H

#include "loader/netlink_in.h"

/* Takes a copy of one netlink message. -EBADMSG, logged: its lengths are wrong. */
int weir_borrowed_new(const void *bytes, size_t len_bytes, struct weir_borrowed **out);
uint16_t weir_borrowed_type(const struct weir_borrowed *req);

/* ---- a new message from an old one --------------------------------------- */

struct weir_redo {
	struct nlmsghdr *to;
	size_t room_bytes;
};

/* The attributes of a message or of a nest, all of them whole. */
struct weir_attrs {
	const struct nlattr *first;
	int len_bytes;
};

#define weir_attrs_for_each(attr, left, attrs)                                                  \
	for ((attr) = (attrs)->first, (left) = (attrs)->len_bytes; mnl_attr_ok((attr), (left)); \
	     (left) -= MNL_ALIGN((attr)->nla_len), (attr) = mnl_attr_next(attr))

/* Writes the new message from @from. False: damaged, or no room. */
typedef bool (*weir_redo_fn)(struct weir_redo *redo, const struct weir_attrs *from, void *ctx);

/* Replaces the attributes of @req by what @fn writes. -EBADMSG, -ENOMEM, logged. */
int weir_borrowed_redo(struct weir_borrowed *req, weir_redo_fn fn, void *ctx);
/* False: the attributes in these bytes are not whole. */
bool weir_attrs_of(const void *bytes, size_t len_bytes, struct weir_attrs *out);
bool weir_attrs_in(const struct nlattr *nest, struct weir_attrs *out);
/* The first of @type; NULL. */
const struct nlattr *weir_attrs_find(const struct weir_attrs *attrs, uint16_t type);

bool weir_redo_copy(struct weir_redo *redo, const struct nlattr *attr);
/* Ends a nest; false: it has grown beyond what its length can say. */
bool weir_redo_end(struct weir_redo *redo, struct nlattr *nest);
/* fd and name, as every place of a program has them. */
bool weir_redo_prog(struct weir_redo *redo, uint16_t fd_type, uint16_t name_type, int prog_fd,
		    const char *name);

#endif
