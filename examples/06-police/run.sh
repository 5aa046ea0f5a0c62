#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Rates for what comes in at DEV, by source, and for what a server may send.
#	run.sh DEV
set -eu

dev=${1:?usage: run.sh DEV}
here=$(cd "$(dirname "$0")/../.." && pwd)
weir=${WEIR:-${BUILD:-$here/build}/weir}

"$weir" police dev "$dev" load - <<'RULES'
limit rate 20kpps burst 20000p per src/32,64              # each client, all together
limit proto tcp flags syn/syn,ack rate 50pps burst 100p per src/32,64
limit proto icmp rate 10pps burst 20p per src
limit proto icmp6 icmp 128 rate 10pps burst 20p per src/32,64
limit proto udp rate 5mbit burst 64k
RULES
"$weir" police dev "$dev" egress load - <<'RULES'
limit proto tcp sport 80 rate 40mbit burst 256k           # the web server
limit rate 1gbit exceed dscp le                           # what is left is of no hurry
RULES
"$weir" police dev "$dev" xdp show
"$weir" police dev "$dev" egress show
