// SPDX-License-Identifier: LGPL-2.1-or-later
/* The page, as files of the build that are part of the executable. */
#include <string.h>

#include "cli/serve/serve.h"

/* The assembler reads the file; WEIR_PAGE and WEIR_UPLOT are directories, of the Makefile. */
#define EMBED(SYMBOL, FILE)                                                                      \
	__asm__(".section .rodata\n.balign 8\n.global weir_page_" #SYMBOL "\nweir_page_" #SYMBOL \
		":\n.incbin \"" FILE "\"\n.global weir_page_" #SYMBOL "_end\nweir_page_" #SYMBOL \
		"_end:\n.byte 0\n.previous\n");                                                  \
	extern const char weir_page_##SYMBOL[], weir_page_##SYMBOL##_end[]

EMBED(html, WEIR_PAGE "/index.html");
EMBED(style, WEIR_PAGE "/style.css");
EMBED(api, WEIR_PAGE "/api.js");
EMBED(app, WEIR_PAGE "/app.js");
EMBED(choice, WEIR_PAGE "/choice.js");
EMBED(dev, WEIR_PAGE "/dev.js");
EMBED(map, WEIR_PAGE "/map.js");
EMBED(plot, WEIR_PAGE "/plot.js");
EMBED(store, WEIR_PAGE "/store.js");
EMBED(table, WEIR_PAGE "/table.js");
EMBED(text, WEIR_PAGE "/text.js");
EMBED(uplot_js, WEIR_UPLOT "/uPlot.iife.min.js");
EMBED(uplot_css, WEIR_UPLOT "/uPlot.min.css");

#define JAVASCRIPT "text/javascript; charset=utf-8"

static const struct {
	const char *path, *type, *from, *to;
} assets[] = {
#define ROW(PATH, TYPE, SYMBOL)                                          \
	{                                                                \
		PATH, TYPE, weir_page_##SYMBOL, weir_page_##SYMBOL##_end \
	}
	ROW("/", "text/html; charset=utf-8", html),
	ROW("/style.css", "text/css; charset=utf-8", style),
	ROW("/api.js", JAVASCRIPT, api),
	ROW("/app.js", JAVASCRIPT, app),
	ROW("/choice.js", JAVASCRIPT, choice),
	ROW("/dev.js", JAVASCRIPT, dev),
	ROW("/map.js", JAVASCRIPT, map),
	ROW("/plot.js", JAVASCRIPT, plot),
	ROW("/store.js", JAVASCRIPT, store),
	ROW("/table.js", JAVASCRIPT, table),
	ROW("/text.js", JAVASCRIPT, text),
	ROW("/uPlot.js", JAVASCRIPT, uplot_js),
	ROW("/uPlot.css", "text/css; charset=utf-8", uplot_css),
#undef ROW
};

bool weir_asset_find(const char *path, struct weir_asset *out)
{
	for (size_t i = 0; i < sizeof(assets) / sizeof(*assets); i++) {
		if (strcmp(assets[i].path, path) != 0)
			continue;
		*out = (struct weir_asset){assets[i].path, assets[i].type, assets[i].from,
					   (size_t)(assets[i].to - assets[i].from)};
		return true;
	}
	return false;
}
