// SPDX-License-Identifier: LGPL-2.1-or-later
/* The word that clients must send. In: a file. Out: yes or no. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/say.h"
#include "cli/serve/serve.h"

int weir_token_read(const char *path, char token[WEIR_TOKEN_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[WEIR_TOKEN_MAX + 1];
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	int err = n < 0 ? -errno : 0;
	size_t len;

	if (fd >= 0)
		close(fd);
	if (err) {
		weir_say_error("serve: token %s: %s", path, strerror(-err));
		return err;
	}
	text[n] = '\0';
	len = strcspn(text, "\r\n");
	if (len < WEIR_TOKEN_MIN || len >= WEIR_TOKEN_MAX) {
		weir_say_error(
			"serve: token %s: its first line has %zu characters; %d to %d make a "
			"token: openssl rand -hex 24",
			path, len, WEIR_TOKEN_MIN, WEIR_TOKEN_MAX - 1);
		return -EINVAL;
	}
	text[len] = '\0';
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
