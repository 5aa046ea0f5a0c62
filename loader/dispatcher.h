/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libxdp's dispatchers: what has to go with one that was removed by force. */
#ifndef WEIR_LOADER_DISPATCHER_H
#define WEIR_LOADER_DISPATCHER_H

#include "loader/prog.h"

/* Program @prog was taken from an interface by force. When it is libxdp's dispatcher, the
 * pins of its components go, too, under libxdp's lock: they would keep them all in the
 * kernel, for nobody. A note says so, or what stays. */
void weir_dispatcher_removed(const struct weir_prog *prog, const char *dev, int ifindex);

#endif
