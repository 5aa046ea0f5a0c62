#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# An allow-list for a web server at DEV, and a list of sources to drop.
#	run.sh DEV LIST
set -eu

dev=${1:?usage: run.sh DEV LIST}
list=${2:?usage: run.sh DEV LIST}
here=$(cd "$(dirname "$0")/../.." && pwd)
weir=${WEIR:-${BUILD:-$here/build}/weir}

"$weir" filter dev "$dev" load - <<RULES
default deny
allow proto tcp dport 80
allow proto tcp flags ack # replies to connections from here
allow proto icmp
allow proto icmp6
$(cat "$list")
RULES
"$weir" filter dev "$dev" show
