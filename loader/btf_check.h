/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is this BTF safe to work with? The rules stand in btf_check.c. */
#ifndef WEIR_LOADER_BTF_CHECK_H
#define WEIR_LOADER_BTF_CHECK_H

#include <stddef.h>
#include <stdint.h>

struct weir_btf_fault {
	const char *cause; /* static text */
	uint32_t type_id;  /* where; 0: in the header or the sections */
};

/* Checks @len bytes, aligned to 4, of raw BTF. -EINVAL with @fault filled, or -ENOMEM. */
int weir_btf_check(const void *bytes, size_t len, struct weir_btf_fault *fault);

#endif
