// SPDX-License-Identifier: LGPL-2.1-or-later
/* Expressions, compiled by libpcap. */
#include "cli/capture/expr.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

int weir_expr_compile(const char *text, struct weir_classic_program *out, char *why, size_t why_len)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 262144);
	struct bpf_program program;
	int err = 0;

	if (!pcap)
		return -ENOMEM;
	if (pcap_compile(pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN)) {
		snprintf(why, why_len, "%s", pcap_geterr(pcap));
		pcap_close(pcap);
		return -EINVAL;
	}
	if (program.bf_len > WEIR_CLASSIC_MAX) {
		snprintf(why, why_len, "longer than %d instructions", WEIR_CLASSIC_MAX);
		err = -EINVAL;
	} else {
		out->n = program.bf_len;
		for (size_t i = 0; i < out->n; i++)
			out->insns[i] = (struct weir_classic){
				program.bf_insns[i].code, program.bf_insns[i].jt,
				program.bf_insns[i].jf, program.bf_insns[i].k};
	}
	pcap_freecode(&program);
	pcap_close(pcap);
	return err;
}
