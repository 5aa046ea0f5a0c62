#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each example does what its page says.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

netns_add A B
veth_pair "$A" eth1 "$B" eth2

background ns "$B" ping -q -c 40 -i 0.05 10.99.1.1 >/dev/null
ok '01-count' ns "$A" bash "$ROOT/examples/01-count/run.sh" eth1 1
like "$out" '^eth1: xdp native count_xdp id [0-9]+' '01-count: says the mode'
like "$out" 'xdp_ipv4_icmp +[1-9]' '01-count: counts the pings'
is "$("$WEIR" -n "$A" -j show)" '[]' '01-count: leaves nothing attached'
ok 'pindir' "$WEIR" -n "$A" -q attach dev eth1 xdp obj "$BUILD/bpf/count.o" pindir mine/eth1
ok 'pindir: a map of its own' bpftool map show pinned "$BPFFS/mine/eth1/weir_count"
"$WEIR" -n "$A" -q detach dev eth1

# The same script with the stock tools and through the shims.
gate=$ROOT/examples/02-stock-scripts/gate.sh
ok '02-stock-scripts: stock tools, a modern object' ns "$A" sh "$gate" up eth1 "$BUILD/bpf/count.o"
is "$(ns "$A" sh "$gate" status eth1 | cut -d' ' -f1 | tr '\n' ' ')" 'ingress egress xdp ' 'all three'
ok 'down' ns "$A" sh "$gate" down eth1
fails 'stock tools refuse a legacy object' ns "$A" sh "$gate" up eth1 "$BUILD/bpf/legacy/count.o"
ns "$A" tc qdisc del dev eth1 clsact
shims=(env "PATH=$BUILD/shims:$PATH")
ok 'through the shims it loads' ns "$A" "${shims[@]}" sh "$gate" up eth1 "$BUILD/bpf/legacy/count.o"
is "$(ns "$A" sh "$gate" status eth1 | cut -d' ' -f1 | tr '\n' ' ')" 'ingress egress xdp ' 'all three'
is "$(ns "$A" sh "$gate" status eth1)" "$(ns "$A" "${shims[@]}" sh "$gate" status eth1)" 'seen alike by both'
ok 'again, in place' ns "$A" "${shims[@]}" sh "$gate" up eth1 "$BUILD/bpf/legacy/count.o"
is "$(ns "$A" sh "$gate" status eth1 | wc -l)" 3 'nothing is doubled'
ok 'down' ns "$A" "${shims[@]}" sh "$gate" down eth1
is "$("$WEIR" -n "$A" -j show)" '[]' 'nothing stays'

# Packets that a program is tested with.
ok '04-test-packets' "$ROOT/examples/04-test-packets/run.sh"
like "$out" '^ok 1 - XDP_PASS ipv4 10.0.0.1 > 10.0.0.2 udp 53 len 100' '04-test-packets: names the packets'
like "$out" '1\.\.23$' '04-test-packets: one for each length'
fails '04-test-packets: another program' "$ROOT/examples/04-test-packets/run.sh" set none 1 1

# A server behind a filter; the client asks from an address that is not in the list, then is.
cp "$ROOT/examples/05-filter/blocked.txt" "$TMP/list"
printf 'filtered\n' >"$TMP/index.html"
background ns "$A" python3 -m http.server --directory "$TMP" --bind :: 80
wait_for 5 ns "$B" curl -sf -m 1 http://10.99.1.1/
ok '05-filter' ns "$A" bash "$ROOT/examples/05-filter/run.sh" eth1 "$TMP/list"
like "$out" 'deny src 2001:db8:bad::/48' '05-filter: shows its rules'
is "$(ns "$B" curl -s -m 2 http://10.99.1.1/index.html)" filtered '05-filter: curl is answered'
is "$(ns "$B" curl -s -m 2 'http://[fd99:1::1]/index.html')" filtered '05-filter: over IPv6, too'
ok '05-filter: so is ping' ns "$B" ping -q -c 1 -W 1 10.99.1.1
fails '05-filter: another port is not' ns "$B" curl -s -m 1 http://10.99.1.1:81/
ok '05-filter: a connection from here' ns "$A" ping -q -c 1 -W 1 fd99:1::2
echo 10.99.1.2 >>"$TMP/list"
ok '05-filter: with the client in the list' ns "$A" bash "$ROOT/examples/05-filter/run.sh" eth1 "$TMP/list"
fails '05-filter: it gets no answer' ns "$B" curl -s -m 1 http://10.99.1.1/
# What the filter drops, seen by a capture in front of it.
background ns "$B" curl -s -m 3 http://10.99.1.1/
ok '08-capture' ns "$A" bash "$ROOT/examples/08-capture/run.sh" eth1 3 "$TMP/dropped.pcapng"
like "$out" 'IP 10.99.1.2.[0-9]+ > 10.99.1.1.80: Flags .S.' '08-capture: shows what is dropped'
unlike "$out" 'ICMP' '08-capture: and nothing else'
ok '05-filter: off' "$WEIR" -n "$A" filter dev eth1 off

