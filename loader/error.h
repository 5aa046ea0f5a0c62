/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Error numbers as words, with what libc does not know. */
#ifndef WEIR_LOADER_ERROR_H
#define WEIR_LOADER_ERROR_H

/* The kernel's own "not supported by this driver or map", include/linux/errno.h. */
#ifndef ENOTSUPP
#define ENOTSUPP 524
#endif

/* Text of a negative or positive errno, libbpf's 4000.. codes included.
 * Never NULL; static storage. */
const char *weir_errstr(int err);

/* What a user can do about @err from a bpf(2) call or a bpffs operation:
 * "run as root, or with CAP_BPF and CAP_NET_ADMIN" for EPERM. NULL: no hint. */
const char *weir_errhint(int err);

#endif
