// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which word may have been meant. In: two words. Out: how many slips of the
 * fingers are between them. */
#include <string.h>

#include "cli/opts.h"

#define NEAR_MAX 31 /* no word of ours is longer */

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

/* Optimal string alignment: insert, delete, replace, swap neighbours. */
unsigned int weir_words_distance(const char *text, const char *word)
{
	unsigned int d[NEAR_MAX + 1][NEAR_MAX + 1];
	size_t n = strlen(text), m = strlen(word);
	size_t i, j;

	if (n > NEAR_MAX || m > NEAR_MAX)
		return NEAR_MAX;
	for (i = 0; i <= n; i++)
		d[i][0] = (unsigned int)i;
	for (j = 0; j <= m; j++)
		d[0][j] = (unsigned int)j;
	for (i = 1; i <= n; i++) {
		for (j = 1; j <= m; j++) {
			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
				       d[i - 1][j - 1] + (text[i - 1] != word[j - 1]));
			if (i > 1 && j > 1 && text[i - 1] == word[j - 2] &&
			    text[i - 2] == word[j - 1] && d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[n][m];
}

/* How many slips away @word may have been meant; NEAR_MAX: not meant. */
static unsigned int slips(const char *text, const char *word)
{
	size_t word_len = strlen(word);
	unsigned int n;

	if (word_len > 2 && strncmp(text, word, word_len) == 0)
		return 1;
	n = weir_words_distance(text, word);
	return n <= (word_len > 4 ? 2 : 1) ? n : NEAR_MAX;
}

void weir_near_add(struct weir_near *near, const char *word)
{
	unsigned int n = slips(near->text, word);
	size_t at;

	if (n == NEAR_MAX || (near->list[0] && n > near->slips))
		return;
	if (n < near->slips)
		near->list[0] = '\0';
	near->slips = n;
	at = strlen(near->list);
	snprintf(near->list + at, sizeof(near->list) - at, "%s%s", at ? ", " : "", word);
}
