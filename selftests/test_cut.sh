#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# More counters than the dashboards show: who has which part, and what is said of the rest.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

netns_add A B
veth_pair "$A" v0 "$B" v1
ip -n "$B" link set lo up
URL=http://127.0.0.1:9777

metrics() {
	ns "$B" curl -sS -m 5 "$URL/metrics"
}
series() {
	metrics | grep -c "^weir_packets_total{map=\"$1\","
}
# has MAP N: it has so many series
has() {
	[ "$(series "$1")" = "$2" ]
}
map_id() {
	"$WEIR" -j map show "$1" | jq .id
}
start() {
	background ns "$B" "$WEIR" -n "$B" serve interval 0.2 "$@" 2>"$TMP/said"
	wait_for 5 grep -q 'serving on' "$TMP/said"
}

# the large one is the older
"$WEIR" map create flows type hash key u32 value '{u64 packets; u64 bytes}' max 20000
"$WEIR" -n "$B" -q attach dev v1 xdp obj "$BUILD/bpf/count.o"
"$WEIR" map create late type hash key u32 value '{u64 packets}' max 20000
"$WEIR" map set late 7 packets=70
start series 500
seq 1000 | sed 's/$/ packets=1/' | "$WEIR" -q map import flows -
ok 'a map that grows beyond what there is room for' wait_for 10 has flows 454
is "$(series weir_count) $(series late)" '45 1' 'takes nothing from others'
is "$(metrics | sed -n 's/^weir_series_cut{map="flows".*} //p')" 546 'and it is said how much is missing of it'
# fdinfo has O_CLOEXEC and the access mode, which is 0 for reading
id=$(map_id flows)
modes=$(for info in /proc/"$bg"/fdinfo/*; do
	[ "$(awk '/^map_id/ { print $2 }' "$info")" = "$id" ] && awk '/^flags/ { print $2 % 10 }' "$info"
done)
is "$modes" 0 'who reads counters could not write them'
seq 1000 | sed 's/$/ packets=1/' | "$WEIR" -q map import late -
ok 'two large ones' wait_for 10 has late 228
is "$(series weir_count) $(series flows)" '45 227' 'have even parts, a small one all'
bad=0
for _ in 1 2 3 4 5 6; do
	"$WEIR" -q map clear flows
	has weir_count 45 || bad=$((bad + 1))
	sleep 0.3
	seq 1000 | sed 's/$/ packets=1/' | "$WEIR" -q map import flows -
	has weir_count 45 || bad=$((bad + 1))
	sleep 0.3
	has weir_count 45 || bad=$((bad + 1))
done
is "$bad" 0 'at every moment of it'
stop "$bg"

# What comes into view in a cut map counted before.
"$WEIR" map clear flows
rm "$BPFFS/tc/globals/late" "$BPFFS/tc/globals/weir_count"
"$WEIR" -n "$B" -q detach dev v1 xdp
seq 4 | sed 's/$/ packets=1000000000000/' | "$WEIR" -q map import flows -
start series 2
ok 'of four counters two' wait_for 10 has flows 2
shown=$(metrics | sed -n 's/^weir_packets_total{map="flows".*key="\([0-9]*\)"} .*/\1/p' | head -1)
"$WEIR" map del flows "$shown"
gone() {
	! metrics | grep -q "key=\"$shown\""
}
ok 'another one comes into view' wait_for 10 gone
sleep 0.5
is "$(ns "$B" curl -sS -m 5 "$URL/api/v1/history" | jq '[.maps[].counters[].pps[]?] | max')" 0 'and has no rate that never was'

stop "$bg"

# A label of as many interfaces as it holds.
for n in $(seq 10 34); do
	ip -n "$B" link add "long-name-$n" type veth peer name "p$n"
	"$WEIR" -n "$B" -q attach dev "long-name-$n" ingress obj "$BUILD/bpf/count.o"
done
start
like "$(metrics | grep 'map="weir_count"' | head -1)" 'dev="long-name-10,long-name-11,.*,\.\.\."' 'interfaces that a label has no room for are not passed over in silence'

done_testing
