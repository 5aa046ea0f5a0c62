// SPDX-License-Identifier: LGPL-2.1-or-later
/* Packets as lines, as JSON, one a line, or in a pcapng file with what is known as comments. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <linux/bpf.h>

#include "cli/capture/capture.h"
#include "cli/out.h"
#include "cli/packets/changes.h"
#include "cli/packets/pcapng.h"
#include "cli/say.h"

#define NSEC_PER_SEC 1000000000ull

static bool is_xdp(const struct weir_capture_sink *sink)
{
	return sink->point->hook == WEIR_HOOK_XDP;
}

int weir_capture_sink_open(const struct weir_capture_point *point,
			   const struct weir_sampler_opts *opts, struct weir_capture_sink *out)
{
	char description[256];
	const struct weir_pcapng_interface from = {
		.name = point->cfg->dev,
		.description = description,
		.filter = opts->match_text,
		.snap_bytes = opts->consts.snap_bytes,
	};

	*out = (struct weir_capture_sink){.point = point};
	if (point->wrapped.id)
		snprintf(out->program, sizeof(out->program), "program %s id %u",
			 point->wrapped.name, point->wrapped.id);
	if (!point->cfg->file)
		return 0;
	weir_capture_point_text(point, description, sizeof(description));
	return weir_pcapng_open(point->cfg->file, &from, &out->pcapng);
}

/* "XDP_DROP"; a number that names none. */
static const char *verdict_name(int32_t verdict, char *buf, size_t len)
{
	const char *name = weir_verdict_name(BPF_PROG_TYPE_XDP, verdict);

	if (name)
		return name;
	snprintf(buf, len, "%d", verdict);
	return buf;
}

/* "xdp; verdict XDP_DROP; program count_xdp id 5", "egress; segments 3" */
static void comment_text(const struct weir_capture_sink *sink, const struct weir_sample *sample,
			 char *buf, size_t len)
{
	const char *hook = weir_hook_name(sink->point->hook);
	char number[16];

	if (is_xdp(sink))
		snprintf(buf, len, "hook %s; verdict %s%s%s", hook,
			 verdict_name(sample->verdict, number, sizeof(number)),
			 *sink->program ? "; " : "", sink->program);
	else if (sample->segments > 1)
		snprintf(buf, len, "hook %s; segments %u", hook, sample->segments);
	else
		snprintf(buf, len, "hook %s", hook);
}

static void put_pcapng(const struct weir_capture_sink *sink,
		       const struct weir_capture_packet *packet)
{
	char comment[200];
	const struct weir_pcapng_packet out = {
		.time_ns = packet->time_ns,
		.bytes = packet->bytes,
		.len_bytes = packet->len_bytes,
		.wire_bytes = packet->wire_bytes,
		.comment = comment,
		.direction =
			sink->point->hook == WEIR_HOOK_EGRESS ? WEIR_PCAPNG_OUT : WEIR_PCAPNG_IN,
		.has_queue = true,
		.queue = packet->sample->queue,
		.has_xdp_verdict = is_xdp(sink),
		.xdp_verdict = packet->sample->verdict,
	};

	comment_text(sink, packet->sample, comment, sizeof(comment));
	weir_pcapng_add(sink->pcapng, &out);
}

static void put_json(const struct weir_capture_sink *sink, const struct weir_capture_packet *packet,
		     const char *words)
{
	const struct weir_sample *sample = packet->sample;
	struct weir_json json;
	char number[16];

	weir_json_start(&json, stdout, false);
	weir_json_object(&json, NULL);
	weir_json_u64(&json, "time_ns", packet->time_ns);
	weir_json_string(&json, "dev", sink->point->cfg->dev);
	weir_json_string(&json, "hook", weir_hook_name(sink->point->hook));
	if (is_xdp(sink))
		weir_json_string(&json, "verdict",
				 verdict_name(sample->verdict, number, sizeof(number)));
	if (sink->point->wrapped.id) {
		weir_json_string(&json, "prog", sink->point->wrapped.name);
		weir_json_u64(&json, "prog_id", sink->point->wrapped.id);
	}
	weir_json_u64(&json, "queue", sample->queue);
	if (sample->segments > 1)
		weir_json_u64(&json, "segments", sample->segments);
	weir_json_u64(&json, "bytes", packet->wire_bytes);
	weir_json_u64(&json, "kept_bytes", packet->len_bytes);
	weir_json_string(&json, "packet", words);
	weir_json_object_end(&json);
	weir_json_end(&json);
}

/* "12:34:56.123456789 XDP_DROP ipv4 10.0.0.1 > 10.0.0.2 udp 53 len 60" */
static void put_line(const struct weir_capture_sink *sink, const struct weir_capture_packet *packet,
		     const char *words)
{
	time_t seconds = (time_t)(packet->time_ns / NSEC_PER_SEC);
	const struct weir_sample *sample = packet->sample;
	struct tm tm = {0};
	char number[16];

	localtime_r(&seconds, &tm);
	printf("%02d:%02d:%02d.%09" PRIu64 " %s %s", tm.tm_hour, tm.tm_min, tm.tm_sec,
	       (uint64_t)(packet->time_ns % NSEC_PER_SEC),
	       is_xdp(sink) ? verdict_name(sample->verdict, number, sizeof(number))
			    : weir_hook_name(sink->point->hook),
	       words);
	if (packet->len_bytes < packet->wire_bytes)
		printf(" of %zu", packet->wire_bytes);
	if (sample->segments > 1)
		printf(", %u segments", sample->segments);
	putchar('\n');
}

void weir_capture_sink_put(struct weir_capture_sink *sink, const struct weir_capture_packet *packet)
{
	char words[512];

	if (sink->pcapng) {
		put_pcapng(sink, packet);
		return;
	}
	weir_packet_words(packet->bytes, packet->len_bytes, words, sizeof(words));
	if (sink->point->globals->json)
		put_json(sink, packet, words);
	else
		put_line(sink, packet, words);
}

int weir_capture_sink_flush(struct weir_capture_sink *sink)
{
	if (sink->pcapng)
		return weir_pcapng_flush(sink->pcapng);
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	return errno ? -errno : -EIO;
}

int weir_capture_sink_close(struct weir_capture_sink *sink,
			    const struct weir_counter counts[WEIR_SAMPLE_REASONS])
{
	struct timespec now = {0};
	int err;

	if (!sink->pcapng)
		return 0;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	weir_pcapng_statistics(sink->pcapng,
			       (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec,
			       counts[WEIR_SAMPLE_SEEN].packets, counts[WEIR_SAMPLE_LOST].packets);
	err = weir_pcapng_close(sink->pcapng);
	sink->pcapng = NULL;
	return err;
}
