/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between point.c and xdp.c. */
#ifndef WEIR_CLI_CAPTURE_XDP_H
#define WEIR_CLI_CAPTURE_XDP_H

#include "cli/capture/capture.h"

/* The program that is there; id 0: none. -EIO, not logged: there is one, and it cannot be read. */
int weir_capture_xdp_look(const struct weir_capture_point *point, struct weir_prog *out);
/* What a killed capture left is put back first. Logged. */
int weir_capture_xdp_attach(struct weir_capture_point *point, struct weir_sampler_opts *opts);
/* Where somebody else has put a program by now, nothing is to be put back. Logged. */
int weir_capture_xdp_put_back(const struct weir_capture_point *point);
/* Ends a capture, whose ever it is. -ENOENT, not logged: there is none. */
int weir_capture_xdp_off(struct weir_capture_point *point);

#endif
