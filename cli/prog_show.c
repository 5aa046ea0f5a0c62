// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program, and classic instructions, as tc and ip print them. Scripts split
 * these lines on blanks: order and trailing blank are a contract.
 */
#include <inttypes.h>
#include <string.h>

#include "cli/tc.h"

static void show_text(const struct weir_compat *c, const struct weir_prog *prog, const char *tag)
{
	printf("id %u name %s tag %s ", prog->id, prog->name, tag);
	if (prog->jited)
		printf("jited ");
	if (c->details && prog->load_time_ns)
		printf("load_time %" PRIu64 " created_by_uid %u ", prog->load_time_ns, prog->uid);
	if (c->details && prog->btf_id)
		printf("btf_id %u ", prog->btf_id);
	if (c->stats && prog->run_count)
		printf("run_cnt %" PRIu64 " run_time_ns %" PRIu64 " ", prog->run_count,
		       prog->run_time_ns);
}

static void show_json(const struct weir_compat *c, const struct weir_prog *prog, const char *tag,
		      struct weir_json *json)
{
	weir_json_object(json, "prog");
	weir_json_u64(json, "id", prog->id);
	weir_json_string(json, "name", prog->name);
	weir_json_string(json, "tag", tag);
	weir_json_u64(json, "jited", prog->jited);
	if (c->details && prog->load_time_ns) {
		weir_json_u64(json, "load_time", prog->load_time_ns);
		weir_json_u64(json, "created_by_uid", prog->uid);
	}
	if (c->details && prog->btf_id)
		weir_json_u64(json, "btf_id", prog->btf_id);
	if (c->stats && prog->run_count) {
		weir_json_u64(json, "run_cnt", prog->run_count);
		weir_json_u64(json, "run_time_ns", prog->run_time_ns);
	}
	weir_json_object_end(json);
}

void weir_prog_show(const struct weir_compat *c, uint32_t id, const uint8_t *tag, bool has_tag,
		    struct weir_json *json)
{
	struct weir_prog prog;
	char hex[17];

	if (id && !weir_prog_brief_by_id(id, &prog)) {
		weir_text_hex(prog.tag, sizeof(prog.tag), hex);
		if (json)
			show_json(c, &prog, hex, json);
		else
			show_text(c, &prog, hex);
	} else if (has_tag) {
		weir_text_hex(tag, 8, hex);
		if (json)
			weir_json_string(json, "tag", hex);
		else
			printf("tag %s ", hex);
	}
}

void weir_ops_show(const struct sock_filter *ops, uint16_t n, struct weir_json *json)
{
	if (!n)
		return;
	if (!json) {
		printf("bytecode '%u,", n);
		for (uint16_t i = 0; i < n; i++)
			printf("%u %u %u %u%s", ops[i].code, ops[i].jt, ops[i].jf, ops[i].k,
			       i + 1 < n ? "," : "'");
		return;
	}
	weir_json_object(json, "bytecode");
	weir_json_u64(json, "length", n);
	weir_json_array(json, "insns");
	for (uint16_t i = 0; i < n; i++) {
		weir_json_object(json, NULL);
		weir_json_u64(json, "code", ops[i].code);
		weir_json_u64(json, "jt", ops[i].jt);
		weir_json_u64(json, "jf", ops[i].jf);
		weir_json_u64(json, "k", ops[i].k);
		weir_json_object_end(json);
	}
	weir_json_array_end(json);
	weir_json_object_end(json);
}
