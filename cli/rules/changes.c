// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a change of a set would be, printed. */
#include "cli/rules/changes.h"

void weir_changes_start(struct weir_changes *changes, const struct weir_globals *globals)
{
	*changes = (struct weir_changes){.as_json = globals->json};
	if (!changes->as_json)
		return;
	weir_json_start(&changes->json, stdout, globals->pretty);
	weir_json_array(&changes->json, NULL);
}

void weir_changes_line(struct weir_changes *changes, const char *text)
{
	if (!changes->as_json) {
		printf("%c %s\n", changes->is_new ? '+' : '-', text);
		return;
	}
	weir_json_object(&changes->json, NULL);
	weir_json_string(&changes->json, "change", changes->is_new ? "new" : "gone");
	weir_json_string(&changes->json, "rule", text);
	weir_json_object_end(&changes->json);
}

void weir_changes_end(struct weir_changes *changes)
{
	if (!changes->as_json)
		return;
	weir_json_array_end(&changes->json);
	weir_json_end(&changes->json);
}
