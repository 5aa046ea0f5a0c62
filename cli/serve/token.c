// SPDX-License-Identifier: LGPL-2.1-or-later
/* The word that clients must send. In: a file. Out: yes or no. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/say.h"
#include "cli/serve/serve.h"

#define WRITERS (S_IWGRP | S_IWOTH)
#define OTHERS	(WRITERS | S_IRGRP | S_IROTH)

/* The file at @path, of which at most @room bytes count. *mode: 0 for what is
 * no file, as a pipe. */
static ssize_t read_file(const char *path, char *text, size_t room, mode_t *mode)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, room) : -1;
	int err = n < 0 ? -errno : 0;
	struct stat file;

	*mode = fd >= 0 && !fstat(fd, &file) && S_ISREG(file.st_mode) ? file.st_mode : 0;
	if (fd >= 0)
		close(fd);
	return err ? err : n;
}

/* Of the first line; a carriage return before its end is none of it. */
static size_t line_len(const char *text, size_t n)
{
	const char *end = memchr(text, '\n', n);
	size_t len = end ? (size_t)(end - text) : n;

	return len && text[len - 1] == '\r' ? len - 1 : len;
}

/* What a header can bring here unchanged: visible ASCII. */
static bool is_visible(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < '!' || text[i] > '~')
			return false;
	return true;
}

int weir_token_read(const char *path, char token[WEIR_TOKEN_MAX])
{
	mode_t mode;
	char text[WEIR_TOKEN_MAX + 2] = {0}; /* its line's end, too */
	ssize_t n = read_file(path, text, sizeof(text), &mode);
	size_t len = n < 0 ? 0 : line_len(text, (size_t)n);

	if (n < 0) {
		weir_say_error("serve: token %s: %s", path, strerror((int)-n));
		return (int)n;
	}
	if (len < WEIR_TOKEN_MIN || len >= WEIR_TOKEN_MAX) {
		weir_say_error(
			"serve: token %s: its first line has %zu characters; %d to %d make a "
			"token: openssl rand -hex 24",
			path, len, WEIR_TOKEN_MIN, WEIR_TOKEN_MAX - 1);
		return -EINVAL;
	}
	if (!is_visible(text, len)) {
		weir_say_error("serve: token %s: its first line has blanks, or what is not "
			       "ASCII; letters and digits make a token: openssl rand -hex 24",
			       path);
		return -EINVAL;
	}
	if (mode & OTHERS)
		weir_say_note("token %s: others may %s it; chmod 600 %s", path,
			      mode & WRITERS ? "write" : "read", path);
	memset(token, 0, WEIR_TOKEN_MAX);
	memcpy(token, text, len);
	return 0;
}

bool weir_token_is(const char *token, const char *given, size_t len)
{
	uint8_t differ = len >= WEIR_TOKEN_MAX;

	for (size_t i = 0; i < WEIR_TOKEN_MAX; i++)
		differ |= (uint8_t)(token[i] ^ (i < len ? given[i] : '\0'));
	return !differ;
}
