#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `weir ip`: XDP and routes through BPF, with packets; what is shown, and what is said.
# What is equal to stock ip is in test_twin.sh.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

netns_add A
netns_add B
veth_pair "$A" v0 "$B" v1
LWT=$PROGS/ip_lwt.o
NEW=$BUILD/bpf/count.o
"$WEIR" -q convert "$LWT" -o "$TMP/lwt_new.o"

ip_a() {
	ns "$A" "$WEIR" ip "$@"
}
ip_b() {
	ns "$B" "$WEIR" ip "$@"
}

# hits PLACE: runs counted by selftests/progs/ip_lwt.c.
hits() {
	bpftool -j map lookup pinned "$BPFFS/tc/globals/lwt_hits" key "$1" 0 0 0 |
		jq '.formatted.value // ([.value[] | ltrimstr("0x")] | reverse | join("") | tonumber)' 2>/dev/null ||
		bpftool -j map lookup pinned "$BPFFS/tc/globals/lwt_hits" key "$1" 0 0 0
}

# xdp NETNS DEV: "MODE ID", 1 native, 2 generic; nothing without a program.
xdp() {
	ip -n "$1" -j link show dev "$2" | jq -r '.[0].xdp // empty | "\(.mode) \(.prog.id)"'
}

# ---- routes: old objects in every place, and packets ----------------------------------

ok 'encap bpf out and xmit, an object of iproute2' \
	ip_a route add 10.200.0.0/24 encap bpf out obj "$LWT" sec out xmit obj "$LWT" sec xmit via 10.99.1.2
ns "$A" ping -q -n -c 3 -i 0.01 -W 0.1 10.200.0.1 >/dev/null 2>&1
is "$(hits 2)" 3 'out sees each packet'
is "$(hits 3)" 3 'xmit sees each packet'
ns "$A" ping -q -n -c 1 -W 0.1 10.99.1.2 >/dev/null
is "$(hits 2)" 3 'and no packet of another route'

ok 'the default section' ip_a route replace 10.200.0.0/24 encap bpf xmit obj "$LWT" headroom 20 via 10.99.1.2
ns "$A" ping -q -n -c 2 -i 0.01 -W 0.1 10.200.0.1 >/dev/null 2>&1
is "$(hits 0)" 2 'is prog'
like "$(ip -n "$A" route show 10.200.0.0/24)" 'encap bpf xmit ip_lwt.o:\[prog\]' 'and shown so'

ns "$B" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	echo 1 >/proc/sys/net/ipv6/conf/all/seg6_enabled; echo 1 >/proc/sys/net/ipv6/conf/v1/seg6_enabled'
ok 'encap bpf in' ip_b route add 10.201.0.0/24 encap bpf in obj "$LWT" sec in via 10.99.1.1
ip -n "$A" route add 10.201.0.0/24 via 10.99.1.2
ns "$A" ping -q -n -c 3 -t 3 -i 0.01 -W 0.1 10.201.0.1 >/dev/null 2>&1
[ "$(hits 1)" -ge 3 ]
verdict $? 'in sees forwarded packets' "$(hits 1)"

ok 'seg6local End.BPF' ip_b -6 route add fd00:51d::1/128 encap seg6local action End.BPF endpoint obj "$LWT" sec end dev v1
ip -n "$A" -6 route add fd00:51d::/64 via fd99:1::2
ip -n "$A" -6 route add fd00:dd::/64 encap seg6 mode encap segs fd00:51d::1,fd00:51d::2 via fd99:1::2 dev v0
ns "$A" ping -6 -q -n -c 4 -i 0.01 -W 0.1 fd00:dd::1 >/dev/null 2>&1
is "$(hits 4)" 4 'sees each packet'
ok 'with counters of the kernel' ip_b -6 route add fd00:51d::9/128 encap seg6local action End.BPF endpoint obj "$LWT" sec end count dev v1
# Stock ip asks for them, too.
seg6_counts() {
	ip -n "$B" -6 route add fd00:51d::8/128 encap seg6local action End count dev v1 &&
		ip -n "$B" -6 -s route show fd00:51d::8 | grep 'packets 0'
}
if skip_unless seg6_counts 'routes of seg6local count since Linux 5.13'; then
	like "$(ns "$B" ip -6 -s route show fd00:51d::9)" 'packets 0' 'which are there'
fi

ok 'one of two next hops' ip_a route add 10.202.0.0/24 \
	nexthop encap bpf out obj "$LWT" sec out via 10.99.1.2 nexthop via 10.99.1.3 dev v0
