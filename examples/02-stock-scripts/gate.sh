#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A script as people write them for tc and ip; it knows nothing of weir.
#	gate.sh up DEV OBJECT | status DEV | down DEV
set -eu

usage() {
	echo "usage: gate.sh up DEV OBJECT | status DEV | down DEV" >&2
	exit 2
}
[ $# -ge 2 ] || usage
dev=$2

case $1 in
up)
	object=${3:?usage: gate.sh up DEV OBJECT}
	tc qdisc replace dev "$dev" clsact
	tc filter replace dev "$dev" ingress pref 10 handle 1 bpf da obj "$object" sec classifier
	tc -batch - <<B
filter replace dev $dev egress pref 10 handle 1 bpf da obj $object sec tc
B
	ip -force link set dev "$dev" xdp obj "$object" sec xdp
	;;
status)
	for hook in ingress egress; do
		tc filter show dev "$dev" $hook | awk -v hook=$hook '/ handle / {
			for (i = 1; i < NF; i++)
				if ($i == "id")
					print hook, $(i + 1)
		}'
	done
	ip link show dev "$dev" | awk '$1 == "prog/xdp" { print "xdp", $3 }'
	;;
down)
	ip link set dev "$dev" xdp off
	tc qdisc del dev "$dev" clsact
	;;
*) usage ;;
esac
