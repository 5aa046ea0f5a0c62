#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# make fuzz-forward: frames by chance until the kernel and the model differ.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

for hook in ingress xdp-untagged; do
	background "$BUILD/tests/tool_forward" "$BUILD/bpf/forward.o" $hook 0 "$RANDOM"
done
"$BUILD/tests/tool_forward" "$BUILD/bpf/forward.o" xdp 0 "$RANDOM"
