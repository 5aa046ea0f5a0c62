// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Error numbers as words and as advice. In: an errno of either sign, libbpf's
 * own codes from 4000 on (libbpf_errno) included. Out: static text. The advice
 * is what holds for any bpf(2) call or bpffs operation; who knows more about
 * the cause writes his own.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "loader/error.h"

const char *weir_errstr(int err)
{
	static _Thread_local char text[128];

	if (err <= -__LIBBPF_ERRNO__END) /* -INT_MIN does not exist */
		return "Unknown error";
	if (err < 0)
		err = -err;
	if (err == ENOTSUPP)
		return "Not supported by this driver, map type or kernel";
	if (err < __LIBBPF_ERRNO__START)
		return strerror(err);
	libbpf_strerror(err, text, sizeof(text));
	return text;
}

const char *weir_errhint(int err)
{
	switch (err < 0 ? -(unsigned int)err : (unsigned int)err) {
	case EPERM:
		return "run as root, or with CAP_BPF and CAP_NET_ADMIN";
	case EACCES:
		return "run as root, or as the owner of the path";
	case ENOMEM:
		return "free memory, or raise the limit of locked memory (ulimit -l unlimited)";
	case EMFILE:
		return "raise the limit of open files (ulimit -n)";
	case ENFILE:
		return "raise fs.file-max";
	case ENOSPC:
		return "make room, or raise the limit that is used up";
	case EROFS:
		return "give a place that can be written";
	case ENOSYS:
		return "use a kernel with CONFIG_BPF_SYSCALL";
	case ENOTSUPP:
	case EOPNOTSUPP:
		return "use a newer kernel or another driver";
	case E2BIG:
		return "use a newer kernel, or a smaller program or map";
	default:
		return NULL;
	}
}
