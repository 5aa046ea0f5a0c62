#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# make bench: every measurement, each against its peers in the same run. Prints;
# never fails for a figure.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

ROUNDS=${ROUNDS:-31}
NEW=$BUILD/bpf/count.o
OLD=$BUILD/bpf/legacy/count.o

version() {
	"$@" 2>&1 | head -n 1
}
echo "$(date -u +%Y-%m-%d), $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs, Linux $(uname -r), load $(cut -d' ' -f1-3 /proc/loadavg)"
echo "$(version "$WEIR" version); $(version tc -V); $(version bpftool version); $(version clang --version)"

echo
echo "count: cost of a packet (goal: at most 4 ns over parsing)"
"$BUILD/bench/count" "$PROGS/bench_count.o" "$NEW"

echo
echo 'filter: cost of a packet; peers: xdp-filter with the same rules, a plain LPM trie'
xdp_filter=$(dpkg -L libxdp1 2>/dev/null | grep xdpfilt_alw_all.o)
FILTER_ROUNDS=${FILTER_ROUNDS:-15}
"$BUILD/bench/filter" "$WEIR" "$PROGS/bench_filter.o" "${xdp_filter%/*}" "$TMP/list" "$FILTER_ROUNDS"
rm -f "$TMP/list"
"$WEIR" filter set bench off
"$WEIR" filter set again off

echo
echo 'police: cost of a packet; peers: token buckets of the precise clock'
"$BUILD/bench/police" "$WEIR" "$PROGS/bench_police.o" "$PROGS/bench_filter.o" "${POLICE_ROUNDS:-15}"
for set in bench again tc; do "$WEIR" police set "$set" off; done

echo
echo 'forward: cost of a frame, live; peers: the kernel, and look-up, rewrite, redirect alone'
netns_add ROUTER
for pair in 'c0 r0' 'r1 s0'; do
	ip -n "$ROUTER" link add "${pair% *}" type veth peer name "${pair#* }"
	ip -n "$ROUTER" link set "${pair% *}" up
	ip -n "$ROUTER" link set "${pair#* }" up
done
ns "$ROUTER" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
ip -n "$ROUTER" addr add 10.99.1.2/24 dev r0
ip -n "$ROUTER" addr add 10.99.2.1/24 dev r1
ip -n "$ROUTER" neigh replace 10.99.2.2 lladdr "$(veth_mac "$ROUTER" s0)" dev r1 nud permanent
ip -n "$ROUTER" route add 10.77.0.0/16 via 10.99.2.2
ns "$ROUTER" ethtool -K r0 gro on >/dev/null
ns "$ROUTER" ethtool -K s0 gro on >/dev/null
ns "$ROUTER" "$BUILD/bench/forward" "$PROGS/bench_forward.o" "$WEIR" c0 r0 r1 s0 10.77.1.1
"$WEIR" -n "$ROUTER" forward off

echo
echo 'sample: cost of a packet (goals: at most 0.35 and 0.45 of the peer)'
"$BUILD/bench/sample" "$BUILD/bpf/sample.o" "$PROGS/bench_sample.o"

netns_add A B
veth_pair "$A" v0 "$B" v1
W="$WEIR -q"

# compare TITLE A A-CLEANUP B B-CLEANUP
compare() {
	echo
	echo "$1 ($ROUNDS rounds, order turning)"
	printf '  %-12s %10s %10s %9s\n' '' weir peer ratio
	ns "$A" "$BUILD/bench/compare" "$ROUNDS" "${@:2}" || echo '  not measured'
}

# syscalls COMMAND CLEANUP: how many the command makes
syscalls() {
	# shellcheck disable=SC2086 # words
	ns "$A" strace -f -c -U calls,name -o "$TMP/calls" $1 >/dev/null 2>&1
	# shellcheck disable=SC2086
	ns "$A" $2 >/dev/null 2>&1
	awk '/total/ { print $1 }' "$TMP/calls"
}
calls() {
	printf '  %-12s %10s %10s\n' 'system calls' "$(syscalls "$1" "$2")" "$(syscalls "$3" "$4")"
}

# pair TITLE A A-CLEANUP B B-CLEANUP
pair() {
	compare "$@"
	calls "${@:2}"
}

ns "$A" tc qdisc add dev v0 clsact
pair 'tc: load and attach the same modern object; peer: stock tc' \
	"$W attach dev v0 ingress obj $NEW" "$W detach dev v0 ingress" \
	"tc filter add dev v0 ingress bpf da obj $NEW sec classifier" 'tc filter del dev v0 ingress'
ns "$A" tc qdisc del dev v0 clsact
SMALL=$PROGS/bench_small.o
ns "$A" tc qdisc add dev v0 clsact
pair 'tc: a small modern object (goal: 0.50x, 80 system calls); peer: stock tc' \
	"$WEIR tc filter add dev v0 ingress bpf da obj $SMALL" 'tc filter del dev v0 ingress' \
	"tc filter add dev v0 ingress bpf da obj $SMALL" 'tc filter del dev v0 ingress'
pair 'tc filter show; peer: stock tc' "$WEIR tc filter show dev v0 ingress" true \
	'tc filter show dev v0 ingress' true
ns "$A" tc qdisc del dev v0 clsact
# Attaching native XDP to a veth that is up waits for the kernel, whoever asks.
ns "$A" ip link set v0 down
pair 'XDP: a small modern object, interface down; peer: stock ip' \
	"$WEIR ip link set dev v0 xdp obj $SMALL sec xdp" 'ip link set dev v0 xdp off' \
	"ip link set dev v0 xdp obj $SMALL sec xdp" 'ip link set dev v0 xdp off'
ns "$A" ip link set v0 up
pair 'XDP: load and attach the same modern object; peer: stock ip' \
	"$W attach dev v0 xdp native obj $NEW" "$W detach dev v0 xdp" \
	"ip link set dev v0 xdpdrv obj $NEW sec xdp" 'ip link set dev v0 xdpdrv off'
pair 'XDP: legacy object (stock tools refuse it); peer: weir with the modern one' \
	"$W attach dev v0 xdp native obj $OLD" "$W detach dev v0 xdp" \
	"$W attach dev v0 xdp native obj $NEW" "$W detach dev v0 xdp"
ns "$A" "$WEIR" -q attach dev v0 xdp obj "$NEW"
pair 'counters once, JSON; peer: bpftool map dump' \
	"$W -j stat $BPFFS/tc/globals/weir_count all" true \
	"bpftool -j map dump pinned $BPFFS/tc/globals/weir_count" true
pair 'what is attached, JSON; peer: bpftool net' \
	"$W -j show dev v0" true 'bpftool -j net show dev v0' true
pair 'a line that is not about BPF, through the shim (goal: at most 2 ms more); peer: stock tc' \
	"$BUILD/shims/tc class show dev v0" true 'tc class show dev v0' true

# shellcheck source=selftests/bench/maps.sh
. "$ROOT/selftests/bench/maps.sh"

# shellcheck source=selftests/bench/serve.sh
. "$ROOT/selftests/bench/serve.sh"

echo
echo "replacement under ${PPS:=200000} packets/s (${SWAPS:=1000} times each; sent and counted must be equal)"
SWAPS=$SWAPS PPS=$PPS bash "$ROOT/selftests/test_replace.sh" | grep '^# '
exit 0
