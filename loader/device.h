/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A network card as the place where a program runs: which it is, whether it takes a
 * program, and why not. "Device" stands for the card behind one interface.
 */
#ifndef WEIR_LOADER_DEVICE_H
#define WEIR_LOADER_DEVICE_H

#include "loader/netlink.h"
#include "loader/object_state.h"
#include "loader/verifier.h"

struct weir_device {
	struct weir_net *net; /* the interface's: ifindexes count there */
	int ifindex;
	uint64_t netns_ino;
	char name[IFNAMSIZ];
	/* Below BPFFS/tc/dev. Bus name and port, "netdevsim1-p1", which outlive a change of the
	 * interface's name or namespace; without a port "if<ifindex>-<netns cookie>". */
	char pin_dir[128];
};

/* Logged. */
int weir_device_find(struct weir_net *net, int ifindex, struct weir_device *out);

/* Logs what the kernel has for no device (weir_object_offload_reasons()): -EOPNOTSUPP; 0:
 * nothing of the chosen program. */
int weir_device_check(const struct weir_device *dev, const struct weir_object *obj);

/* Logs why map @decl, or program @prog, was refused with @err, as far as trials tell:
 * small programs and maps, which are made and let go. Return @err. */
int weir_device_refuse_map(const struct weir_device *dev, const struct weir_object *obj,
			   const char *map, int err);
int weir_device_refuse_prog(const struct weir_device *dev, const struct weir_object *obj,
			    const char *prog, const char *log, int err);

/* What a driver has put into the verifier's log, with the name of a helper whose number it
 * says; false: the message is not a driver's. */
bool weir_device_words(const struct weir_verifier_verdict *verdict, char *buf, size_t len);

/* What helps against a refusal of the kernel's or the driver's, by its text; NULL: not known. */
const char *weir_device_hint(const char *ext, const char *dev, char *buf, size_t len);

#endif
