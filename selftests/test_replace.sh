#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Programs are replaced under load: no frame gets past them, none is lost.
# SWAPS and PPS make it larger: make bench does.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

SWAPS=${SWAPS:-100}
PPS=${PPS:-50000}
OBJ=$PROGS/replace_drop.o
PIN=$BPFFS/tc/globals/replace_count
netns_add A B
veth_pair "$A" v0 "$B" v1
tc -n "$B" qdisc add dev v1 clsact

# under_load NAME COMMAND...: in $B, SWAPS times, frames coming all the while.
under_load() {
	local what=$1 got sent counted
	shift
	got=$(ns "$A" "$BUILD/bench/replace" v0 "$PPS" "$SWAPS" "$PIN" \
		nsenter --net="/run/netns/$B" "$@")
	read -r _ sent _ counted _ <<<"$got"
	note "$what: sent $sent, counted $((counted - before)) ${got#*counted "$counted" }"
	like "$got" "swaps $SWAPS .*failed 0" "$what: $SWAPS replacements"
	[ "$sent" -ge "$SWAPS" ]
	verdict $? "$what: frames came all the while" "$got"
	is "$((counted - before))" "$sent" "$what: each frame met a program, none was lost"
	before=$counted
}
before=0

ns "$B" "$WEIR" tc filter replace dev v1 ingress pref 5 handle 1 bpf da obj "$OBJ"
under_load 'tc filter replace' "$WEIR" tc filter replace dev v1 ingress pref 5 handle 1 \
	bpf da obj "$OBJ"
tc -n "$B" filter del dev v1 ingress
ns "$B" "$WEIR" attach dev v1 ingress obj "$OBJ" >/dev/null
under_load 'attach, clsact' "$WEIR" -q attach dev v1 ingress obj "$OBJ"
ns "$B" "$WEIR" detach dev v1 ingress
ns "$B" "$WEIR" attach dev v1 ingress tcx obj "$OBJ" >/dev/null
under_load 'attach, tcx' "$WEIR" -q attach dev v1 ingress tcx obj "$OBJ"
ns "$B" "$WEIR" detach dev v1 ingress
ns "$B" "$WEIR" ip link set dev v1 xdp obj "$OBJ" sec xdp
under_load 'ip link set xdp' "$WEIR" ip -force link set dev v1 xdp obj "$OBJ" sec xdp
ns "$B" ip link set dev v1 xdp off
ns "$B" "$WEIR" attach dev v1 xdp obj "$OBJ" >/dev/null
under_load 'attach, XDP' "$WEIR" -q attach dev v1 xdp obj "$OBJ"
done_testing
