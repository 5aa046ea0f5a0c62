/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text for so many columns of a terminal, in the locale's encoding. */
#ifndef WEIR_CLI_TOP_CELL_H
#define WEIR_CLI_TOP_CELL_H

#include <stddef.h>
#include <stdint.h>

/* @text with all that is not printable as \xNN, at most @columns wide: else it is cut, and
 * ends with @mark (one column). Returns the columns used. */
uint32_t weir_cell_fit(char *buf, size_t len, const char *text, uint32_t columns, const char *mark);

/* A rate: weir_text_si() with one digit behind the point below ten. */
const char *weir_cell_rate(double value, char *buf, size_t len);
/* All digits when they fit into @columns, else weir_text_si(). */
const char *weir_cell_count(uint64_t value, uint32_t columns, char *buf, size_t len);

#endif
