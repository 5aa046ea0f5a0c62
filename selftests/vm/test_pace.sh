#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# weir police ... exceed pace: with qdisc fq, packets leave at the rate, none are lost, and those
# that would wait for too long are dropped. The processor is emulated: what is measured is how
# long it took, which cannot be shorter than the rate says.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

netns_add A B
veth_pair "$A" va "$B" vb
W=("$WEIR" -q -n "$A" police dev va egress)

# reason NAME: packets on va.
reason() {
	"${W[@]}" show | sed -n "s/^# $1: \([0-9]*\) packets.*/\1/p"
}
# received: packets that have come to vb.
received() {
	# shellcheck disable=SC2016 # awk's
	ns "$B" awk '$1 == "vb:" { print $3 }' /proc/net/dev
}
# came COUNT: as many since $before
came() {
	[ $(($(received) - before)) -ge "$1" ]
}
now_ms() {
	date +%s%3N
}
# in_time COUNT LEAST_MS MOST_MS DESCRIPTION KIND: COUNT frames of KIND are all received, in a
# time from LEAST_MS to MOST_MS.
in_time() {
	local before start took
	before=$(received)
	start=$(now_ms)
	send "$A" va "$5" "$1" size 1000 >/dev/null
	wait_for 20 came "$1"
	took=$(($(now_ms) - start))
	is "$(($(received) - before))" "$1" "$4: all of them arrive"
	[ "$took" -ge "$2" ] && [ "$took" -le "$3" ]
	verdict $? "$4: at the rate" "it took $took ms, wanted $2 to $3"
}

ok 'qdisc fq' ns "$A" tc qdisc replace dev va root fq
ok 'pace, of bytes' "${W[@]}" limit rate 800kbit exceed pace
# 100 frames of 1000 bytes are a second; the first leaves at once; fq keeps 100 of a flow
in_time 90 800 4000 'IPv4' ipv4/udp
in_time 90 800 4000 'IPv6' ipv6/udp
like "$(reason paced)" '^1[0-9]{2}$' 'they are counted as paced'
is "$(reason drop_horizon)" '' 'none is dropped'
ok 'pace, of packets, with a burst' "${W[@]}" limit rate 50pps burst 50p exceed pace
sleep 2
in_time 90 700 4000 'a burst, then the rate' ipv4/udp
ok 'a rate that would keep them too long' "${W[@]}" limit rate 10pps exceed pace
sleep 1
before=$(received)
# a socket each, since one waits until its packets have left
ns "$A" bash -c 'for ((i = 0; i < 60; i++)); do echo x >/dev/udp/10.99.1.2/9; done' 2>/dev/null
sleep 4
came=$(($(received) - before))
# two seconds of ten a second, the one that leaves at once, and the time that it took
like "$came" '^(2[1-9]|3[0-9])$' 'those beyond two seconds are dropped'
is "$((came + $(reason drop_horizon)))" 60 'and counted'
ok 'for each flow' "${W[@]}" limit rate 10pps per flow exceed pace
before=$(received)
send "$A" va ipv4/udp 10 size 100 >/dev/null
send "$A" va ipv6/udp 10 size 100 >/dev/null
sleep 2
is "$(($(received) - before))" 20 'the one does not wait for the other'
ok 'off' "${W[@]}" off

# TCP, which sends as fast as packets leave.
background ns "$B" iperf3 -s
wait_for 20 ns "$B" sh -c 'ss -ltn | grep -q 5201'
ok 'pace TCP' "${W[@]}" limit proto tcp rate 4mbit exceed pace
got=$(ns "$A" timeout 60 iperf3 -J -t 5 -c 10.99.1.2 | jq '.end.sum_received.bits_per_second / 10000 | floor')
# the payload of 4 mbit on the wire is 3.83
[ "${got:-0}" -ge 320 ] && [ "$got" -le 400 ]
verdict $? 'iperf3 gets the rate' "got ${got}0 kbit"

done_testing
