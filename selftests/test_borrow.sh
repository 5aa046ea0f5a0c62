#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Requests that the real tc and ip build for weir: the same bytes as they would have
# sent themselves, and nothing else reaches the kernel.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/requests.sh
. "$ROOT/selftests/requests.sh"

netns_add A
netns_add B
veth_pair "$A" v0 "$B" v1
NEW=$BUILD/bpf/count.o
cp "$NEW" "$TMP/new.o"
cd "$TMP" || exit
ns "$A" tc qdisc add dev v0 clsact

# request WORDS...: the changing requests that a process itself sends: RTM_NEWLINK, SETLINK,
# NEWROUTE, NEWTFILTER, NEWACTION, NEWNEXTHOP.
request() {
	ns "$A" strace "${STRACE[@]}" -o trace "$@" >/dev/null 2>strace.err
	trace_of trace '10|13|18|2c|30|68'
}

# same WORDS...: WORDS, as `ip` or `tc` and through weir, send one and the same request.
# Run twice each: the second one is refused or not, and sent all the same.
same() {
	local stock weir
	stock=$(request "$@")
	weir=$(request "$WEIR" "$@")
	[ -n "$stock" ]
	verdict $? "$*: stock sends something" "$(cat trace)"
	is "$weir" "$stock" "$*: the same bytes"
}

same ip link set dev v0 xdp obj new.o sec xdp
same ip link set dev v0 xdp off
same ip link set dev v0 mtu 1400 xdp obj new.o sec xdp alias foo
same ip link set v0 alias foo xdpdrv obj new.o sec xdp up
same ip -force link set mtu 1450 dev v0 xdp obj new.o sec xdp
same ip link set group 7 xdp off
same ip link set dev v0 promisc on protodown_reason 3 on xdpgeneric off
ns "$A" ip link set dev v0 xdp off
same ip route add 10.9.0.0/24 encap bpf out obj new.o sec tc dev v0
same ip route replace 10.9.0.0/24 encap bpf in obj new.o sec tc xmit obj new.o sec tc headroom 14 via 10.99.1.2 metric 5 mtu 1300
same ip route append 10.9.1.0/24 encap bpf headroom 14 dev v0
same ip -6 route add fd00:9::/64 encap bpf xmit obj new.o sec tc dev v0 table 7
same ip route add 10.9.2.0/24 nexthop encap bpf out obj new.o sec tc via 10.99.1.2 weight 3 nexthop via 10.99.1.3 dev v0
same ip route add 10.9.3.0/24 nexthop encap bpf out obj new.o sec tc via 10.99.1.2 nexthop encap bpf xmit obj new.o sec tc headroom 9 via 10.99.1.3
same ip nexthop add id 5 encap bpf out obj new.o sec tc via 10.99.1.2 dev v0
same ip -6 route add fd00:a::/64 encap seg6local action End.BPF endpoint obj new.o sec tc dev v0
same ip -6 route add fd00:b::/64 encap seg6local action End.BPF endpoint obj new.o sec tc count dev v0
same tc filter add dev v0 ingress protocol ip pref 3 bpf obj new.o classid 1:1 action mirred egress redirect dev v0
same tc filter add dev v0 ingress bpf obj new.o police rate 1mbit burst 10k conform-exceed drop

# A mixture of ours and of the real ip's tunnels.
ok 'a tunnel of ip beside one of BPF' ns "$A" "$WEIR" ip route add 10.9.4.0/24 \
	nexthop encap ip id 1 dst 10.99.1.9 dev v0 nexthop encap bpf out obj new.o sec tc via 10.99.1.2
run ns "$A" ip route show 10.9.4.0/24
like "$out" 'encap ip id 1 .*encap bpf out new.o:\[tc\]' 'each at its next hop'

# ---- the real program fails, or is not there ---------------------------------------

