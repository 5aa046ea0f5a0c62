#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Does `count` do with these packets what is expected of it? TAP; no interface is needed.
#	run.sh [WORDS OF weir test ...]
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
weir=${WEIR:-$build/weir}

exec "$weir" test "$build/bpf/count.o" prog count_xdp in "$here/packets.txt" expect "$here/expected.txt" "$@"
