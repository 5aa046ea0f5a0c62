// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * weir stat. In: readings of counter maps. Out: one report, or one after each
 * interval with rates, as text or JSON (a list, or an object a line). Ends
 * after the last report asked for, or cleanly by SIGINT or SIGTERM.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/interval.h"
#include "cli/names.h"
#include "cli/out.h"
#include "cli/say.h"
#include "cli/stat.h"

#define NSEC_PER_SEC	    1000000000ull
#define LOOK_NS		    (NSEC_PER_SEC / 2)
#define DEFAULT_INTERVAL_NS NSEC_PER_SEC /* with count only */

struct report {
	const struct weir_globals *globals;
	struct weir_pins *pins;
	bool all;
	bool rates;
	enum weir_stat_sort sort;
	size_t limit; /* rows of a map; 0: all */
	struct weir_stat_row *rows;
	size_t room;
	struct weir_json json;
};

static struct weir_stat_row get_row(const struct report *report, struct weir_stat_map *map,
				    size_t nth)
{
	struct weir_stat_row row = {
		.name = weir_counters_name(map->ctrs, nth),
		.has_packets = weir_counters_have_packets(map->ctrs),
		.has_bytes = weir_counters_have_bytes(map->ctrs),
		.count = weir_counters_value(map->ctrs, nth),
	};
	uint64_t ns = weir_counters_time_ns(map->ctrs) - map->last.time_ns;
	double seconds = (double)ns / (double)NSEC_PER_SEC;
	struct weir_count before;

	if (!report->rates || !ns)
		return row;
	before = weir_reading_find(&map->last, nth, row.name);
	row.packets_per_s = (double)weir_count_growth(row.count.packets, before.packets,
						      weir_counters_narrow_packets(map->ctrs)) /
			    seconds;
	row.bits_per_s = 8 *
			 (double)weir_count_growth(row.count.bytes, before.bytes,
						   weir_counters_narrow_bytes(map->ctrs)) /
			 seconds;
	return row;
}

static bool is_hidden(const struct report *report, struct weir_count count)
{
	return !report->all && !count.packets && !count.bytes;
}

/* ---- text ---------------------------------------------------------------- */

static void print_heading(const struct report *report, const struct weir_map *map)
{
	char buf[WEIR_NAME_LEN];
	const char *path;

	weir_text_print(stdout, map->name[0] ? map->name : NULL);
	printf(" id %u %s", map->id, weir_map_type_word(map->type, buf));
	path = weir_pins_path(report->pins, WEIR_PIN_OF_MAP, map->id, 0);
	if (path) {
		printf(" pinned ");
		weir_text_print(stdout, path);
	}
	putchar('\n');
}

static void print_count(bool has, uint64_t count, int width)
{
	if (has)
		printf(" %*" PRIu64, width, count);
	else
		printf(" %*s", width, "-");
}

static void print_rate(bool has, double rate)
{
	char si[16];

	printf(" %9s", has ? weir_text_si(rate, si, sizeof(si)) : "-");
}

static void print_row(const struct report *report, const struct weir_stat_row *row, int width)
{
	printf("  ");
	weir_text_print(stdout, row->name);
	printf("%*s", width - (int)weir_text_columns(row->name), "");
	print_count(row->has_packets, row->count.packets, 15);
	print_count(row->has_bytes, row->count.bytes, 18);
	if (report->rates) {
		print_rate(row->has_packets, row->packets_per_s);
		print_rate(row->has_bytes, row->bits_per_s);
	}
	putchar('\n');
}

static void print_map(const struct report *report, const struct weir_map *map, size_t n, size_t all)
{
	int width = (int)strlen("counter"), len;

	print_heading(report, map);
	if (!n) {
		printf("  %s\n", all ? "all counters are zero" : "no counters");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		len = (int)weir_text_columns(report->rows[i].name);
		width = len > width ? len : width;
	}
	printf("  %-*s %15s %18s%s\n", width, "counter", "packets", "bytes",
	       report->rates ? "     pkt/s     bit/s" : "");
	for (size_t i = 0; i < n; i++)
		print_row(report, &report->rows[i], width);
}

/* ---- JSON ---------------------------------------------------------------- */

static void put_row(struct report *report, const struct weir_stat_row *row)
{
	struct weir_json *json = &report->json;

	weir_json_object(json, NULL);
	weir_json_name(json, "name", row->name);
	if (row->has_packets)
		weir_json_u64(json, "packets", row->count.packets);
	if (row->has_bytes)
		weir_json_u64(json, "bytes", row->count.bytes);
	if (report->rates && row->has_packets)
		weir_json_double(json, "pps", row->packets_per_s);
	if (report->rates && row->has_bytes)
		weir_json_double(json, "bps", row->bits_per_s);
	weir_json_object_end(json);
}

static void put_map(struct report *report, const struct weir_map *info, size_t n)
{
	struct weir_json *json = &report->json;
	char buf[WEIR_NAME_LEN];
	const char *path;
	size_t i;

	weir_json_object(json, NULL);
	weir_json_string(json, "map", info->name);
	weir_json_u64(json, "id", info->id);
	weir_json_string(json, "type", weir_map_type_word(info->type, buf));
	weir_json_array(json, "pins");
	for (i = 0; (path = weir_pins_path(report->pins, WEIR_PIN_OF_MAP, info->id, i)); i++)
		weir_json_string(json, NULL, path);
	weir_json_array_end(json);
	weir_json_array(json, "counters");
	for (i = 0; i < n; i++)
		put_row(report, &report->rows[i]);
	weir_json_array_end(json);
	weir_json_object_end(json);
}

