// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where the real tc or ip is. In: PATH. Out: the first program of that name that
 * is not weir: neither this one, nor another installation's, whatever file it is
 * in, nor a script that calls one. So two shims never call each other in turn,
 * and nothing needs to be remembered in the environment.
 */
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/compat.h"

static const char usual_places[] = "/sbin:/usr/sbin:/bin:/usr/bin";

/* Weir's mark: an ELF note. Linkers place notes right behind the program
 * headers, so the first page of the file has it. */
static const struct {
	Elf32_Nhdr head;
	char name[8];
	char text[8];
} note __attribute__((section(".note.weir"), used, aligned(4))) = {
	.head = {.n_namesz = sizeof("weir"), .n_descsz = 8, .n_type = 1},
	.name = "weir",
	.text = "tc ip",
};

#define PAGE_BYTES 4096

/* Is there a command weir in @text: the word alone or behind a folder, and words
 * of its own behind it? */
static bool calls_weir(const char *text)
{
	const char *at = text;

	for (; (at = strstr(at, "weir")); at++)
		if (strchr(" \t\"'", at[4]) && at[4] && !isalnum((unsigned char)at[-1]) &&
		    !strchr("-_.", at[-1]))
			return true;
	return false;
}

static bool is_weir(int fd)
{
	char page[PAGE_BYTES + 1];
	ssize_t len = pread(fd, page, PAGE_BYTES, 0);

	if (len < 2)
		return false;
	page[len] = '\0';
	if (!memcmp(page, "#!", 2))
		return calls_weir(page + 2);
	return memmem(page, (size_t)len, &note, sizeof(note)) != NULL;
}

static bool is_real(const char *path)
{
	struct stat st;
	bool is_ours;
	int fd;

	if (access(path, X_OK) || stat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) /* weir can be read by everybody */
		return true;
	is_ours = is_weir(fd);
	close(fd);
	return !is_ours;
}

static int find_in(const char *places, const char *program, char *buf, size_t len)
{
	for (;;) {
		size_t n = strcspn(places, ":");
		/* an empty place is the working directory, as for a shell */
		int written =
			snprintf(buf, len, "%.*s%s%s", (int)n, places, n ? "/" : "./", program);

		if (written > 0 && (size_t)written < len && is_real(buf))
			return 0;
		if (!places[n])
			return -ENOENT;
		places += n + 1;
	}
}

int weir_real_path(const char *program, char *buf, size_t len)
{
	const char *path = getenv("PATH");

	if (path && *path && !find_in(path, program, buf, len))
		return 0;
	return find_in(usual_places, program, buf, len);
}
