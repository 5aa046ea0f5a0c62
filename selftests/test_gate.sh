#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The gate that steps of the datapath share at XDP: what it makes of what its slots hold.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

ok 'every gate with every choice of slots' "$BUILD/tests/tool_gate" "$BUILD/bpf/gate.o"
like "$out" 'tried (81|162)' 'all of them were tried'
run "$WEIR" check "$BUILD/bpf/legacy/gate.o"
bad=$(grep -v ': ok$' <<<"$out")
# xdp.frags needs Linux 5.18
kernel_has frags || bad=$(grep -v '^gate_frags_' <<<"$bad")
is "$bad" '' 'its programs pass the verifier'

done_testing
