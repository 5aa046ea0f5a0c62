#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bpf/count.bpf.c: every class in every program, by frames given to the kernel's
# test run and by frames on a link; both forms of the object, loaded by weir,
# bpftool, ip and tc.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

RUN=$BUILD/tests/tool_prog_run
MODERN=$BUILD/bpf/count.o
LEGACY=$BUILD/bpf/legacy/count.o

# ---- frames through BPF_PROG_TEST_RUN ------------------------------------------

PIN=$BPFFS/count
fed=$(scaled 100000)
# bpftool cannot leave out the program that the kernel does not take.
run_all() {
	ok 'bpftool loads every program of the modern object' bpftool prog loadall "$MODERN" "$PIN"
	local each hook prog
	for each in xdp:count_xdp xdp.frags:count_xdp_frags ingress:count_ingress egress:count_egress; do
		hook=${each%%:*} prog=$PIN/${each##*:}
		ok "$hook: every frame of the table" "$RUN" "$hook" "$prog" table
		case $hook in
		xdp.frags) like "$out" 'refused 0 ' "$hook: jumbo frames are fed, too" ;;
		xdp) unlike "$out" 'not taken: [^,]*, [0-9]{1,3} bytes' "$hook: every small frame is fed" ;;
		esac
		ok "$hook: cut at every byte" "$RUN" "$hook" "$prog" truncated
		ok "$hook: $fed random frames, program and model agree" \
			"$RUN" "$hook" "$prog" random "$fed" 20260101
		like "$out" "fed $fed " "$hook: all of them were fed"
	done
	for hook in ingress egress; do
		ok "$hook: segments of an aggregate are counted" \
			"$RUN" "$hook" "$PIN/count_$hook" aggregates
	done

	ok 'the map of all four programs is the pinned one' \
		bpftool map show pinned "$BPFFS/weir_count"
	like "$out" 'percpu_array' 'it has a row for each CPU'
	rm -rf "$PIN" "$BPFFS/weir_count"
}
if skip_unless 'kernel_has frags' 'xdp.frags needs Linux 5.18' 23; then
	run_all
fi

# ---- the form for network cards -------------------------------------------------

# On the host, which runs it, too: the same counters as above.
ok 'bpftool loads the form for network cards' \
	bpftool prog loadall "$BUILD/bpf/count_offload.o" "$PIN"
for each in xdp:count_xdp ingress:count_ingress; do
	hook=${each%%:*} prog=$PIN/${each##*:}
	ok "card, $hook: every frame of the table" "$RUN" "$hook" "$prog" table
	ok "card, $hook: cut at every byte" "$RUN" "$hook" "$prog" truncated
	ok "card, $hook: 20000 random frames, program and model agree" \
		"$RUN" "$hook" "$prog" random 20000 20260102
done
ok 'what it uses' "$WEIR" -j inspect "$BUILD/bpf/count_offload.o"
is "$(jq -c '[.programs[] | [.section, .helpers, .subprograms]]' <<<"$out")" \
	'[["xdp",["map_lookup_elem"],0],["classifier",["map_lookup_elem"],0]]' 'one helper, no calls'
is "$(jq -c '[.maps[] | [.name, .type, .flags]]' <<<"$out")" '[["weir_count","array",0]]' 'and a plain array'
rm -rf "$PIN" "$BPFFS/weir_count"

# ---- frames on a link ------------------------------------------------------------

# prog_id HOOK NETNS DEV
prog_id() {
	case $1 in
	xdp*) ip -n "$2" -j -d link show dev "$3" | jq -r '.[0].xdp.prog.id' ;;
	*) ns "$2" tc -j filter show dev "$3" "$1" |
		jq -r 'map(.options.prog.id | select(.)) | last' ;;
	esac
}

# counts HOOK NETNS DEV: what its program has counted.
counts() {
	"$RUN" "$1" "id $(prog_id "$1" "$2" "$3")" counts
}

# attach_with HOW NETNS DEV HOOK PROG SECTION: count is on the hook.
attach_with() {
	local how=$1 name=$2 dev=$3 hook=$4 prog=$5 sec=$6
	case $how in
	weir-legacy) "$WEIR" -n "$name" attach dev "$dev" "$hook" obj "$LEGACY" prog "$prog" ;;
	weir-modern) "$WEIR" -n "$name" attach dev "$dev" "$hook" obj "$MODERN" prog "$prog" ;;
	stock)
		if [ "$hook" = xdp ]; then
			ns "$name" ip link set dev "$dev" xdp obj "$MODERN" sec "$sec"
		else
			ns "$name" tc qdisc replace dev "$dev" clsact &&
				ns "$name" tc filter add dev "$dev" "$hook" bpf da obj "$MODERN" sec "$sec"
		fi
		;;
	esac
}

