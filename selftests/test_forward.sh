#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# weir forward: a client, a router, a server. What the router forwards past its stack must be
# what it forwards without, byte for byte and answer for answer; the rest is the command's.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

netns_add C R S
veth_pair "$C" c0 "$R" r0
veth_pair "$R" r1 "$S" s0
W=("$WEIR" -n "$R" forward)
PACKETS=$ROOT/tests/packets/forward

# Addresses that tests/packets/forward.txt has; a change of one flushes the neighbours there.
n=0
for end in "$C c0" "$R r0" "$R r1" "$S s0"; do
	read -r name dev <<<"$end"
	ip -n "$name" link set dev "$dev" address 02:00:00:00:00:0$((n += 1))
done
neighbour() {
	ip -n "$1" neigh replace "$3" lladdr 02:00:00:00:00:0"$5" dev "$2" nud permanent
	ip -n "$1" neigh replace "$4" lladdr 02:00:00:00:00:0"$5" dev "$2" nud permanent
}
neighbour "$C" c0 10.99.1.2 fd99:1::2 2
neighbour "$R" r0 10.99.1.1 fd99:1::1 1
neighbour "$R" r1 10.99.2.2 fd99:2::2 4
neighbour "$S" s0 10.99.2.1 fd99:2::1 3
for side in "$C 10.99.1.2 fd99:1::2" "$S 10.99.2.1 fd99:2::1"; do
	read -r name via4 via6 <<<"$side"
	ip -n "$name" route add default via "$via4"
	ip -n "$name" -6 route add default via "$via6"
done
forwarding() {
	ns "$R" sh -c "echo $1 >/proc/sys/net/ipv4/ip_forward; echo $1 >/proc/sys/net/ipv6/conf/all/forwarding"
}
forwarding 1
ns "$R" sh -c 'echo 0 >/proc/sys/net/ipv4/icmp_ratelimit; echo 0 >/proc/sys/net/ipv6/icmp/ratelimit'
takes_xdp "$C" c0
takes_xdp "$S" s0

pings() {
	ns "$C" ping -q -c 1 -W 1 "$@" >/dev/null
}
# count REASON: packets.
count() {
	"$WEIR" -n "$R" -j forward show | jq -r ".reasons.$1.packets"
}
# sent_to DEV: "PACKETS BYTES".
sent_to() {
	"$WEIR" -n "$R" -j forward show |
		jq -r --arg dev "$1" '.forward[] | select(.dev == $dev) | "\(.packets) \(.bytes)"'
}

# served PATTERN: a line of the metrics.
served() {
	ns "$R" curl -s http://127.0.0.1:9778/metrics | grep -q "^$1\$"
}

# ---- model ---------------------------------------------------------------------------

no_context='test runs at XDP know of interfaces since Linux 5.15'
fed=$(scaled 100000)
for hook in xdp xdp-untagged ingress; do
	[ $hook = ingress ] || skip_unless 'kernel_has xdp-context' "$no_context" 3 || continue
	ok "$hook: $fed frames, $hook and model agree" \
		"$BUILD/tests/tool_forward" "$BUILD/bpf/forward.o" "$hook" "$fed" "${FORWARD_SEED:-20260101}"
	like "$out" "fed $fed " "$hook: all of them were fed"
	marked=$([ $hook = ingress ] && echo '[1-9][0-9]*' || echo 0)
	like "$out" "by reason:( [1-9][0-9]*){17} 0( [1-9][0-9]*){5} $marked 0 0" \
		"$hook: every reason was met that interfaces and routes can make"
done

# ---- the same as the stack -------------------------------------------------------------

for n in 4 5 6; do
	type=$(cut -d' ' -f$((n - 3)) <<<'blackhole unreachable prohibit')
	ip -n "$R" route add "$type" 10.50.$n.0/24
	ip -n "$R" -6 route add "$type" fd50:$n::/64
done
ip -n "$R" route add 10.50.8.0/24 via 10.99.1.1
ip -n "$R" link set r1 mtu 1300

RATIONED='redirect|fe80:'
[ "$SCALE" = 1 ] || RATIONED+='|ICMP net [0-9.]* unreachable'

