#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# weir forward between VLANs: tags popped, pushed and exchanged, at XDP and at tc, and the same
# bytes as by the kernel.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

netns_add C R S
# shellcheck disable=SC2153 # set by netns_add
veth_pair "$C" c0 "$R" r0
veth_pair "$R" r1 "$S" s0
# XDP sees tags that are in the frame, not beside it.
for end in "$C c0" "$R r0" "$R r1" "$S s0"; do
	# shellcheck disable=SC2086 # two words
	set -- $end
	ns "$1" ethtool -K "$2" gro on tx off txvlan off >/dev/null 2>&1
done
takes_xdp "$C" c0
takes_xdp "$S" s0
ns "$R" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'

# vlan NETNS PARENT ID NETWORK HOST
vlan() {
	ip -n "$1" link add link "$2" name "$2.$3" type vlan id "$3" &&
		ip -n "$1" link set dev "$2.$3" arp off up && ip -n "$1" addr add "10.98.$4.$5/24" dev "$2.$3" &&
		ip -n "$1" addr add "fd98:$4::$5/64" dev "$2.$3" nodad
}
# knows NETNS DEV NETWORK HOST MAC
knows() {
	ip -n "$1" neigh replace "10.98.$3.$4" lladdr "$5" dev "$2" nud permanent
	ip -n "$1" neigh replace "fd98:$3::$4" lladdr "$5" dev "$2" nud permanent
}
# client: VLAN 5 (network 5) and 6 (network 6); server: VLAN 7 (network 7)
for side in "$C c0 $R r0 5" "$C c0 $R r0 6" "$S s0 $R r1 7"; do
	# shellcheck disable=SC2086 # words
	set -- $side
	vlan "$1" "$2" "$5" "$5" 1
	vlan "$3" "$4" "$5" "$5" 2
	knows "$1" "$2.$5" "$5" 2 "$(veth_mac "$3" "$4")"
	knows "$3" "$4.$5" "$5" 1 "$(veth_mac "$1" "$2")"
done
ip -n "$S" route add 10.98.5.0/24 via 10.98.7.2
ip -n "$S" -6 route add fd98:5::/64 via fd98:7::2
ip -n "$S" route add 10.99.1.0/24 via 10.98.7.2
ip -n "$C" route add 10.98.7.0/24 via 10.98.5.2
ip -n "$C" -6 route add fd98:7::/64 via fd98:5::2
ip -n "$C" route add 10.99.2.0/24 via 10.98.5.2
ip -n "$S" route replace 10.98.5.0/24 via 10.98.7.2

W=("$WEIR" -n "$R" forward)
sent_to() {
	"$WEIR" -n "$R" -j forward show |
		jq -r --arg dev "$1" '.forward[] | select(.dev == $dev) | .packets'
}
ping_tagged() {
	ns "$C" ping -q -c 3 -i 0.02 -W 2 "$@"
}
ok 'the kernel forwards between VLANs' ping_tagged 10.98.7.1
ok 'and IPv6' ping_tagged fd98:7::1

if ns "$R" ethtool -K r0 rxvlan on >/dev/null 2>&1 && ns "$R" ethtool -k r0 | grep -q 'rx-vlan-offload: on$'; then
	fails 'a card that takes tags off' "${W[@]}" dev r0 on
	like "$err" 'r0: takes VLAN tags off .*ethtool -K r0 rxvlan off. comes first' 'is refused, with the cure'
fi
ns "$R" ethtool -K r0 rxvlan off >/dev/null 2>&1
ns "$R" ethtool -K r1 rxvlan off >/dev/null 2>&1
fails 'a sub-interface at XDP' "${W[@]}" dev r0.5 on
like "$err" 'r0.5: its frames come in at r0' 'is named with the one below it'

