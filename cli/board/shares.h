/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may have how many series, where there are more counters than series. */
#ifndef WEIR_CLI_BOARD_SHARES_H
#define WEIR_CLI_BOARD_SHARES_H

#include <stddef.h>
#include <stdint.h>

struct weir_share {
	uint32_t wanted;
	uint32_t has;
};

/* Gives each of @n what it wants, of @series in all. Where that is too little, those that want
 * less than an even part have it whole, and the others the rest in even parts: one large table
 * takes nothing from small ones. */
void weir_shares_divide(struct weir_share *shares, size_t n, uint32_t series);

#endif
