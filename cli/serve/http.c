// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Requests and answers, by libmicrohttpd. In: a state that somebody fills. Out: the page,
 * metrics, JSON, and streams of events.
 *
 * A connection has 8 KiB for its request, ten seconds without a byte and as many for all of its
 * headers (guard.h), and is one of 2,000, so that a thousand idle ones take 8 MB and leave room
 * for others. Beyond loopback an address has no more than 256 of them; at loopback all clients
 * of a proxy are one address. Without a token only requests to a loopback name are answered: a
 * page from elsewhere that points its own name here (DNS rebinding) gets nothing.
 */
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/say.h"
#include "cli/serve/guard.h"
#include "cli/serve/serve.h"
#include "cli/serve/stream.h"

#define CONNECTIONS_MAX 2000u
#define ADDRESS_MAX	256u
#define REQUEST_BYTES	8192u
#define BODY_MAX	65536u /* that is read, to be refused */
#define IDLE_SECONDS	10u
#define BEARER		"Bearer "
#define TEXT_PLAIN	"text/plain; charset=utf-8"
#define CONTENT_SECURITY                                                                        \
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src " \
	"'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

struct weir_http {
	struct MHD_Daemon *daemon;
	struct weir_http_opts opts;
	struct weir_guard guard;
	struct weir_streams streams;
};

static struct weir_guarded *guarded_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

static int socket_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

/* ---- answers ------------------------------------------------------------- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned int status,
			      struct MHD_Response *response, const char *type)
{
	static const char *const headers[][2] = {
		{"Content-Security-Policy", CONTENT_SECURITY},
		{"X-Content-Type-Options", "nosniff"},
		{"X-Frame-Options", "DENY"},
		{"Referrer-Policy", "no-referrer"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"Cache-Control", "no-store"},
	};
	enum MHD_Result ret;

	if (!response)
		return MHD_NO;
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		(void)MHD_add_response_header(response, headers[i][0], headers[i][1]);
	if (type)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	ret = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return ret;
}

static struct MHD_Response *fixed(const void *bytes, size_t len)
{
	return MHD_create_response_from_buffer(len, (void *)bytes, MHD_RESPMEM_PERSISTENT);
}

/* @header may be NULL. */
static enum MHD_Result refuse(struct weir_http *http, struct MHD_Connection *connection,
			      unsigned int status, const char *text, const char *header,
			      const char *value)
{
	struct MHD_Response *response = fixed(text, strlen(text));

	__atomic_add_fetch(&http->opts.state->refused, 1, __ATOMIC_RELAXED);
	if (response && header)
		(void)MHD_add_response_header(response, header, value);
	return answer(connection, status, response, TEXT_PLAIN);
}

static void release_page(void *page)
{
	weir_page_release(page);
}

static enum MHD_Result answer_view(struct weir_http *http, struct MHD_Connection *connection,
				   enum weir_view view, const char *type)
{
	struct weir_page *page = weir_state_view(http->opts.state, view);
	struct MHD_Response *response;

	if (!page)
		return refuse(http, connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			      "no counters were read yet\n", MHD_HTTP_HEADER_RETRY_AFTER, "1");
	response = MHD_create_response_from_buffer_with_free_callback_cls(
		page->text.len, page->text.bytes, release_page, page);
	if (!response)
		weir_page_release(page);
	return answer(connection, MHD_HTTP_OK, response, type);
}

static ssize_t no_content(void *cls, uint64_t pos, char *buf, size_t max)
{
	(void)cls;
	(void)pos;
	(void)buf;
	(void)max;
	return MHD_CONTENT_READER_END_OF_STREAM;
}

static enum MHD_Result answer_stream(struct weir_http *http, struct MHD_Connection *connection,
				     bool head)
{
	struct MHD_Response *response;

	if (head) /* of unknown length, as the stream is */
		return answer(connection, MHD_HTTP_OK,
			      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, no_content,
								NULL, NULL),
			      "text/event-stream");
	response = weir_streams_open(&http->streams, connection, socket_of(connection));
	if (!response)
		return refuse(http, connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			      "too many streams are open\n", MHD_HTTP_HEADER_RETRY_AFTER, "10");
	weir_guard_enter(&http->guard, guarded_of(connection), WEIR_PHASE_STREAM);
	return answer(connection, MHD_HTTP_OK, response, "text/event-stream");
}

