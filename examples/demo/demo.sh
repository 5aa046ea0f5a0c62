#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# make demo: one program, attached in four ways, counts packets whose number is
# known. Two network namespaces joined by a veth pair are made for each way:
#
#	sender  va ----------- vb  receiver, where the program is attached
#
# What was sent is the sender's kernel's own count (/proc/net/snmp, snmp6); what
# was counted is what `weir stat` says. All of it stands in a mount namespace with
# a bpffs of its own (selftests/lib.sh): nothing is left behind, and nothing of
# the machine is touched.
#
# shellcheck disable=SC2016 # awk and the inner shells expand

if [ "$(id -u)" != 0 ]; then
	echo 'weir: make demo needs root, for network namespaces and BPF programs: sudo make demo' >&2
	exit 1
fi
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../../selftests/lib.sh"

LEGACY=$BUILD/bpf/legacy/count.o
MODERN=$BUILD/bpf/count.o
BAD=0
VERDICTS=0

say() {
	printf '%s\n' "$*"
}

# step COMMAND...: shown without its namespace, then run; failing ends the demo.
step() {
	local where=$1
	shift
	printf '    # %s\n' "${*//"$BUILD"/build}"
	case $1 in
	weir) "$WEIR" -n "$where" "${@:2}" ;;
	*) ns "$where" "$@" ;;
	esac >"$TMP/step" 2>&1 || {
		cat "$TMP/step"
		say "  FAILED: the command above"
		exit 1
	}
}

# kernel_count NETNS FILE NAME: of /proc/net/snmp "Proto: Name" or snmp6 "Name".
kernel_count() {
	case $2 in
	snmp) ns "$1" awk -v want="$3" '$1 == p { for (i = 2; i <= NF; i++) if (p name[i] == want) print $i }
		{ p = $1; for (i = 2; i <= NF; i++) name[i] = $i }' /proc/net/snmp ;;
	snmp6) ns "$1" awk -v want="$3" '$1 == want { print $2 }' /proc/net/snmp6 ;;
	esac
}

# TCP's counters do not tell IPv4 from IPv6: the families take turns. OutSegs
# leaves out what is sent again.
tcp_sent() {
	echo $(($(kernel_count "$1" snmp Tcp:OutSegs) + $(kernel_count "$1" snmp Tcp:RetransSegs)))
}

listen() {
	local port
	for port in UDP4-RECV:9000 UDP6-RECV:9000,ipv6only=1; do
		background ns "$B" socat -u "$port" OPEN:/dev/null,wronly
	done
	for port in TCP4-LISTEN:9001,fork TCP6-LISTEN:9001,fork,ipv6only=1; do
		background ns "$B" socat -u "$port" OPEN:/dev/null,wronly
	done
	wait_for 5 listening
}

listening() {
	local tables
	tables=$(ns "$B" cat /proc/net/udp /proc/net/udp6 /proc/net/tcp /proc/net/tcp6)
	# 9000 and 9001 in hexadecimal, local side
	[ "$(grep -cE ':(2328|2329) 0+:0000' <<<"$tables")" = 4 ]
}

# udp ADDRESS COUNT: one datagram for each write.
udp() {
	ns "$A" bash -c 'exec 3>"/dev/udp/$0/9000" && for ((i = 0; i < $1; i++)); do
		echo "datagram $i" >&3; done' "$1" "$2"
}

# Known traffic; sets sent[counter name].
declare -A sent
traffic() {
	local before four=10.99.$VETHS.2 six=fd99:$VETHS::2
	sent=()
	ns "$A" ping -q -c 10 -i 0.01 -W 2 "$four" >/dev/null
	ns "$A" ping -q -c 12 -i 0.01 -W 2 "$six" >/dev/null
	udp "$four" 100
	udp "$six" 120
	before=$(tcp_sent "$A")
	head -c 1000000 /dev/zero | ns "$A" socat -u - "TCP4:$four:9001"
	wait_for 5 quiet
	sent[ipv4_tcp]=$(($(tcp_sent "$A") - before))
	before=$(tcp_sent "$A")
	head -c 1000000 /dev/zero | ns "$A" socat -u - "TCP6:[$six]:9001"
	wait_for 5 quiet
	sent[ipv6_tcp]=$(($(tcp_sent "$A") - before))
	sent[ipv4_icmp]=$(kernel_count "$A" snmp Icmp:OutEchos)
	sent[ipv6_icmp]=$(kernel_count "$A" snmp6 Icmp6OutEchos)
	sent[ipv4_udp]=$(kernel_count "$A" snmp Udp:OutDatagrams)
	sent[ipv6_udp]=$(kernel_count "$A" snmp6 Udp6OutDatagrams)
}

