/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of filter rules in the kernel: a slot (cli/step/step.h), and the counters of rules. */
#ifndef WEIR_CLI_FILTER_KERNEL_H
#define WEIR_CLI_FILTER_KERNEL_H

#include "cli/rules/set.h"
#include "cli/step/step.h"

/* Puts @set, settled, into @slot in place of @old (NULL: there is none yet) in one step;
 * counters of rules that stay go on. After a failure the old rules are there. Logged. */
int weir_ruleset_write(struct weir_slot *slot, struct weir_set *set, const struct weir_set *old);
/* Verifies @set as weir_ruleset_write() would load it; changes nothing. */
int weir_ruleset_try(const struct weir_slot *slot, struct weir_set *set);
/* The counters of its rules: an fd, which the caller closes. Logged. */
int weir_ruleset_hits(const struct weir_slot *slot);

#endif
