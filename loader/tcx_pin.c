// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns the names of tcx link pins. In: namespace, interface, hook, slot. Out:
 * a file name that bpffs takes, and back. bpffs refuses a dot anywhere in a
 * name (bpf_lookup(), kernel/bpf/inode.c); a slot such as "a.o:[tc/x]" has
 * dots and slashes.
 */
#include "loader/tcx_pin.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps/pin.h"

#define SHA1_HEX 40

void weir_tcx_pin_name(uint64_t cookie, int ifindex, enum weir_hook hook, const char *slot,
		       char name[WEIR_TCX_PIN_BYTES])
{
	size_t n = (size_t)snprintf(name, WEIR_TCX_PIN_BYTES, "%" PRIx64 "-%d-%s-", cookie, ifindex,
				    weir_hook_name(hook));
	char hex[SHA1_HEX + 1];
	const char *c;

	for (c = slot; *c; c++) {
		bool plain = isalnum((unsigned char)*c) || strchr("_-:[]+,@", *c);

		/* Room for %XX, then the mark and the digest of a cut name. */
		if (n + 3 + 1 + SHA1_HEX >= WEIR_TCX_PIN_BYTES)
			break;
		if (plain)
			name[n++] = *c;
		else
			n += (size_t)snprintf(name + n, 4, "%%%02X", (unsigned char)*c);
	}
	name[n] = '\0';
	if (*c) {
		weir_pin_sha1(slot, strlen(slot), hex);
		snprintf(name + n, WEIR_TCX_PIN_BYTES - n, "~%s", hex);
	}
}

bool weir_tcx_pin_is_ours(const char *path)
{
	const char *base = strrchr(path, '/');
	static const char dir[] = "/" WEIR_TCX_PIN_DIR;

	return base && (size_t)(base - path) >= strlen(dir) &&
	       !strncmp(base - strlen(dir), dir, strlen(dir));
}

void weir_tcx_pin_slot(const char *path, char *slot, size_t len)
{
	const char *c = strrchr(path, '/');
	size_t n = 0;

	/* Behind cookie, ifindex and hook, which have no dash. */
	for (int i = 0; c && i < 3; i++)
		c = strchr(c + 1, '-');
	for (c = c ? c + 1 : ""; *c && *c != '~' && n + 1 < len; n++) {
		char hex[3] = {c[0] == '%' ? c[1] : '\0', c[0] == '%' && c[1] ? c[2] : '\0', '\0'};

		if (isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1])) {
			slot[n] = (char)strtoul(hex, NULL, 16);
			c += 3;
		} else {
			slot[n] = *c++;
		}
	}
	slot[n] = '\0';
}
