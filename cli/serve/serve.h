/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * weir serve: two processes. One reads counters and speaks to the kernel, and never to the
 * network; the other one speaks HTTP, and has neither capabilities nor a user of its own. A
 * snapshot an interval goes from the first to the second (cli/board/snap.h).
 */
#ifndef WEIR_CLI_SERVE_SERVE_H
#define WEIR_CLI_SERVE_SERVE_H

#include "cli/command.h"
#include "cli/serve/state.h"

int weir_serve_run(const struct weir_globals *globals, const union weir_config *cfg);

/* ---- listen.c ------------------------------------------------------------ */

struct weir_listen {
	int fd;
	bool loopback;
	char text[80]; /* "127.0.0.1:9777" */
	uint16_t port;
};

/* "ADDR:PORT", "[V6]:PORT", "*:PORT", "ADDR", ":PORT"; NULL: the default. A listening socket;
 * beyond loopback only @has_token. -EACCES, -EADDRINUSE etc. after an error line. */
int weir_listen_open(const char *text, bool has_token, struct weir_listen *out);

/* ---- token.c ------------------------------------------------------------- */

#define WEIR_TOKEN_MAX 256
#define WEIR_TOKEN_MIN 16

/* The first line of @path. After an error line: unreadable, too short or too long, or with what
 * is not visible ASCII. A note when others may read or write it. */
int weir_token_read(const char *path, char token[WEIR_TOKEN_MAX]);
/* Takes as long whatever is wrong. */
bool weir_token_is(const char *token, const char *given, size_t len);

/* ---- privilege.c --------------------------------------------------------- */

/* Keeps what reading maps, programs and filters of all owners needs. */
int weir_privilege_collector(void);
/* Closes what was inherited: all but @a, @b and the standard streams. */
void weir_privilege_keep_only(int a, int b);
/* Keeps nothing: no capability, nobody's user, no way to get any back. */
int weir_privilege_server(void);

/* ---- http.c -------------------------------------------------------------- */

struct weir_http;

struct weir_http_opts {
	const struct weir_listen *listen;
	const char *token; /* "": none is needed */
	struct weir_state *state;
};

/* Serves in threads of its own. -errno after an error line. */
int weir_http_start(const struct weir_http_opts *opts, struct weir_http **out);
/* Streams go on: a new snapshot is there, or, for those without one, a sign of life. */
void weir_http_notify(struct weir_http *http);
void weir_http_stop(struct weir_http *http);

/* ---- assets.c ------------------------------------------------------------ */

struct weir_asset {
	const char *path, *type; /* "/app.js"; of the content */
	const void *bytes;
	size_t len;
};

/* false: there is none. */
bool weir_asset_find(const char *path, struct weir_asset *out);

#endif