/* ---- reports ------------------------------------------------------------- */

static void begin(struct report *report)
{
	struct timespec now = {0};

	if (!report->globals->json)
		return;
	if (!report->rates) {
		weir_json_array(&report->json, NULL);
		return;
	}
	(void)clock_gettime(CLOCK_REALTIME, &now);
	weir_json_object(&report->json, NULL);
	weir_json_double(&report->json, "time",
			 (double)now.tv_sec + (double)now.tv_nsec / (double)NSEC_PER_SEC);
	weir_json_array(&report->json, "maps");
}

static void end(struct report *report, bool any)
{
	if (!report->globals->json) {
		if (report->rates && any)
			putchar('\n');
		return;
	}
	weir_json_array_end(&report->json);
	if (report->rates)
		weir_json_object_end(&report->json);
	weir_json_end(&report->json);
}

/* The rows of @map's reading that are shown, in their order; how many, or -ENOMEM. */
static int64_t choose_rows(struct report *report, struct weir_stat_map *map, size_t n)
{
	size_t shown = 0;

	if (n > report->room) {
		struct weir_stat_row *rows = reallocarray(report->rows, n, sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		report->rows = rows;
		report->room = n;
	}
	for (size_t i = 0; i < n; i++)
		if (!is_hidden(report, weir_counters_value(map->ctrs, i)))
			report->rows[shown++] = get_row(report, map, i);
	weir_stat_order(report->rows, shown, report->sort);
	return (int64_t)(report->limit && shown > report->limit ? report->limit : shown);
}

/* Reads every map and reports it. */
static int report_once(struct report *report, struct weir_stat *stat)
{
	int64_t shown;
	int n = 0;
	size_t i;
	int err = 0;

	begin(report);
	for (i = 0; i < stat->n && !err; i++) {
		struct weir_stat_map *map = &stat->maps[i];

		n = weir_counters_read(map->ctrs);
		/* said; the maps that are not of a device that is gone go on */
		if (n == -ENODEV && stat->n > 1) {
			weir_stat_drop(stat, i--);
			continue;
		}
		if (n < 0) {
			err = n;
			break;
		}
		shown = choose_rows(report, map, (size_t)n);
		if (shown < 0) {
			err = (int)shown;
			break;
		}
		if (report->globals->json)
			put_map(report, weir_counters_map(map->ctrs), (size_t)shown);
		else
			print_map(report, weir_counters_map(map->ctrs), (size_t)shown, (size_t)n);
		if (report->rates)
			err = weir_reading_take(&map->last, map->ctrs, (size_t)n);
	}
	end(report, stat->n > 0);
	return err ?: weir_out_flush();
}

/* The reading that the first rates are counted from. */
static int read_base(struct weir_stat *stat)
{
	size_t i;
	int n, err;

	for (i = 0; i < stat->n; i++) {
		n = weir_counters_read(stat->maps[i].ctrs);
		if (n < 0)
			return n;
		err = weir_reading_take(&stat->maps[i].last, stat->maps[i].ctrs, (size_t)n);
		if (err)
			return err;
	}
	return 0;
}

static int report_often(struct report *report, struct weir_stat *stat, uint64_t interval_ns,
			const struct weir_stat_config *cfg)
{
	struct weir_interval interval;
	uint64_t looked_ns = weir_now_ns();
	int err = weir_interval_start(&interval, interval_ns);

	err = err ?: read_base(stat);
	for (uint32_t i = 0; !err && (!cfg->count || i < cfg->count); i += cfg->count != 0) {
		/* What there is changes more rarely, and costs more to find out. Behind a reading,
		 * which is the one to say that a map's device is gone. */
		if (weir_now_ns() - looked_ns >= LOOK_NS) {
			looked_ns = weir_now_ns();
			err = weir_stat_again(stat, cfg);
		}
		if (err || !weir_interval_wait(&interval))
			break;
		if (weir_stat_is_stale(stat))
			err = weir_stat_again(stat, cfg);
		report->pins = stat->pins;
		err = err ?: report_once(report, stat);
	}
	return err;
}

int weir_cmd_stat(const struct weir_globals *globals, const union weir_config *config)
{
	const struct weir_stat_config *cfg = &config->stat;
	uint64_t interval_ns = cfg->interval_ns;
	struct report report = {.globals = globals,
				.all = cfg->all,
				.sort = (enum weir_stat_sort)cfg->sort,
				.limit = cfg->limit};
	struct weir_stat stat = {0};
	int err;

	if (!interval_ns && cfg->count)
		interval_ns = DEFAULT_INTERVAL_NS;
	report.rates = interval_ns != 0;
	if (!report.rates && (report.sort == WEIR_STAT_PPS || report.sort == WEIR_STAT_BPS)) {
		weir_say_error("stat: 'sort' '%s': there are no rates without 'interval' or "
			       "'count'",
			       report.sort == WEIR_STAT_PPS ? "pps" : "bps");
		return WEIR_EXIT_USAGE;
	}
	weir_json_start(&report.json, stdout, globals->pretty);
	err = weir_stat_open(&stat, globals, cfg);
	if (err)
		goto out;
	report.pins = stat.pins;
	err = report.rates ? report_often(&report, &stat, interval_ns, cfg)
			   : report_once(&report, &stat);
out:
	free(report.rows);
	weir_stat_close(&stat);
	return err;
}