# Rates in front of it.
ok '06-police' ns "$A" bash "$ROOT/examples/06-police/run.sh" eth1
like "$out" 'limit proto udp rate 5mbit burst 64k' '06-police: shows its rules'
is "$(ns "$B" curl -s -m 2 http://10.99.1.1/index.html)" filtered '06-police: curl is answered'
answered() {
	ns "$B" ping -q -c 60 -i 0.002 -W 1 "$1" | sed -n 's/.* \([0-9]*\) received.*/\1/p'
}
like "$(answered 10.99.1.1)" '^2[0-9]$' '06-police: of sixty pings at once twenty are'
like "$(answered fd99:1::1)" '^2[0-9]$' '06-police: over IPv6, too'
background ns "$A" iperf3 -s
wait_for 5 ns "$A" sh -c 'ss -ltn | grep -q 5201'
got=$(ns "$B" timeout 20 iperf3 -J -u -b 30M -l 1000 -t 3 -c 10.99.1.1 |
	jq '.end.sum | .bytes * 8 / .seconds * (1 - .lost_percent / 100) / 100000 | floor')
# 48 of 50 are left of 1042 bytes; the burst beside
[ "${got:-0}" -ge 20 ] && [ "$got" -le 56 ]
verdict $? '06-police: iperf3 gets its five megabits through' "got ${got}00 kbit"
ok '06-police: off' "$WEIR" -n "$A" police dev eth1 xdp off
ok '06-police: off' "$WEIR" -n "$A" police dev eth1 egress off
is "$("$WEIR" -n "$A" -j show)" '[]' '06-police: leaves nothing attached'

# A router; the client on one side, the server on the other.
netns_add ROUTER SERVER
veth_pair "$B" eth3 "$ROUTER" eth1
veth_pair "$ROUTER" eth2 "$SERVER" eth0
ip -n "$B" route add 10.99.3.0/24 via 10.99.2.2
ip -n "$B" -6 route add fd99:3::/64 via fd99:2::2
ip -n "$SERVER" route add default via 10.99.3.1
ip -n "$SERVER" -6 route add default via fd99:3::1
takes_xdp "$B" eth3
takes_xdp "$SERVER" eth0
printf 'routed\n' >"$TMP/index.html"
background ns "$SERVER" python3 -m http.server --directory "$TMP" --bind :: 80
background ns "$SERVER" iperf3 -s >/dev/null
wait_for 5 ns "$SERVER" curl -sf -m 1 http://10.99.3.2/
ok '07-forward' ns "$ROUTER" bash "$ROOT/examples/07-forward/run.sh" eth1 eth2
like "$out" 'dev eth1 xdp native .*dev eth2 xdp native' '07-forward: shows its interfaces'
ok '07-forward: ping' ns "$B" ping -q -c 1 -W 1 fd99:3::2
is "$(ns "$B" curl -s -m 2 http://10.99.3.2/index.html)" routed '07-forward: curl is answered'
is "$(ns "$B" curl -s -m 2 'http://[fd99:3::2]/index.html')" routed '07-forward: over IPv6, too'
ok '07-forward: iperf3' ns "$B" iperf3 -c 10.99.3.2 -n 5M
like "$("$WEIR" -n "$ROUTER" forward show)" 'sent: [0-9]{4,} packets' '07-forward: past the stack'
ok '07-forward: off' "$WEIR" -n "$ROUTER" forward off

run "$ROOT/examples/demo/demo.sh"
exits 0 'demo'
like "$out" 'All [0-9]+ counters are correct' 'demo: every counter'
ends_clean() {
	local pid
	setsid "$ROOT/examples/demo/demo.sh" >/dev/null 2>&1 &
	pid=$!
	sleep "$1"
	kill -TERM "$pid"
	wait "$pid"
	! pgrep -s "$pid" >/dev/null
}
ok 'demo: ended in the middle, no process stays' ends_clean 0.7

done_testing