# through WAY [ARGUMENT...]: the packets go through the router, on at r0 with these words;
# what came out at both ends is in $TMP/WAY, one packet a line.
through() {
	local way=$1 pids=() end
	shift
	[ $# = 0 ] || "${W[@]}" dev r0 "$@" on || return
	[ $# = 0 ] || "${W[@]}" to r1 on || return
	for end in "$C c0" "$S s0"; do
		read -r name dev <<<"$end"
		background ns "$name" tcpdump -Z root --immediate-mode -U -s 0 -i "$dev" -Q in -w "$TMP/$dev.pcap"
		pids+=("$bg")
	done 2>/dev/null
	wait_for 5 test -s "$TMP/c0.pcap" -a -s "$TMP/s0.pcap"
	# in bits: the kernel rations its answers
	# shellcheck disable=SC2016 # the inner shell expands
	grep -v '^#' "$PACKETS.txt" | ns "$C" sh -c 'while read -r line; do "$0" send c0 "$line"; done' \
		"$BUILD/tests/tool_packets" >/dev/null
	sleep 1
	stop "${pids[0]}"
	stop "${pids[1]}"
	# Without the padding that short frames keep (it is behind b7d3), what the router says of
	# itself (its listener reports come when they come), and the answers that the kernel
	# rations, whatever the sysctl; where packets take their time, those of no route, too.
	{
		tcpdump -Z root -nn -e -t -x -r "$TMP/s0.pcap" not ether multicast | sed 's/^[^\t]/+&/' |
			tr -d '\n' | tr + '\n' | sed 's/length [45][0-9]:/length 60:/; s/ b7d3\t.*/ b7d3/; s/ b7d3 .*/ b7d3/' | LC_ALL=C sort
		tcpdump -Z root -nn -t -r "$TMP/c0.pcap" icmp or icmp6 | grep -e '> 10.99.1.1: ICMP' -e '> fd99:1::1: ICMP6' |
			grep -e ' 10.99.1.2 >' -e ' fd99:1::2 >' | grep -v -E "$RATIONED" | LC_ALL=C sort
	} >"$TMP/$way" 2>/dev/null
	rm -f "$TMP/c0.pcap" "$TMP/s0.pcap"
}
through stack 2>/dev/null
is "$(grep -c 0x0000 "$TMP/stack")" 20 'the stack forwards what it does'
like "$(cat "$TMP/stack")" 'need to frag \(mtu 1300\)' 'and answers'
for way in 'xdp native' 'xdp generic' ingress; do
	# shellcheck disable=SC2086 # words
	through "$way" $way 2>/dev/null
	is "$(diff "$TMP/stack" "$TMP/$way")" '' "$way: the same bytes at the server, the same answers at the client"
	is "$(count sent)" 15 "$way: of the packets those are forwarded that can be"
	ok "$way: off" "${W[@]}" off
done


# ---- what each of them is --------------------------------------------------------------

"${W[@]}" dev r0 xdp generic on
"${W[@]}" to r1 on
slot=$(find "$BPFFS/tc/globals" -name 'weir_forward-*')
prog=$("$WEIR" -j map dump "$slot" | jq '.[0].value.id')
if skip_unless 'kernel_has xdp-context' "$no_context"; then
	ok 'each packet: verdict, bytes and reason' \
		ns "$R" "$WEIR" test id "$prog" in "$PACKETS.txt" dev r0 expect "$PACKETS.expect"
fi

# ---- sysctls, routes, neighbours ---------------------------------------------------------

"${W[@]}" off
ip -n "$R" link set r1 mtu 1500
ok 'one interface' "${W[@]}" dev r0 on
like "$out$err" '^weir: note: r0: checksums that its other end leaves open stay so[^
]*$' 'with a note for a veth'
# on_r0: what is attached there, whichever program is in the set: `on' looks at the interfaces anew
on_r0() {
	"$WEIR" -n "$R" -j show dev r0 | jq -c 'map(del(.prog.steps[].id))'
}
before=$(on_r0)
ok 'again' "${W[@]}" dev r0 on
is "$(on_r0)" "$before" 'changes nothing'
ok 'another' "${W[@]}" dev r1 on
is "$(on_r0)" "$before" 'does not disturb the first'
like "$("${W[@]}" show)" 'dev r0 xdp native .*dev r1 xdp native' 'show lists both'
ok 'ping' ns "$C" ping -q -c 10 -i 0.01 -W 1 10.99.2.2
ok 'over IPv6' ns "$C" ping -q -c 10 -i 0.01 -W 1 fd99:2::2
is "$(count sent)" 40 'all of them were forwarded here'
is "$(sent_to r0) $(sent_to r1)" "20 $((10 * 98 + 10 * 118)) 20 $((10 * 98 + 10 * 118))" 'and counted where they went'
is "$("$WEIR" -n "$R" -j stat dev r0 | jq -c '[.[] | select(.map == "weir_forward_to").counters[].name]')" '["r0","r1"]' 'stat has their names'
ip -n "$R" link set lo up
background ns "$R" "$WEIR" -n "$R" serve interval 0.2 listen 127.0.0.1:9778 2>/dev/null
ok 'serve has them, and whose they are' wait_for 10 served 'weir_packets_total{map="weir_forward_to",dev="r0,r1",hook="xdp",id="[0-9]*",key="r1"} 20'
is "$(ns "$R" curl -s http://127.0.0.1:9778/metrics | grep -c '^weir_packets_total{map="weir_forward_to"')" 2 'and none of what is no interface'
stop "$bg"
run ns "$R" "$WEIR" stat dev r0
like "$out" 'sent +40 ' 'stat shows them by name'
like "$out" ' r1 +20 +2160' 'and by interface'
ok 'a ping of the router' pings 10.99.1.2
is "$(count here)" 1 'is answered by the stack'
like "$(ns "$C" ping -c 1 -t 1 -W 1 10.99.2.2)" 'From 10.99.1.2 .*Time to live exceeded' 'time exceeded is answered'
like "$(ns "$C" ping -c 1 -t 1 -W 1 fd99:2::2)" 'From fd99:1::2 .*Time exceeded' 'over IPv6, too'
is "$(count ttl)" 2 'and counted'

# what the packets of above have taught it
ip -n "$C" route flush cache
ip -n "$C" -6 route flush cache
ip -n "$R" link set r1 mtu 1400
ip -n "$S" link set s0 mtu 1400
like "$(ns "$C" ping -c 1 -s 1400 -M "do" -W 1 10.99.2.2)" 'Frag needed and DF set \(mtu = 1400\)' 'too big a packet is answered'
like "$(ns "$C" ping -c 1 -s 1400 -W 1 fd99:2::2)" 'Packet too big: mtu=1400' 'over IPv6, too'
is "$(count mtu)" 2 'and counted'
like "$(ns "$C" ip route get 10.99.2.2)" 'mtu 1400' 'the client has learnt of it'
ok 'and its packets fit' ns "$C" ping -q -c 2 -i 0.01 -s 1400 -W 1 10.99.2.2
ip -n "$R" link set r1 mtu 1500
ip -n "$S" link set s0 mtu 1500
ip -n "$C" route flush cache
ip -n "$C" -6 route flush cache

ip -n "$R" neigh del 10.99.2.2 dev r1
ip -n "$R" -6 neigh del fd99:2::2 dev r1
ip -n "$R" link set r1 arp on
ip -n "$S" link set s0 arp on
# a router asks from its link-local address; who is asked joins the group of those that are
ip -n "$R" addr add fe80::3/64 dev r1 nodad
ip -n "$S" addr del fd99:2::2/64 dev s0
ip -n "$S" addr add fd99:2::2/64 dev s0 nodad
ip -n "$S" -6 route replace default via fd99:2::1
was=$(count no_neighbour)
ok 'a neighbour that is not known is resolved at the first packet' ns "$C" ping -q -c 1 -W 2 10.99.2.2
ok 'over IPv6, too' ns "$C" ping -q -c 1 -W 2 fd99:2::2
[ "$(count no_neighbour)" -gt "$was" ]
verdict $? 'it is counted'
was=$(count sent)
ok 'the second packet' ns "$C" ping -q -c 1 -W 1 10.99.2.2
[ "$(count sent)" -gt "$was" ]
verdict $? 'is forwarded here'

# interfaces of large numbers are in other tables
ip -n "$R" link add far index 70000 type veth peer name farther netns "$S"
ip -n "$R" link set far up
ip -n "$S" link set farther up
takes_xdp "$S" farther
ip -n "$R" addr add 10.99.9.1/24 dev far
ip -n "$S" addr add 10.99.9.2/24 dev farther
ip -n "$R" neigh replace 10.99.9.2 lladdr "$(veth_mac "$S" farther)" dev far nud permanent
ok 'to an interface of number 70000' "${W[@]}" to far on
ok 'pings' ns "$C" ping -q -c 3 -i 0.01 -W 1 10.99.9.2
is "$(sent_to far)" '3 294' 'are counted'
run ns "$R" "$WEIR" stat dev r0
like "$out" 'far +3 +294' 'by its name'
is "$("${W[@]}" show | grep -c 'to far')" 1 'it is shown'
ok 'and goes' "${W[@]}" to far off
is "$("${W[@]}" show | grep -c far)" 0 'without a trace'
run ns "$R" "$WEIR" stat dev r0
unlike "$out" 'far +3' 'nor its counter'
ok 'comes again' "${W[@]}" to far on
is "$(sent_to far)" '0 0' 'and begins at none'
ip -n "$R" link del far
ok 'is gone' "${W[@]}" to r1 on
is "$("${W[@]}" show | grep -c far)" 0 'and with it its entry'

# a route through another, whatever is on
netns_add T
veth_pair "$R" r2 "$T" t0
takes_xdp "$T" t0
ip -n "$T" addr add 10.77.0.1/32 dev lo
ip -n "$S" addr add 10.77.0.1/32 dev lo
ip -n "$T" route add default via 10.99.3.1
ip -n "$R" route add 10.77.0.0/24 via 10.99.2.2
ok 'a route' pings 10.77.0.1
was=$(sent_to r1)
ip -n "$R" route replace 10.77.0.0/24 via 10.99.3.2
ok 'changed' pings 10.77.0.1
is "$(sent_to r1)" "$was" 'takes effect at once'
is "$(count egress)" 1 'where nothing may be sent to, the stack sends'
ok 'to' "${W[@]}" to r2 on
was=$(sent_to r2)
ok 'now it may' pings 10.77.0.1
is "$(sent_to r2)" "1 98" 'and is'
ok 'to goes' "${W[@]}" to r2 off
ok 'and the stack sends' pings 10.77.0.1
is "$(count egress)" 2 'again'
has_lwt() {
	"$WEIR" -n "$R" ip route replace 10.77.0.0/24 via 10.99.2.2 encap bpf out obj "$PROGS/ip_lwt.o" section out
}
if skip_unless has_lwt 'routes through BPF are not in this kernel' 2; then
	ok 'a route with an encapsulation' pings 10.77.0.1
	is "$(count encap)" 1 'is for the stack'
fi

forwarding 0
fails 'forwarding off' pings 10.99.2.2
[ "$(count disabled)" -ge 1 ]
verdict $? 'is obeyed'
ok 'on is said again' "${W[@]}" dev r0 on
like "$err" 'note: r0: the kernel forwards nothing from there' 'with a note'
forwarding 1
ok 'forwarding on' pings 10.99.2.2

# ---- real clients ------------------------------------------------------------------------

printf 'through\n' >"$TMP/index.html"
background ns "$S" python3 -m http.server --directory "$TMP" --bind :: 80 >/dev/null 2>&1
wait_for 20 ns "$S" curl -sf -m 1 http://10.99.2.2/
is "$(ns "$C" curl -s -m 10 http://10.99.2.2/index.html)" through 'curl'
is "$(ns "$C" curl -s -m 10 'http://[fd99:2::2]/index.html')" through 'over IPv6'
background ns "$S" iperf3 -s >/dev/null
for hook in xdp ingress; do
	"${W[@]}" off
	"${W[@]}" dev r0 $hook on
	"${W[@]}" dev r1 $hook on
	for to in 10.99.2.2 fd99:2::2; do
		was=$(sent_to r1)
		wait_for 5 ns "$C" iperf3 -c $to -n 1M
		ok "$hook: iperf3 to $to" ns "$C" iperf3 -c $to -n 20M -J
		now=$(sent_to r1)
		[ $((${now#* } - ${was#* })) -gt 15000000 ]
		verdict $? "$hook: its bytes went here"
	done
	note "$("${W[@]}" show)"
done

# ---- words ---------------------------------------------------------------------------------

"${W[@]}" off
fails 'off, when nothing is on' "${W[@]}" off
like "$err" 'no interface forwards; weir forward dev DEV on begins' 'says how to begin'
fails 'show' "${W[@]}" show
fails 'to alone' "${W[@]}" to r1 on
like "$err" 'r1: no interface forwards yet' 'is nothing'
run "${W[@]}" on
is "$status" 2 'on without an interface: usage'
for words in 'dev nosuch on' 'dev lo on' 'dev r0 egress on' 'dev r0 to r1 on' 'to r1 ingress on' \
	'dev r0 native on' 'dev r0'; do
	# shellcheck disable=SC2086 # words
	fails "refused: $words" "${W[@]}" $words
	like "$err" '^weir: ' 'with a cause'
done
ip -n "$R" link add br0 type bridge
ip -n "$R" link set r2 master br0
fails 'a port of a bridge' "${W[@]}" dev r2 on
like "$err" 'r2: is part of br0, which forwards its frames otherwise; name br0' 'is the bridge'"'"'s'
ip -n "$R" link set r2 nomaster
ip -n "$R" link del br0
ok 'on' "${W[@]}" dev r0 xdp generic on
fails 'the other hook' "${W[@]}" dev r0 ingress on
like "$err" 'r0: forwards at xdp generic already; .weir forward dev r0 off. comes first' 'is refused'
fails 'the other mode' "${W[@]}" dev r0 xdp native on
is "$(find "$BPFFS/tc/globals" -name 'weir_forward*' | wc -l)" 1 'what is refused leaves nothing'
ok 'off' "${W[@]}" dev r0 off
is "$("$WEIR" -n "$R" -j show)" '[]' 'nothing stays attached'
is "$(find "$BPFFS/tc/globals" -name 'weir_forward*' | wc -l)" 0 'nor pinned'
if skip_unless 'kernel_has xdp-features' 'interfaces tell whether they take frames from XDP since Linux 6.3' 8; then
	ns "$S" ethtool -K s0 gro off
	ok 'an interface whose driver sends no frames of XDP now' "${W[@]}" dev r0 xdp native on
	"${W[@]}" to r1 on 2>"$TMP/err"
	like "$(cat "$TMP/err")" 'note: r1: its other end takes no frames from XDP' 'is noted'
	ok 'its packets' pings 10.99.2.2
	is "$(count egress)" 1 'take the way of the stack'
	ns "$S" ethtool -K s0 gro on
	ok 'on again' "${W[@]}" to r1 on
	unlike "$err" 'from XDP' 'without a note'
	ok 'then they' pings 10.99.2.2
	is "$(count sent)" 1 'are forwarded here'
fi
"${W[@]}" off

# Where the kernel does not tell, a program at the other end does, in whatever namespace.
peer_has_xdp() {
	ns "$1" "$BUILD/tests/tool_attach" peer-has-xdp "$2"
}
kernel_has xdp-features || "$WEIR" -n "$S" -q detach dev s0 xdp
is "$(peer_has_xdp "$R" r1)" 0 'the other end of a veth has no program'
for mode in generic native; do
	"$WEIR" -n "$S" -q attach dev s0 xdp $mode obj "$BUILD/bpf/count.o" prog count_xdp
	is "$mode $(peer_has_xdp "$R" r1)" "$mode $([ $mode = native ] && echo 1 || echo 0)" 'it has one in the driver, or another'
	"$WEIR" -n "$S" -q detach dev s0 xdp
done
if ! kernel_has xdp-features; then
	"${W[@]}" dev r0 xdp native on 2>/dev/null
	ok 'to a veth whose other end has no program' "${W[@]}" to r1 on
	like "$err" 'note: r1: its other end has no XDP program' 'has a note'
	ok 'its packets' pings 10.99.2.2
	is "$(count egress) $(count sent)" '1 0' 'take the way of the stack'
	takes_xdp "$S" s0
	ok 'with a program there' "${W[@]}" to r1 on
	unlike "$err" 'XDP program' 'is none'
	ok 'then they' pings 10.99.2.2
	is "$(count sent)" 1 'are forwarded here'
	"${W[@]}" off
fi

# ---- with other steps ----------------------------------------------------------------------

"${W[@]}" dev r0 on
"${W[@]}" dev r1 on
ok 'a filter on the same interface' "$WEIR" -n "$R" filter dev r0 deny dst 10.99.2.2 proto icmp
fails 'drops what it denies' pings 10.99.2.2
was=$(count sent)
ok 'what passes it' pings fd99:2::2
is "$(($(count sent) - was))" 2 'is forwarded'
ok 'the filter goes' "$WEIR" -n "$R" filter dev r0 off
ok 'forwarding stays' pings 10.99.2.2
is "$(($(count sent) - was))" 4 'as it was'
"${W[@]}" off
"$WEIR" -q -n "$R" attach dev r0 xdp obj "$BUILD/bpf/count.o"
fails 'another program of weir is not replaced' "${W[@]}" dev r0 on
like "$err" 'xdp holds program count_xdp .*force replaces it' 'it is named'
is "$(find "$BPFFS/tc/globals" -name 'weir_forward*' | wc -l)" 0 'no set is left behind'
"$WEIR" -q -n "$R" detach dev r0
rm -f "$BPFFS/tc/globals/weir_count"

# ---- no packet is lost ---------------------------------------------------------------------

received() {
	ns "$S" sh -c "awk '/^Udp:/ { if (n++) print \$2 + \$3 }' /proc/net/snmp"
}
lost=
for hook in ingress 'xdp generic'; do
	for round in 1 2 3; do
		was=$(received)
		background ns "$C" "$BUILD/tests/tool_packets" send c0 \
			'eth 02:00:00:00:00:01 > 02:00:00:00:00:02 ipv4 10.99.1.1 > 10.99.2.2 udp 9 len 60 times 1000' >/dev/null
		# shellcheck disable=SC2086 # words
		for verb in on on off on; do
			"${W[@]}" dev r0 $hook $verb
			"${W[@]}" to r1 on 2>/dev/null
		done
		wait "$bg"
		sleep 0.1
		now=$(received)
		[ $((now - was)) = 1000 ] || lost+=" $hook $round: $((1000 - now + was))"
		"${W[@]}" off
	done
done
is "$lost" '' '1000 packets, on and off meanwhile, none is lost'

# ---- failures ------------------------------------------------------------------------------

# Each system call of a command fails, or is the last before SIGKILL; packets go on.
state() {
	"${W[@]}" show 2>/dev/null | grep -v '^#' | sed 's/ *#.*//'
}
"${W[@]}" dev r0 ingress on
old=$(state)
calls=$(strace -f -e trace=bpf -o "$TMP/calls" "${W[@]}" dev r1 ingress on && wc -l <"$TMP/calls")
new=$(state)
like "$new" 'r0.*r1' 'two are on'
bad=
for ((i = 1; i < calls; i += 3)); do
	"${W[@]}" dev r1 off 2>/dev/null
	strace -f -o /dev/null -e trace=bpf -e "inject=bpf:error=ENOMEM:when=$i" "${W[@]}" dev r1 ingress on 2>"$TMP/err"
	code=$?
	now=$(state)
	[ $code = 0 ] && [ "$now" != "$new" ] && bad+="call $i: status 0, old state;"
	[ $code != 0 ] && [ "$now" != "$old" ] && bad+="call $i: status $code, $now;"
	[ $code != 0 ] && ! grep -q '^weir: ' "$TMP/err" && bad+="call $i: no word;"
done
is "$bad" '' "every third of $((calls - 1)) calls fails: as before and a cause, or done"
ok 'packets have their way' pings 10.99.2.2
bad=
for ((i = 1; i < calls; i += 7)); do
	"${W[@]}" dev r1 off 2>/dev/null
	strace -f -o /dev/null -e trace=bpf -e "inject=bpf:signal=KILL:when=$i" "${W[@]}" dev r1 ingress on 2>/dev/null
	pings 10.99.2.2 || bad+="call $i: no packets;"
	"${W[@]}" dev r1 ingress on || bad+="call $i: not again;"
	[ "$(state)" = "$new" ] || bad+="call $i: $(state);"
done
is "$bad" '' 'killed at every seventh call: packets have their way, the next command does it'
"${W[@]}" off
for dev in r0 r1 r2; do
	"${W[@]}" dev $dev xdp generic on &
	adders+=($!)
done
wait "${adders[@]}"
is "$(state | wc -l)" 3 'three commands at once: all of them'
ip -n "$R" link del r2
ok 'an interface goes' "${W[@]}" show
is "$(state | wc -l)" 2 'the others stay'
ok 'and forward' pings 10.99.2.2
rm "$BPFFS"/tc/globals/weir_forward-*
ok 'a set whose pin was removed leaves all to the stack' wait_for 5 pings 10.99.2.2
fails 'it cannot be edited' "${W[@]}" dev r0 on
like "$err" 'has lost its program: its pin was removed' 'says why'
ok 'but taken off' "${W[@]}" off
is "$("$WEIR" -n "$R" -j show)" '[]' 'all of it'

done_testing