before=$(ns "$A" ip -d route show table all; ns "$A" ip -d link show v0)
run ns "$A" "$WEIR" ip route add 10.10.0.0/33 encap bpf out obj new.o sec tc dev v0
exits 1 'what the real ip finds wrong ends with its status'
like "$err" 'prefix is expected' 'and with its words'
run ns "$A" "$WEIR" ip link set dev v0 mtu x xdp obj new.o sec xdp
exits 255 'the same for links'
run ns "$A" "$WEIR" ip link set dev v0 frob 1 xdp obj new.o sec xdp
exits 255 'an unknown setting'
run ns "$A" "$WEIR" ip link set dev v0 mtu 1300 xdp obj nofile.o
exits 255 'an object that is not there'
run ns "$A" "$WEIR" ip link set dev v0 mtu 1300 xdp obj new.o sec nosuch
exits 255 'a section that is not there'
# a file that cannot be run, over the real one
: >noip
# shellcheck disable=SC2016 # the inner shell expands
run ns "$A" unshare -m sh -c 'mount --bind noip "$(readlink -f "$(command -v ip)")"; exec "$@"' - "$WEIR" ip link set dev v0 mtu 1300 xdp obj new.o sec xdp
exits 1 'no real ip'
like "$err" 'not in PATH; install iproute2' 'says what to do'
is "$(ns "$A" ip -d route show table all; ns "$A" ip -d link show v0)" "$before" 'none of these has changed anything'

# ---- scripts in the place of the real program -----------------------------------------

mkdir bin
REAL_IP=$(type -P ip)
script() {
	printf '#!/bin/sh\n%s\n' "$1" >bin/ip
	chmod 755 bin/ip
}
n=0
for text in "exec $REAL_IP \"\$@\"" "$REAL_IP \"\$@\"; exit 3" "x=\$(date); $REAL_IP -V >/dev/null; $REAL_IP \"\$@\" | cat"; do
	n=$((n + 1))
	script "$text"
	ok "a script: $text" ns "$A" env "PATH=$TMP/bin:$PATH" "$WEIR" ip route add "10.11.$n.0/24" \
		encap bpf out obj new.o sec tc dev v0
	like "$(ns "$A" ip route show "10.11.$n.0/24")" 'encap bpf out new.o:\[tc\]' 'and the request is ours'
done
is "$(ns "$A" ip route show | grep -c 'encap ip id 8')" 0 'no stand-in has reached the kernel'
script 'kill -KILL $$'
run ns "$A" env "PATH=$TMP/bin:$PATH" "$WEIR" ip link set dev v0 mtu 1300 xdp off
exits 1 'one that is killed'
script 'exit 0'
run ns "$A" env "PATH=$TMP/bin:$PATH" "$WEIR" ip link set dev v0 mtu 1300 xdp off
exits 1 'one that asks nothing'
like "$err" 'asked nothing of the kernel' 'says so'

# Killed while the real program runs, weir takes it along.
script 'echo $$ >'"$TMP/pid"'; sleep 300'
background ns "$A" env "PATH=$TMP/bin:$PATH" "$WEIR" ip link set dev v0 mtu 1300 xdp off
wait_for 10 test -s "$TMP/pid"
stop "$bg" KILL
wait_for 10 test ! -e "/proc/$(cat "$TMP/pid")"
verdict $? 'weir is killed: what it traced is, too'

# ---- where tracing is forbidden ----------------------------------------------------------

# A process that is traced cannot be traced again: strace -f does that to it.
run ns "$A" strace -f -q -o /dev/null "$WEIR" ip link set dev v0 mtu 1300 xdp off
exits 1 'tracing is forbidden'
like "$err" 'not permitted here \(ptrace\)' 'says so'
like "$(ns "$A" ip link show v0)" 'mtu 1450' 'and has changed nothing'
ok 'what needs no real ip works there' ns "$A" strace -f -q -o /dev/null "$WEIR" ip link set dev v0 xdp off

done_testing
