// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Server-sent events. In: boards, and connections that want them. Out: pieces of text as the
 * HTTP library asks for them. A stream that has nothing to send is suspended, and then the
 * library does not look at its socket: whether the client is still there is asked here.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cli/serve/stream.h"

#define STREAMS_MAX  64u
#define STREAM_PIECE 16384u
#define TAKE_MS	     10000u /* in which a client has to take some of what waits */

struct stream {
	struct weir_streams *streams;
	struct MHD_Connection *connection;
	int fd;			/* open as long as the stream is there */
	struct weir_page *page; /* that is being sent; NULL */
	size_t at;
	uint64_t sequence, beat; /* of what was sent last */
	bool suspended;
	bool over; /* has no place any more */
	struct stream *next;
};

/* ---- what is sent --------------------------------------------------------- */

/* What is to be sent next; false: nothing yet. Under the lock. */
static bool next_event(struct stream *stream)
{
	struct weir_page *page = weir_state_view(stream->streams->state, WEIR_VIEW_EVENT);

	if (!page || page->sequence == stream->sequence) {
		weir_page_release(page);
		return false;
	}
	stream->page = page;
	stream->at = 0;
	stream->sequence = page->sequence;
	stream->beat = stream->streams->beat;
	return true;
}

static size_t copy_event(struct stream *stream, char *buf, size_t max)
{
	size_t left = stream->page->text.len - stream->at, n = left < max ? left : max;

	memcpy(buf, stream->page->text.bytes + stream->at, n);
	stream->at += n;
	if (n == left) {
		weir_page_release(stream->page);
		stream->page = NULL;
	}
	return n;
}

static ssize_t send_stream(void *cls, uint64_t pos, char *buf, size_t max)
{
	static const char comment[] = ":\n\n";
	struct stream *stream = cls;
	struct weir_streams *streams = stream->streams;
	ssize_t n = 0;

	(void)pos;
	pthread_mutex_lock(&streams->lock);
	if (streams->stopping || stream->over) {
		n = MHD_CONTENT_READER_END_OF_STREAM;
	} else if (stream->page || next_event(stream)) {
		n = (ssize_t)copy_event(stream, buf, max);
	} else if (stream->beat != streams->beat && max >= sizeof(comment)) {
		stream->beat = streams->beat;
		n = sizeof(comment) - 1;
		memcpy(buf, comment, (size_t)n);
	} else {
		stream->suspended = true;
		MHD_suspend_connection(stream->connection);
	}
	pthread_mutex_unlock(&streams->lock);
	return n;
}

/* ---- places ---------------------------------------------------------------- */

/* Under the lock. */
static void resume(struct stream *stream)
{
	if (!stream->suspended)
		return;
	stream->suspended = false;
	MHD_resume_connection(stream->connection);
}

/* Clients that closed, or took nothing for TAKE_MS. Under the lock. */
static void end_those_gone(struct weir_streams *streams)
{
	for (struct stream *at = streams->first; at; at = at->next) {
		struct pollfd end = {.fd = at->fd, .events = POLLRDHUP};

		if (at->over || poll(&end, 1, 0) <= 0)
			continue;
		at->over = true;
		streams->n--;
		(void)shutdown(at->fd, SHUT_RDWR);
		resume(at);
	}
}

static void end_stream(void *cls)
{
	struct stream *stream = cls, **at;
	struct weir_streams *streams = stream->streams;

	pthread_mutex_lock(&streams->lock);
	for (at = &streams->first; *at && *at != stream; at = &(*at)->next)
		;
	if (*at)
		*at = stream->next;
	if (!stream->over)
		streams->n--;
	pthread_mutex_unlock(&streams->lock);
	weir_page_release(stream->page);
	free(stream);
}

struct MHD_Response *weir_streams_open(struct weir_streams *streams,
				       struct MHD_Connection *connection, int fd)
{
	const unsigned int take_ms = TAKE_MS;
	struct MHD_Response *response;
	struct stream *stream = NULL;

	pthread_mutex_lock(&streams->lock);
	if (streams->n >= STREAMS_MAX)
		end_those_gone(streams);
	if (streams->n < STREAMS_MAX)
		stream = calloc(1, sizeof(*stream));
	if (stream) {
		*stream = (struct stream){.streams = streams,
					  .connection = connection,
					  .fd = fd,
					  .beat = streams->beat,
					  .next = streams->first};
		streams->first = stream;
		streams->n++;
	}
	pthread_mutex_unlock(&streams->lock);
	if (!stream)
		return NULL;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &take_ms, sizeof(take_ms));
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_PIECE, send_stream,
						     stream, end_stream);
	if (!response)
		end_stream(stream);
	return response;
}

/* ---- started, stopped ------------------------------------------------------ */

void weir_streams_start(struct weir_streams *streams, struct weir_state *state)
{
	*streams = (struct weir_streams){.state = state};
	(void)pthread_mutex_init(&streams->lock, NULL);
}

void weir_streams_wake(struct weir_streams *streams)
{
	pthread_mutex_lock(&streams->lock);
	streams->beat++;
	end_those_gone(streams);
	for (struct stream *at = streams->first; at; at = at->next)
		resume(at);
	pthread_mutex_unlock(&streams->lock);
}

void weir_streams_stop(struct weir_streams *streams)
{
	pthread_mutex_lock(&streams->lock);
	streams->stopping = true;
	pthread_mutex_unlock(&streams->lock);
	weir_streams_wake(streams);
}

void weir_streams_free(struct weir_streams *streams)
{
	pthread_mutex_destroy(&streams->lock);
}
