#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# make fuzz-forward: frames by chance until the kernel and the model differ.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

background "$BUILD/tests/tool_forward" "$BUILD/bpf/forward.o" ingress 0 "$RANDOM"
"$BUILD/tests/tool_forward" "$BUILD/bpf/forward.o" xdp 0 "$RANDOM"