# The sender's list and the counters, of one hook each.
same_counts() {
	is "$(counts "$2" "$3" "$4")" "$(grep "^${2^^} " <<<"$sent")" "$1: $2 counted what was sent"
}

for way in weir-legacy:table weir-modern:truncated stock:table stock:truncated; do
	how=${way%%:*} words=${way##*:}
	rm -rf "$BPFFS"/tc "$BPFFS"/xdp
	netns_add A B
	veth_pair "$A" va "$B" vb
	ok "$how: attaches at XDP" attach_with "$how" "$B" vb xdp count_xdp xdp
	ok "$how: attaches at ingress" attach_with "$how" "$B" vb ingress count_ingress classifier
	ok "$how: attaches at egress" attach_with "$how" "$A" va egress count_egress tc
	is "$(find "$BPFFS" -name weir_count -type f | wc -l)" 1 "$how: one map, pinned once"

	# Whole frames, and each of them cut at every byte.
	run send "$A" va "$words"
	sent=$out
	for each in "xdp $B vb" "ingress $B vb" "egress $A va"; do
		# shellcheck disable=SC2086 # three words
		same_counts "$how, $words" $each
	done
done

# ---- tc: headers outside the linear part, tags beside the frame, neighbours ------------

rm -rf "$BPFFS"/tc "$BPFFS"/xdp
netns_add A B
veth_pair "$A" va "$B" vb 9000
attach_with weir-legacy "$B" vb ingress count_ingress classifier
attach_with weir-legacy "$A" va egress count_egress tc
for words in ipv4/tcp ipv6/hbh/dst/udp qinq/vlan/ipv6/icmp; do
	run send "$A" va "$words" 3 size 8000 linear 14
	is "$out" 'sent 3 24000' "sends $words with 14 bytes of it in the first part"
done
want='IPV4_TCP 3 24000
IPV6_UDP 3 24000
IPV6_ICMP 3 24000'
is "$(counts egress "$A" va)" "${want//IPV/EGRESS IPV}" 'egress reads headers outside the linear part'
is "$(counts ingress "$B" vb)" "${want//IPV/INGRESS IPV}" 'ingress does, too'

if skip_unless 'kernel_has frags' 'xdp.frags needs Linux 5.18' 2; then
	ok 'jumbo frames: XDP with frags attaches natively' \
		"$WEIR" -n "$B" attach dev vb xdp native obj "$LEGACY" prog count_xdp_frags
	run send "$A" va ipv6/udp 4 size 9014
	is "$(counts xdp "$B" vb)" 'XDP IPV6_UDP 4 36056' 'XDP with frags counts the whole jumbo frame'
fi

netns_add A B
veth_pair "$A" va "$B" vb
rm -rf "$BPFFS"/tc "$BPFFS"/xdp
ns "$A" tc qdisc add dev va clsact
ok 'a filter before it moves a tag beside the frame' ns "$A" tc filter add dev va egress pref 1 \
	bpf da obj "$PROGS/count_beside.o" sec classifier/push
ok 'count follows it' ns "$A" tc filter add dev va egress pref 2 \
	bpf da obj "$MODERN" sec tc
attach_with weir-modern "$B" vb ingress count_ingress classifier
run send "$A" va ipv4/udp 3 size 100
is "$(counts egress "$A" va)" 'EGRESS IPV4_UDP 3 312' 'egress counts the bytes of the tag'
is "$(counts ingress "$B" vb)" 'INGRESS IPV4_UDP 3 312' 'ingress counts the bytes of the tag'

ns "$A" tc filter del dev va egress pref 1
ok 'what it counted goes on' ns "$A" ping -c1 -W2 10.99.$VETHS.2
ns "$B" tc filter add dev vb ingress pref 65000 protocol all \
	bpf da obj "$PROGS/count_beside.o" sec classifier/drop
fails 'also to the filter behind it' ns "$A" ping -c1 -W1 10.99.$VETHS.2

done_testing
