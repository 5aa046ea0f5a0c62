#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Interfaces that stand on others: VLANs, with dots in their names, bonds and their
# slaves, a bridge that filters VLANs. Packets at each, and every command that names one.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

OBJ=$PROGS/attach_a.o
COUNT=$BUILD/bpf/legacy/count.o
netns_add A B
# shellcheck disable=SC2153 # set by netns_add
veth_pair "$A" v0 "$B" v1
SIDE=$A

weir() {
	"$WEIR" -n "$SIDE" "$@"
}
# hits HOOK: how often the program of attach_a.c at XDP 0, ingress 1, egress 2 has run.
hits() {
	"$WEIR" map get attach_hits "$1" | awk '{ print $2 }'
}
# counts HOOK DESCRIPTION COMMAND...: three runs are counted while COMMAND runs.
counts() {
	local hook=$1 what=$2 before
	shift 2
	before=$(hits "$hook")
	"$@" >/dev/null 2>&1
	is "$(($(hits "$hook") - before))" 3 "$what"
}
# vlan NETNS PARENT ID ADDRESS: as `ip` makes them, PARENT.ID.
vlan() {
	ip -n "$1" link add link "$2" name "$2.$3" type vlan id "$3" &&
		ip -n "$1" link set dev "$2.$3" up && ip -n "$1" addr add "$4/24" dev "$2.$3"
}

# ---- VLANs -----------------------------------------------------------------------------

vlan "$A" v0 100 10.98.1.1
vlan "$B" v1 100 10.98.1.2
ip -n "$A" neigh replace 10.98.1.2 lladdr "$(veth_mac "$B" v1)" dev v0.100 nud permanent
ip -n "$B" neigh replace 10.98.1.1 lladdr "$(veth_mac "$A" v0)" dev v1.100 nud permanent
ping_vlan() {
	ns "$A" ping -q -c 3 -i 0.01 -W 2 10.98.1.2
}
ok 'a VLAN carries packets' ping_vlan

fails 'native XDP of a VLAN' weir attach dev v0.100 xdp native obj "$OBJ"
like "$err" '^weir: v0.100: ' 'names it, with its dot'
run weir attach dev v0.100 xdp obj "$OBJ"
exits 0 'XDP takes the generic way'
like "$out" '^v0.100: xdp generic ' 'and says so'
counts 0 'XDP sees what comes in' ping_vlan
ok 'ingress' weir attach dev v0.100 ingress obj "$OBJ"
counts 1 'sees what comes in' ping_vlan
ok 'egress' weir attach dev v0.100 egress obj "$OBJ"
counts 2 'sees what goes out' ping_vlan
is "$(hits 0)" "$((3 * 3))" 'XDP has gone on meanwhile'
ok 'attaching again' weir attach dev v0.100 ingress obj "$OBJ"
is "$(weir -j show dev v0.100 | jq -r 'map(.hook) | join(" ")')" 'xdp ingress egress' 'replaces'
like "$(weir show)" $'^v0.100\n' 'show names it by its own name'
ok 'tc sees it' ns "$A" tc filter show dev v0.100 ingress
like "$out" 'attach_a.o' 'with its program'
is "$(weir tc filter show dev v0.100 ingress)" "$out" 'and weir tc the same'
ok 'tc adds another' weir tc filter add dev v0.100 ingress pref 7 bpf da obj "$OBJ" sec tc/ingress
ok 'tc deletes it' weir tc filter del dev v0.100 ingress pref 7
if skip_unless 'kernel_has tcx' 'tcx needs Linux 6.6' 4; then
	ok 'a tcx link' weir attach dev v0.100 ingress tcx obj "$OBJ"
	ok 'attaching again' weir attach dev v0.100 ingress tcx obj "$OBJ"
	is "$(weir -j show dev v0.100 | jq '[.[] | select(.kind == "tcx")] | length')" 1 'one link'
	ok 'goes' weir detach dev v0.100 ingress tcx
fi
ok 'detach' weir detach dev v0.100
is "$(weir -j show dev v0.100)" '[]' 'takes all'
ok 'ip sets XDP' weir ip link set dev v0.100 xdpgeneric obj "$OBJ" sec xdp
like "$(ns "$A" ip link show dev v0.100)" 'xdpgeneric' 'as stock ip sees'
counts 0 'and it counts' ping_vlan
ok 'ip takes it' weir ip link set dev v0.100 xdpgeneric off

# The parent sees the frames with their tag, and counts looks through it.
ok 'count at the parent, natively' weir attach dev v0 xdp native obj "$COUNT"
ok 'and at the VLAN' weir attach dev v0.100 ingress obj "$COUNT"
before=$(weir stat weir_count | awk '$1 == "xdp_ipv4_icmp" { print $2 }')
ping_vlan >/dev/null
is "$(($(weir stat weir_count | awk '$1 == "xdp_ipv4_icmp" { print $2 }') - ${before:-0}))" 3 'behind the tag'
is "$(weir stat weir_count | awk '$1 == "ingress_ipv4_icmp" { print $2 }')" 3 'and without'
ok 'stat of the VLAN' weir stat dev v0.100
like "$out" 'ingress_ipv4_icmp +3 ' 'shows its counters'

# The labels of serve and the rows of JSON.
background ns "$A" "$WEIR" serve listen 127.0.0.1:9777
ok 'serve comes up' wait_for 20 ns "$A" curl -sf http://127.0.0.1:9777/metrics
like "$(ns "$A" curl -s http://127.0.0.1:9777/metrics)" 'dev="v0\.100"' 'its metrics name the VLAN'
stop "$bg"
weir -q detach dev v0.100
weir -q detach dev v0