# frames NAME: what the server gets of ten packets, with tags.
frames() {
	background ns "$S" tcpdump -Z root --immediate-mode -U -s 0 -i s0 -Q in -w "$TMP/$1.pcap" 2>/dev/null
	local dump=$bg
	wait_for 10 test -s "$TMP/$1.pcap"
	ns "$C" "$BUILD/tests/tool_packets" send c0 "$TMP/packets" >/dev/null
	sleep 2
	stop "$dump"
	tcpdump -Z root -nn -t -xx -r "$TMP/$1.pcap" not ether multicast 2>/dev/null | sed 's/^[^\t]/+&/' | tr -d '\n' | tr + '\n' | sort
}
to=$(veth_mac "$R" r0)
cat >"$TMP/packets" <<END
eth 02:00:00:00:00:01 > $to vlan 5 ipv4 10.98.5.1 > 10.98.7.1 udp 9 len 100
eth 02:00:00:00:00:01 > $to vlan 5 pcp 3 ipv6 fd98:5::1 > fd98:7::1 udp 9 len 120
eth 02:00:00:00:00:01 > $to vlan 5 ipv4 10.98.5.1 > 10.99.2.2 udp 9 len 100
eth 02:00:00:00:00:01 > $to ipv4 10.99.1.1 > 10.98.7.1 udp 9 len 100
eth 02:00:00:00:00:01 > $to vlan 6 ipv4 10.98.6.1 > 10.98.7.1 ttl 9 tcp 80 flags S
eth 02:00:00:00:00:01 > $to vlan 9 ipv4 10.98.6.1 > 10.98.7.1 udp 9 len 100
eth 02:00:00:00:00:01 > $to vlan 5 vlan 6 ipv4 10.98.6.1 > 10.98.7.1 udp 9 len 100
END
frames stack >"$TMP/stack" 2>/dev/null
is "$(grep -c 0x0000 "$TMP/stack")" 5 'the kernel forwards five of seven'
for way in 'xdp native' 'xdp generic' ingress; do
	# shellcheck disable=SC2086 # words
	ok "$way: on" "${W[@]}" dev r0 $way on
	# shellcheck disable=SC2086 # words
	ok "$way: on at the other" "${W[@]}" dev r1 $way on
	like "$("${W[@]}" show)" 'dev r0.5 vlan 5 of r0 .*dev r1.7 vlan 7 of r1' "$way: VLANs follow"
	frames "$way" >"$TMP/out" 2>/dev/null
	is "$(diff "$TMP/stack" "$TMP/out")" '' "$way: the same bytes, tags exchanged, popped and pushed"
	is "$(sent_to r1.7) $(sent_to r1)" '4 1' "$way: each is counted where it went"
	ok "$way: a ping there and back" ping_tagged 10.98.7.1
	ok "$way: and IPv6" ping_tagged fd98:7::1
	is "$(sent_to r1.7)" 10 "$way: past the stack"
	[ "$(sent_to r0.5)" -ge 6 ] # and what the server says to packets that nobody waits for
	verdict $? "$way: both ways"
	like "$("${W[@]}" show)" 'vlan: 2 packets' "$way: tags of nobody, and two, are for the stack"
	ok "$way: off" "${W[@]}" off
done

# One more VLAN, when `on' is said again.
"${W[@]}" dev r0 ingress on
vlan "$R" r0 8 8 2
like "$("${W[@]}" show)" 'dev r0.6' 'VLANs that were there'
unlike "$("$WEIR" -n "$R" map dump prog forward_tc weir_vlans 2>/dev/null)" 'vlan_id=8' 'a new one is not known'
ok 'on again' "${W[@]}" dev r0 on
like "$("${W[@]}" show)" 'dev r0.8 vlan 8 of r0' 'it is'
ip -n "$R" link del r0.8
ok 'it goes' "${W[@]}" show
unlike "$out" 'r0.8' 'and is shown no more'
ok 'off' "${W[@]}" off
ok 'a sub-interface alone, at tc' "${W[@]}" dev r0.5 ingress on
ok 'to' "${W[@]}" to r1 on
ok 'forwards' ping_tagged 10.98.7.1
is "$(sent_to r1.7)" 3 'past the stack'
ok 'off' "${W[@]}" off

# A program that writes no tags comes after the last sub-interface went.
ip -n "$R" link del r0.5
ip -n "$R" link del r0.6
ok 'a sub-interface to send to, alone' "${W[@]}" dev r0 ingress on
ok 'to' "${W[@]}" to r1.7 on
ok 'and no more' strace -f -o "$TMP/calls" -e trace=bpf "${W[@]}" to r1.7 off
like "$(grep -o 'BPF_MAP_DELETE_ELEM\|BPF_PROG_LOAD' "$TMP/calls" | uniq | tr '\n' ' ')" 'BPF_MAP_DELETE_ELEM BPF_PROG_LOAD $' \
	'first the tables lose it, then the program is loaded'
ok 'off' "${W[@]}" off
is "$("$WEIR" -n "$R" -j show)" '[]' 'nothing stays'

done_testing