/* ---- requests ------------------------------------------------------------ */

/* Of "name", "name.", "[::1]", each with a port or without: the length of the name. */
static size_t name_len(const char *host)
{
	const char *end = *host == '[' ? strchr(host, ']') : NULL;
	size_t len = end ? (size_t)(end - host) + 1 : strcspn(host, ":");
	size_t port = host[len] == ':' ? 1 + strspn(host + len + 1, "0123456789") : 0;

	if (host[len + port])
		return 0; /* of no name */
	return len && host[len - 1] == '.' ? len - 1 : len;
}

static bool same_name(const char *host, const char *name)
{
	size_t len = name_len(host);

	return len && len == name_len(name) && !strncasecmp(host, name, len);
}

/* The port is of no account: http:// leaves out 80, and a tunnel has another one. */
static bool is_known_host(const struct weir_http *http, const char *host)
{
	return !host || same_name(host, "localhost") || same_name(host, "127.0.0.1") ||
	       same_name(host, "[::1]") || same_name(host, http->opts.listen->text);
}

static bool is_allowed(const struct weir_http *http, const char *authorization)
{
	size_t len = strlen(BEARER);

	if (!*http->opts.token)
		return true;
	if (!authorization || strncasecmp(authorization, BEARER, len) != 0)
		return false;
	authorization += len;
	return weir_token_is(http->opts.token, authorization, strlen(authorization));
}

/* ?every=30: of the tier whose points are means of so many readings; the finest one. */
static enum MHD_Result answer_history(struct weir_http *http, struct MHD_Connection *connection)
{
	const char *every = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "every");
	char known[16];

	for (uint32_t tier = 0; tier < WEIR_TIERS; tier++) {
		snprintf(known, sizeof(known), "%u", weir_tier_readings[tier]);
		if (!strcmp(every ? every : "1", known))
			return answer_view(http, connection, WEIR_VIEW_HISTORY + tier,
					   "application/json");
	}
	return refuse(http, connection, MHD_HTTP_BAD_REQUEST, "every is 1, 30 or 720\n", NULL,
		      NULL);
}

static enum MHD_Result answer_data(struct weir_http *http, struct MHD_Connection *connection,
				   const char *path, bool head)
{
	/* a failed scrape is what ends a series: old numbers would look like ones that stand still
	 */
	if (!strcmp(path, "/metrics") && weir_state_is_stale(http->opts.state))
		return refuse(http, connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			      "no counters were read for a while\n", MHD_HTTP_HEADER_RETRY_AFTER,
			      "1");
	if (!strcmp(path, "/metrics"))
		return answer_view(http, connection, WEIR_VIEW_METRICS,
				   "text/plain; version=0.0.4; charset=utf-8");
	if (!strcmp(path, "/api/v1/board"))
		return answer_view(http, connection, WEIR_VIEW_BOARD, "application/json");
	if (!strcmp(path, "/api/v1/history"))
		return answer_history(http, connection);
	if (!strcmp(path, "/api/v1/stream"))
		return answer_stream(http, connection, head);
	return refuse(http, connection, MHD_HTTP_NOT_FOUND, "not found\n", NULL, NULL);
}

static enum MHD_Result count_host(void *cls, enum MHD_ValueKind kind, const char *name,
				  const char *value)
{
	unsigned int *n = cls;

	(void)kind;
	(void)value;
	*n += !strcasecmp(name, MHD_HTTP_HEADER_HOST);
	return MHD_YES;
}

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result answer_request(struct weir_http *http, struct MHD_Connection *connection,
				      const char *url, bool head)
{
	unsigned int n_hosts = 0;
	struct weir_asset asset;

	(void)MHD_get_connection_values(connection, MHD_HEADER_KIND, count_host, &n_hosts);
	if (n_hosts > 1)
		return refuse(http, connection, MHD_HTTP_BAD_REQUEST, "one Host is enough\n", NULL,
			      NULL);
	if (!*http->opts.token && !is_known_host(http, header_of(connection, MHD_HTTP_HEADER_HOST)))
		return refuse(http, connection, MHD_HTTP_FORBIDDEN,
			      "without a token only loopback names are answered\n", NULL, NULL);
	if (weir_asset_find(url, &asset))
		return answer(connection, MHD_HTTP_OK, fixed(asset.bytes, asset.len), asset.type);
	if (!strcmp(url, "/favicon.ico"))
		return answer(connection, MHD_HTTP_NO_CONTENT, fixed("", 0), NULL);
	if (!is_allowed(http, header_of(connection, MHD_HTTP_HEADER_AUTHORIZATION)))
		return refuse(http, connection, MHD_HTTP_UNAUTHORIZED, "a token is needed\n",
			      MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer realm=\"weir\"");
	return answer_data(http, connection, url, head);
}

