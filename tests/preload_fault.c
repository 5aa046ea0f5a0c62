// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * LD_PRELOAD: the WEIR_FAIL_ALLOC-th allocation of the process fails, once.
 * When it has, the file WEIR_FAULT_MARK exists, so that a test that counts up
 * knows when a run had fewer allocations than that.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* glibc's own entry points, exported for interposers like this one. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *mem, size_t size);

static long left;

__attribute__((constructor)) static void start(void)
{
	const char *nth = getenv("WEIR_FAIL_ALLOC");

	left = nth ? strtol(nth, NULL, 10) : 0;
}

static bool fails(void)
{
	const char *mark;
	int fd;

	if (left == 0 || --left > 0)
		return false;
	mark = getenv("WEIR_FAULT_MARK");
	fd = mark ? open(mark, O_CREAT | O_WRONLY | O_CLOEXEC, 0600) : -1;
	if (fd >= 0)
		close(fd);
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *mem, size_t size)
{
	return fails() ? NULL : __libc_realloc(mem, size);
}
