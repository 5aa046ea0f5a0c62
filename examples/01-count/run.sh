#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Counts what comes in at DEV for SECONDS, then leaves no program behind.
#	run.sh DEV [SECONDS]
set -eu

dev=${1:?usage: run.sh DEV [SECONDS]}
seconds=${2:-10}
here=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$here/build}
weir=${WEIR:-$build/weir}

"$weir" attach dev "$dev" xdp obj "$build/bpf/count.o"
trap '"$weir" detach dev "$dev" xdp' EXIT
"$weir" stat dev "$dev" interval "$seconds" count 1