ok 'a next hop object' ip_a nexthop add id 9 encap bpf xmit obj "$LWT" sec xmit via 10.99.1.2 dev v0
ok 'and a route through it' ip -n "$A" route add 10.203.0.0/24 nhid 9
was=$(hits 3)
ns "$A" ping -q -n -c 2 -i 0.01 -W 0.1 10.203.0.1 >/dev/null 2>&1
is "$(hits 3)" $((was + 2)) 'that sees packets'

ok 'a pinned program' bpftool prog load "$TMP/lwt_new.o" "$BPFFS/lwt" type lwt_xmit
ok 'in a route' ip_a route add 10.204.0.0/24 encap bpf xmit pinned "$BPFFS/lwt" dev v0

# Refused: nothing stays.
rm -r "$BPFFS/tc"
run ip_a route add 10.200.0.0/24 encap bpf out obj "$LWT" sec out via 10.99.1.2
exits 2 'a route that is there'
like "$err" '^RTNETLINK answers: File exists$' 'in the words of ip'
run ip_a route add 10.205.0.0/24 encap bpf xmit obj "$LWT" headroom 300 dev v0
exits 2 'a headroom that the kernel refuses'
[ ! -e "$BPFFS/tc/globals/lwt_hits" ]
verdict $? 'a refused route leaves no pin'

# ---- XDP: modes ------------------------------------------------------------------------