# No TCP connection is open: the last segment has been sent. The receiving end
# closes last, so its answer is awaited, too.
quiet() {
	! ns "$A" cat /proc/net/tcp /proc/net/tcp6 | awk '$4 ~ /^(01|02|04|05|08|09|0B)$/' | grep -q . &&
		! ns "$B" cat /proc/net/tcp /proc/net/tcp6 | awk '$4 ~ /^(01|03|04|05|08|09|0B)$/' | grep -q .
}

# compare HOOK: a line for each class, and one for everything else.
compare() {
	local hook=$1 class counted other
	"$WEIR" stat weir_count all >"$TMP/stat" || exit 1
	for class in ipv4_icmp ipv4_udp ipv4_tcp ipv6_icmp ipv6_udp ipv6_tcp; do
		counted=$(awk -v name="${hook}_$class" '$1 == name { print $2 }' "$TMP/stat")
		row "${hook}_$class" "${sent[$class]}" "$counted"
	done
	other=$(awk -v hook="^${hook}_" '$1 ~ hook && $1 !~ /ipv[46]_(icmp|udp|tcp)$/ { n += $2 }
		END { print n + 0 }' "$TMP/stat")
	row "${hook}, any other class" 0 "$other"
}

row() {
	local verdict=correct
	if [ "$2" != "$3" ] || [ -z "$3" ]; then
		verdict=WRONG
		BAD=$((BAD + 1))
	fi
	VERDICTS=$((VERDICTS + 1))
	printf '    %-24s %9s %9s   %s\n' "$1" "$2" "$3" "$verdict"
}

# way TITLE: fresh namespaces and counters for the next way.
way() {
	rm -rf "${BPFFS:?}"/tc "$BPFFS"/xdp "$BPFFS"/ip
	netns_add A B
	veth_pair "$A" va "$B" vb
	listen || {
		say '  FAILED: the listeners do not start'
		exit 1
	}
	say
	say "$1"
}

# measure HOOK...: sends, then compares at each hook.
measure() {
	local hook
	traffic
	printf '    %-24s %9s %9s\n' counter sent counted
	for hook; do
		compare "$hook"
	done
}

say "weir counts packets: bpf/count.bpf.c, attached in four ways, against the sender's own count."
say 'Each way has a new pair of network namespaces: 22 pings, 220 UDP datagrams and two TCP'
say 'connections of 1 MB go from one to the other, half of them over IPv6.'

way '1. weir attach, the object in the old form (iproute2 map records): XDP and tc ingress'
step "$B" weir attach dev vb xdp obj "$LEGACY" prog count_xdp
step "$B" weir attach dev vb ingress obj "$LEGACY" prog count_ingress
measure xdp ingress

way '2. weir attach, the object in the modern form (BTF maps): XDP and tc ingress'
step "$B" weir attach dev vb xdp obj "$MODERN" prog count_xdp
step "$B" weir attach dev vb ingress obj "$MODERN" prog count_ingress
measure xdp ingress

way '3. the ip command of this machine, the modern form: XDP'
step "$B" ip link set dev vb xdp obj "$MODERN" sec xdp
measure xdp

way '4. the tc command of this machine, the modern form: tc ingress'
step "$B" tc qdisc add dev vb clsact
step "$B" tc filter add dev vb ingress bpf da obj "$MODERN" sec classifier
measure ingress

say
say 'The last counters, as weir shows them (weir stat weir_count):'
"$WEIR" stat weir_count | sed 's/^/    /'
say
if [ "$BAD" != 0 ]; then
	say "$BAD of $VERDICTS counters are WRONG."
	exit 1
fi
say "All $VERDICTS counters are correct. Nothing is left behind: the namespaces end with this script."
