/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * weir capture. The data's way: a sampler (bpf/sample.bpf.c) is loaded, put at a point of an
 * interface, its ring is read, and each record becomes a packet for one of two sinks: lines, or
 * a pcapng file.
 */
#ifndef WEIR_CLI_CAPTURE_CAPTURE_H
#define WEIR_CLI_CAPTURE_CAPTURE_H

#include <limits.h>
#include <stdio.h>

#include "cli/capture/expr.h"
#include "cli/command.h"
#include "cli/step/step.h"
#include "maps/sample.h"

int weir_capture_run(const struct weir_globals *globals, const union weir_config *cfg);

/* ---- sampler.c: the program ------------------------------------------------------------ */

struct weir_sampler_opts {
	enum weir_step_kind kind;
	bool no_attach_type; /* XDP: see struct weir_load_opts */
	struct weir_sample_consts consts;
	uint32_t ring_bytes;			  /* a power of two */
	const struct weir_classic_program *match; /* NULL: all packets */
	const char *match_text;			  /* for people */
	int wrapped_fd;				  /* XDP: the program that is run first; -1 */
};

struct weir_sampler {
	struct weir_object *obj;
	int prog_fd; /* the object's, as these are: */
	int ring_fd, count_fd, wrapped_map_fd;
	uint32_t prog_id;
};

/* -EXDEV, not logged: the two programs are of different kinds, so that neither can call the
 * other. */
int weir_sampler_load(const struct weir_sampler_opts *opts, struct weir_sampler *out);
void weir_sampler_close(struct weir_sampler *sampler);
/* Of all CPUs. Logged. */
int weir_sampler_counts(const struct weir_sampler *sampler,
			struct weir_counter out[WEIR_SAMPLE_REASONS]);

/* ---- place.c: one capture of an interface's hook at a time --------------------------------- */

/* A directory of the bpffs that is locked while its capture lives; it holds the pin by which
 * the sampler keeps the program that it runs. */
struct weir_capture_place {
	int fd; /* -1: not locked */
	char dir[PATH_MAX];
};

/* -EBUSY, not logged: another capture has it. What is left of interfaces that are gone is
 * removed. */
int weir_capture_place_lock(const char *bpffs, struct weir_net *net, int ifindex,
			    enum weir_hook hook, struct weir_capture_place *out);
int weir_capture_place_pin(const struct weir_capture_place *place, int map_fd);
/* Removes the pin and the directory. */
void weir_capture_place_free(struct weir_capture_place *place);

/* ---- point.c: the sampler on the interface -------------------------------------------------- */

struct weir_capture_point {
	const struct weir_globals *globals;
	const struct weir_capture_config *cfg;
	struct weir_net *net;
	enum weir_hook hook;
	int ifindex;
	struct weir_capture_place place;
	bool attached;
	struct weir_prog wrapped; /* id 0: none */
	int wrapped_fd;
	int link_fd; /* tcx; -1 */
	enum weir_xdp_mode mode;
	uint32_t pref, handle; /* clsact */
	unsigned int before;   /* tc: how many programs and filters packets meet first */
	struct weir_sampler sampler;
};

void weir_capture_point_init(struct weir_capture_point *point, const struct weir_globals *globals,
			     const struct weir_capture_config *cfg);
/* Finds the interface. Logged. */
int weir_capture_point_open(struct weir_capture_point *point);
/* Loads the sampler by @opts and puts it there. Logged. */
int weir_capture_point_attach(struct weir_capture_point *point,
			      const struct weir_sampler_opts *opts);
/* 0: it is there. -ENODEV, -ESTALE; logged. */
int weir_capture_point_check(const struct weir_capture_point *point);
/* What was there before is there again. Logged. */
int weir_capture_point_detach(struct weir_capture_point *point);
void weir_capture_point_close(struct weir_capture_point *point);
/* "xdp native, in the place of count_xdp id 5" */
void weir_capture_point_text(const struct weir_capture_point *point, char *buf, size_t len);
/* Ends what another capture has there, or left. Logged. */
int weir_capture_point_off(struct weir_capture_point *point);

/* ---- pipe.c: a reader that may stop reading -------------------------------------------------- */

struct weir_capture_pipe {
	/* Called while the reader takes nothing. 0: it may take more, or is gone; -errno: writing
	 * fails. */
	int (*wait)(void *ctx);
	void *ctx;
	FILE *before; /* stdout, as it was; NULL: it is as it was */
};

/* What goes to stdout goes by @pipe from now on. -errno, not logged. */
int weir_capture_pipe_open(struct weir_capture_pipe *pipe);
/* What is yet to be written is tried once more. */
void weir_capture_pipe_close(struct weir_capture_pipe *pipe);

/* ---- sink.c: packets go out ------------------------------------------------------------------ */

struct weir_capture_packet {
	const struct weir_sample *sample;
	uint64_t time_ns;     /* since 1970 */
	const uint8_t *bytes; /* with the tag that was beside the frame */
	size_t len_bytes, wire_bytes;
};

struct weir_pcapng;

struct weir_capture_sink {
	const struct weir_capture_point *point;
	struct weir_pcapng *pcapng; /* NULL: lines */
	char program[100];	    /* "program count_xdp id 5" */
};

int weir_capture_sink_open(const struct weir_capture_point *point,
			   const struct weir_sampler_opts *opts, struct weir_capture_sink *out);
void weir_capture_sink_put(struct weir_capture_sink *sink,
			   const struct weir_capture_packet *packet);
/* -errno, not told: nobody takes packets any more. */
int weir_capture_sink_flush(struct weir_capture_sink *sink);
/* -errno, after an error line. */
int weir_capture_sink_close(struct weir_capture_sink *sink,
			    const struct weir_counter counts[WEIR_SAMPLE_REASONS]);

#endif
