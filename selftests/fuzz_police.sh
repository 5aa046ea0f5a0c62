#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# make fuzz-police: rules, rates, times and frames by chance until the kernel and the model differ.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

background "$BUILD/tests/tool_police" "$WEIR" egress 0 "$RANDOM"
"$BUILD/tests/tool_police" "$WEIR" xdp 0 "$RANDOM"