# An interface that vanishes with its parent takes along what was there.
ok 'a link and a filter' weir attach dev v0.100 ingress tcx obj "$OBJ"
ip -n "$A" link del v0.100
fails 'it is gone' weir show dev v0.100
like "$err" 'v0.100' 'and named'
is "$(weir -j show)" '[]' 'with all that was attached'

# ---- bonds -------------------------------------------------------------------------------

netns_add C D
# shellcheck disable=SC2153
veth_pair "$C" s0 "$D" p0
veth_pair "$C" s1 "$D" p1
SIDE=$C
for dev in s0 s1; do
	ip -n "$C" addr flush dev $dev
	ip -n "$C" link set dev $dev down arp on
done
ip -n "$C" link add bond0 type bond mode active-backup miimon 100
for dev in s0 s1; do
	ip -n "$C" link set dev $dev master bond0
done
ip -n "$C" link set dev bond0 up
ip -n "$C" addr add 10.97.1.1/24 dev bond0
ip -n "$D" addr add 10.97.1.2/24 dev p0
wait_for 5 ns "$C" grep -q 'MII Status: up' /proc/net/bonding/bond0
mac=$(veth_mac "$C" bond0)
ip -n "$D" neigh replace 10.97.1.1 lladdr "$mac" dev p0 nud permanent
ip -n "$C" neigh replace 10.97.1.2 lladdr "$(veth_mac "$D" p0)" dev bond0 nud permanent
ns "$C" sh -c 'echo s0 >/sys/class/net/bond0/bonding/active_slave' 2>/dev/null
ip -n "$C" link set dev bond0 type bond active_slave s0
ping_bond() {
	ns "$C" ping -q -c 3 -i 0.01 -W 2 10.97.1.2
}
ok 'a bond carries packets' ping_bond
ok 'ingress at the bond' weir attach dev bond0 ingress obj "$OBJ"
counts 1 'counts' ping_bond
ok 'egress at the bond' weir attach dev bond0 egress obj "$OBJ"
counts 2 'counts' ping_bond
ok 'ingress at a slave' weir attach dev s0 ingress obj "$OBJ"
before=$(hits 1)
ping_bond >/dev/null
is "$(($(hits 1) - before))" 6 'both count'
weir -q detach dev s0
weir -q detach dev bond0
run weir attach dev bond0 xdp obj "$OBJ"
exits 0 'XDP at the bond'
note "$out"
counts 0 'counts, in whichever way' ping_bond
# The bond's program is put onto its slaves: one of their own stands in its way.
run weir attach dev s0 xdp native obj "$OBJ"
note "$status $err"
weir -q detach dev bond0
weir -q detach dev s0 2>/dev/null
ok 'XDP at a slave, generic' weir attach dev s0 xdp generic obj "$OBJ"
counts 0 'counts' ping_bond
ok 'goes' weir detach dev s0
is "$(weir -j show)" '[]' 'all are gone'

# ---- a bridge --------------------------------------------------------------------------

netns_add E F G
# shellcheck disable=SC2153
veth_pair "$E" b0 "$F" f0
veth_pair "$E" b1 "$G" g0
SIDE=$E
ip -n "$E" link add br0 type bridge vlan_filtering 1 mcast_snooping 0 stp_state 0
for dev in b0 b1; do
	ip -n "$E" addr flush dev $dev
	ip -n "$E" link set dev $dev master br0
	ns "$E" bridge vlan add dev $dev vid 7 pvid untagged
	ns "$E" bridge vlan del dev $dev vid 1
done
ip -n "$E" link set dev br0 up
ip -n "$F" addr add 10.96.1.1/24 dev f0
ip -n "$G" addr add 10.96.1.2/24 dev g0
ip -n "$F" neigh replace 10.96.1.2 lladdr "$(veth_mac "$G" g0)" dev f0 nud permanent
ip -n "$G" neigh replace 10.96.1.1 lladdr "$(veth_mac "$F" f0)" dev g0 nud permanent
ping_bridge() {
	ns "$F" ping -q -c 3 -i 0.01 -W 2 10.96.1.2
}
ok 'a bridge that filters VLANs carries packets' ping_bridge
ok 'XDP at a port, natively' weir attach dev b0 xdp native obj "$OBJ"
counts 0 'counts what the bridge forwards' ping_bridge
ok 'ingress at a port' weir attach dev b0 ingress obj "$OBJ"
counts 1 'counts' ping_bridge
ok 'egress at the other' weir attach dev b1 egress obj "$OBJ"
counts 2 'counts' ping_bridge
fails 'native XDP of a bridge' weir attach dev br0 xdp native obj "$OBJ"
like "$err" '^weir: br0: ' 'names it'
ok 'the bridge itself, generic' weir attach dev br0 xdp generic obj "$OBJ"
# Newer kernels take nothing from a port while the bridge has a program.
run weir detach dev b0 xdp
like "$status $err" '^0 |^1 weir: b0: xdp native: .*upper device already has a program' \
	'detach from a port, or what is above it is named'
ok 'detach from the bridge' weir detach dev br0
ok 'detach from the port' weir detach dev b0
ok 'the bridge again' weir attach dev br0 xdp generic obj "$OBJ"
is "$(weir -j show | jq -r 'map(.dev + " " + .hook) | sort | join(",")')" 'b1 egress,br0 xdp' 'and the other port'
ok 'a port leaves the bridge' ip -n "$E" link set dev b1 nomaster
is "$(weir -j show dev b1 | jq length)" 1 'with its program'
weir -q detach dev b1
weir -q detach dev br0

done_testing