/* How long a request's body is; BODY_MAX also when nobody knows. */
static unsigned long body_bytes(struct MHD_Connection *connection)
{
	const char *len = header_of(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
	unsigned long bytes = len ? strtoul(len, NULL, 10) : 0;

	if (header_of(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING) || bytes > BODY_MAX)
		return BODY_MAX;
	return bytes;
}

/* Called with the headers, with each piece of a body, and at the request's end. An answer before
 * that closes the connection, and who still sends may not see it: a small body is let in. */
static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_len, void **request)
{
	struct weir_http *http = cls;
	bool head = !strcmp(method, MHD_HTTP_METHOD_HEAD);
	unsigned long body = body_bytes(connection);

	(void)version;
	(void)upload;
	if ((!*request && body < BODY_MAX) || *upload_len) {
		*request = http;
		*upload_len = 0;
		return MHD_YES;
	}
	weir_guard_enter(&http->guard, guarded_of(connection), WEIR_PHASE_ANSWER);
	__atomic_add_fetch(&http->opts.state->requests, 1, __ATOMIC_RELAXED);
	if (!head && strcmp(method, MHD_HTTP_METHOD_GET) != 0)
		return refuse(http, connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n",
			      MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (body)
		return refuse(http, connection, MHD_HTTP_CONTENT_TOO_LARGE, "no body is taken\n",
			      NULL, NULL);
	return answer_request(http, connection, url, head);
}

/* ---- started, stopped ---------------------------------------------------- */

static void count_connection(void *cls, struct MHD_Connection *connection, void **guarded,
			     enum MHD_ConnectionNotificationCode code)
{
	struct weir_http *http = cls;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED)
		weir_guard_remove(&http->guard, *guarded);
	else
		*guarded = weir_guard_add(&http->guard, socket_of(connection));
}

static void end_request(void *cls, struct MHD_Connection *connection, void **request,
			enum MHD_RequestTerminationCode code)
{
	struct weir_http *http = cls;

	(void)request;
	(void)code;
	weir_guard_enter(&http->guard, guarded_of(connection), WEIR_PHASE_NEXT);
}

/* No path and no argument of ours needs an escape; with %00 one would end early. */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
	(void)cls;
	(void)connection;
	return strlen(text);
}

/* NULL: errno says why. */
static struct MHD_Daemon *start_daemon(struct weir_http *http)
{
	const struct weir_listen *listen = http->opts.listen;

	return MHD_start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME,
		listen->port, NULL, NULL, handle, http, MHD_OPTION_LISTEN_SOCKET, listen->fd,
		MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		listen->loopback ? 0u : ADDRESS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)REQUEST_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, count_connection, http, MHD_OPTION_NOTIFY_COMPLETED,
		end_request, http, MHD_OPTION_END);
}

int weir_http_start(const struct weir_http_opts *opts, struct weir_http **out)
{
	struct weir_http *http = calloc(1, sizeof(*http));
	int err = http ? weir_guard_start(&http->guard, opts->state) : -ENOMEM;

	if (err) {
		free(http);
		return err;
	}
	http->opts = *opts;
	weir_streams_start(&http->streams, opts->state);
	http->daemon = start_daemon(http);
	if (!http->daemon) {
		weir_say_error("serve: the HTTP server does not start: %s", strerror(errno));
		weir_guard_stop(&http->guard);
		weir_streams_free(&http->streams);
		free(http);
		return -EIO;
	}
	*out = http;
	return 0;
}

void weir_http_notify(struct weir_http *http)
{
	weir_streams_wake(&http->streams);
}

void weir_http_stop(struct weir_http *http)
{
	if (!http)
		return;
	weir_streams_stop(&http->streams);
	MHD_stop_daemon(http->daemon);
	weir_guard_stop(&http->guard);
	weir_streams_free(&http->streams);
	free(http);
}
