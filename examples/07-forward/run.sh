#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A router between the interfaces DEV: forwarding on, for the kernel and past its stack.
#	run.sh DEV DEV...
set -eu

[ $# -ge 2 ] || {
	echo 'usage: run.sh DEV DEV...' >&2
	exit 2
}
here=$(cd "$(dirname "$0")/../.." && pwd)
weir=${WEIR:-${BUILD:-$here/build}/weir}

echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
for dev; do
	"$weir" forward dev "$dev" on
done
"$weir" forward show
