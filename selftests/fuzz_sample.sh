#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# make fuzz-sample: constants, expressions and frames by chance until the kernel and the model
# differ.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

background "$BUILD/tests/tool_sample" "$BUILD/bpf/sample.o" ingress 0 "$RANDOM"
"$BUILD/tests/tool_sample" "$BUILD/bpf/sample.o" xdp 0 "$RANDOM"