ok 'xdp' ip_a link set dev v0 xdp obj "$NEW" sec xdp
like "$(xdp "$A" v0)" '^1 ' 'is native on veth'
id=$(xdp "$A" v0)
id=${id#* }
run ip_a link set dev v0 xdp obj "$NEW" sec xdp
exits 2 'over a program without -force'
is "${err%%$'\n'*}" 'Error: XDP program already attached.' "the kernel's text is the first line"
like "$err" "v0: xdpdrv holds program id $id; -force" 'then who holds it, and what helps'
run ip_a link set dev v0 xdpgeneric off
exits 0 'off of another mode'
is "$out" '' 'says nothing on standard output'
like "$err" "^note: v0: program id $id is still attached, as xdpdrv" 'but that the program is still there'
is "$(xdp "$A" v0)" "1 $id" 'which it is'
ok 'with -force' ip_a -force link set dev v0 xdp obj "$NEW" sec xdp
[ "$(xdp "$A" v0)" != "1 $id" ]
verdict $? 'it is replaced'
ok 'off before another setting' ip_a link set dev v0 xdp off mtu 1400
is "$(xdp "$A" v0)" '' 'removes it'
like "$(ip -n "$A" link show v0)" 'mtu 1400' 'and makes the setting'
run ip_a link set dev v0 xdp off
exits 0 'off twice'
is "$err" '' 'is silent'
ok 'generic' ip_a link set v0 xdpgeneric obj "$NEW" sec xdp
run ip_a link set dev v0 xdp off
exits 0 'off, with a generic program on a device with a native mode'
like "$err" 'still attached, as xdpgeneric' 'is said to have left it'
ok 'the right word' ip_a link set dev v0 xdpgeneric off

ok 'an interface behind its settings' ip_a link set mtu 1500 v0 xdp obj "$NEW" sec xdp
ok 'an interface behind xdp' ip_a link set xdp off dev v0
ok 'a short verb' ip_a l s v0 xdp obj "$NEW" sec xdp
ok 'a group' ip_a link set group default xdp off
is "$(xdp "$A" v0)" '' 'whose every member is meant'
run ip_a link set group default xdpoffload obj "$NEW" sec xdp
exits 255 'a group has no program for one device'
run ip_a link set xdp off
exits 255 'no interface'
like "$err" '"dev" argument is required' 'in the words of ip'

# All or nothing: one message.
run ip_a link set dev v0 mtu 1000000 xdp obj "$NEW" sec xdp
exits 2 'a setting that the kernel refuses'
is "$(xdp "$A" v0)" '' 'and no program'
# the kernel does settings in its own order; a refused program leaves no pin either
rm -rf "$BPFFS/tc"
ok 'a large MTU' ip -n "$A" link set v0 mtu 9000
ok 'a large MTU' ip -n "$B" link set v1 mtu 9000
run ip_a link set dev v0 xdp obj "$NEW" sec xdp
exits 2 'a native program and a large MTU'
like "${err%%$'\n'*}" '^Error: .*MTU' "the kernel's text is the first line"
like "$err" $'\nv0: .*smaller MTU.*xdp.frags.*xdpgeneric' 'then what can be done'
[ ! -e "$BPFFS/tc/globals/weir_count" ]
verdict $? 'its pins are taken back'
if skip_unless 'kernel_has frags' 'xdp.frags needs Linux 5.18' 2; then
	ok 'its own remedy' ip_a link set dev v0 xdp obj "$NEW" sec xdp.frags
	ok 'and off' ip_a link set dev v0 xdp off
fi
ip -n "$A" link set v0 mtu 1500
ip -n "$B" link set v1 mtu 1500

# A BPF link holds the hook.
ok 'a pinned program' bpftool prog loadall "$PROGS/bench_small.o" "$BPFFS/progs"
ok 'a BPF link' ns "$A" "$BUILD/tests/tool_attach" xdp-link v0 "$BPFFS/progs/small_xdp" "$BPFFS/link"
for words in 'obj NEW sec xdp' off; do
	# shellcheck disable=SC2086 # words
	run ip_a -force link set dev v0 xdp ${words/NEW/$NEW}
	exits 2 "a BPF link holds the hook: $words"
	like "${err%%$'\n'*}" '^Error: ' "the kernel's text is the first line"
	like "$err" 'by a BPF link, which only its owner replaces' 'then who'
done
rm "$BPFFS/link"

# ---- names that look like ours -----------------------------------------------------------

ok 'an alias xdp' ip_a link set dev v0 alias xdp
is "$(ip -n "$A" -j link show dev v0 | jq -r '.[0].ifalias')" xdp 'is an alias'
ip -n "$A" link set dev v0 down
ok 'a name xdp' ip_a link set dev v0 name xdp
ok 'an interface xdp' ip_a link set dev xdp xdpgeneric obj "$NEW" sec xdp
like "$(xdp "$A" xdp)" '^2 ' 'has a program'
ok 'and then none' ip_a link set dev xdp xdpgeneric off name v0 up
is "$(xdp "$A" v0)" '' 'under another name'

# ---- show --------------------------------------------------------------------------------

# between NETNS WORDS...: out is what weir prints, stock what ip prints, of counters that stood still.
between() {
	local before
	for _ in $(seq 20); do
		before=$(ns "$1" ip "${@:2}")
		run ns "$1" "$WEIR" ip "${@:2}"
		stock=$(ns "$1" ip "${@:2}")
		[ "$before" != "$stock" ] || return
	done
}
same_show() {
	between "$A" "$@"
	is "$out" "$stock" "ip $*: as the real one prints"
}
for words in 'link show v0' '-s link show v0' '-s -j link show v0' '-s -d addr show' '-s -br link' 'addr'; do
	# shellcheck disable=SC2086 # words
	same_show $words
done
run ns "$A" strace -f -q -e trace=execve,pipe2 -o "$TMP/trace" "$WEIR" ip -s link show v0
is "$(grep -c -e pipe2 -e fork "$TMP/trace")" 0 'nothing is counted: the real ip takes our place'

counting=$(cat /proc/sys/kernel/bpf_stats_enabled)
on_exit sh -c "echo $counting >/proc/sys/kernel/bpf_stats_enabled"
echo 1 >/proc/sys/kernel/bpf_stats_enabled
ok 'a program that runs' ip_b link set dev v1 xdp obj "$NEW" sec xdp
send "$A" v0 ipv4 5 >/dev/null
run ip_b -s link show v1
like "$out" $'\n    prog/xdp id [0-9]+ name count_xdp tag [0-9a-f]{16} jited run_cnt 5 run_time_ns [0-9]+ \n    RX:' \
	'-s: runs behind the program'
run ip_b -s -o link show v1
like "$out" 'jited run_cnt 5 run_time_ns [0-9]+ \\    RX:' '-s -o: in its one line'
for j in -j '-j -p'; do
	# shellcheck disable=SC2086 # words
	between "$B" -s $j link show v1
	is "$(jq -r '.[0].xdp | .prog.run_cnt, .attached[0].prog.run_cnt' <<<"$out" | xargs)" '5 5' "-s $j: runs as members"
	is "$(jq 'del(.[].xdp.prog.run_cnt, .[].xdp.prog.run_time_ns, .[].xdp.attached[].prog.run_cnt, .[].xdp.attached[].prog.run_time_ns)' <<<"$out")" \
		"$(jq . <<<"$stock")" "-s $j: and else as the real ip prints"
done
run ip_b -s -d addr show v1
like "$out" 'run_cnt 5' 'ip -s -d addr show'
run ip_b link show v1
unlike "$out" run_cnt 'without -s as ever'
run ip_b -s link show nosuch
is "$status" 1 'a wrong line has the status of the real ip'

done_testing
