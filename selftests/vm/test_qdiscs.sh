#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Queueing disciplines, classifiers and actions that many kernels lack, with programs beside
# and inside them, by packets: fq, fq_codel, prio; flower, matchall; gact, police.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

OBJ=$PROGS/attach_a.o
netns_add A B
# shellcheck disable=SC2153 # set by netns_add
veth_pair "$A" v0 "$B" v1

weir() {
	"$WEIR" -n "$A" "$@"
}
tc_in() {
	ns "$A" tc "$@"
}
# hits HOOK: how often the program of attach_a.c at XDP 0, ingress 1, egress 2 has run.
hits() {
	"$WEIR" map get attach_hits "$1" | awk '{ print $2 }'
}
# counts HOOK N DESCRIPTION COMMAND...: N runs are counted while COMMAND runs.
counts() {
	local hook=$1 n=$2 what=$3 before
	shift 3
	before=$(hits "$hook")
	"$@" >/dev/null 2>&1
	is "$(($(hits "$hook") - before))" "$n" "$what"
}
ping_b() {
	ns "$A" ping -q -c 3 -i 0.01 -W 1 10.99.1.2
}
# same WORDS...: tc prints the same, the real one and weir's.
same() {
	is "$(weir tc "$@" 2>&1)" "$(tc_in "$@" 2>&1)" "tc $*"
}

# ---- qdiscs beside programs ----------------------------------------------------------------

for qdisc in fq fq_codel; do
	ok "$qdisc" weir tc qdisc add dev v0 root $qdisc
	ok 'egress beside it' weir attach dev v0 egress obj "$OBJ"
	counts 2 3 'counts' ping_b
	ok 'and packets get through' ping_b
	same qdisc show dev v0
	ok 'replace' weir attach dev v0 egress obj "$OBJ"
	ok 'detach' weir detach dev v0
	like "$(tc_in qdisc show dev v0)" "^qdisc $qdisc [0-9a-f]+: root" 'leaves it'
	is "$(tc_in qdisc show dev v0 clsact)" '' 'and takes its own'
	ok 'del' weir tc qdisc del dev v0 root
done

# ---- qdiscs that a program chooses classes of ------------------------------------------------

# sent CLASS: packets of a class of prio
sent() {
	tc_in -s class show dev v0 | awk -v class="$1" '$1 == "class" { at = $3 } $1 == "Sent" && at == class { print $4 }'
}
# through CLASS DESCRIPTION COMMAND...: three packets of it
through() {
	local class=$1 what=$2 before
	shift 2
	before=$(sent "$class")
	"$@" >/dev/null 2>&1
	is "$(($(sent "$class") - before))" 3 "$what"
}
ping_6() {
	ns "$A" ping -6 -q -c 3 -i 0.01 -W 1 fd99:1::2
}
ok 'prio' weir tc qdisc add dev v0 root handle 1: prio
ok 'a filter of its' weir tc filter add dev v0 parent 1: protocol all pref 3 bpf obj "$PROGS/classify.o"
same filter show dev v0 parent 1:
through 1:2 'its program chooses a class' ping_b
through 1:1 'and another' ping_6
ok 'bytecode, by flowid' weir tc filter add dev v0 parent 1: protocol ip pref 2 bpf bytecode '1,6 0 0 4294967295' flowid 1:3
through 1:3 'goes before' ping_b
same filter show dev v0 parent 1:
ok 'egress besides' weir attach dev v0 egress obj "$OBJ"
counts 2 3 'counts' ping_b
ok 'detach' weir detach dev v0
is "$(tc_in filter show dev v0 parent 1: | grep -c handle)" 2 "leaves the qdisc's filters"
ok 'del' weir tc qdisc del dev v0 root

# ---- classifiers and actions -----------------------------------------------------------------

tc_in qdisc add dev v0 clsact
for classifier in 'protocol ip flower src_ip 10.99.1.2' 'protocol ip matchall'; do
	# shellcheck disable=SC2086 # words
	ok "$classifier with a program" weir tc filter add dev v0 ingress pref 5 $classifier action bpf obj "$OBJ" sec tc/ingress
	counts 1 3 'counts' ping_b
	same filter show dev v0 ingress
	counts 1 0 'and counts no other packets' ping_6
	ok 'del' weir tc filter del dev v0 ingress
done
# shellcheck disable=SC2086 # words
ok 'a program, then gact' weir tc filter add dev v0 ingress pref 5 protocol ip flower src_ip 10.99.1.2 \
	action bpf obj "$OBJ" sec tc/ingress pipe action gact drop
is "$(tc_in -s -j filter show dev v0 ingress | jq '[.[].options.actions[]? | .kind] | join(" ")')" '"bpf gact"' 'both are there'
counts 1 3 'the one counts' ping_b
fails 'the other drops' ping_b
ok 'del' weir tc filter del dev v0 ingress
ok 'gact by bytecode' weir tc filter add dev v0 ingress pref 5 protocol ip bpf bytecode '1,6 0 0 4294967295' action gact drop
fails 'drops' ping_b
ok 'and nothing else' ping_6
ok 'del' weir tc filter del dev v0 ingress

ok 'police' weir tc filter add dev v0 ingress pref 5 protocol ip bpf bytecode '1,6 0 0 4294967295' \
	police rate 8kbit burst 2000 conform-exceed drop
send "$B" v1 ipv4 20 size 1000 >/dev/null
over=$(tc_in -s filter show dev v0 ingress | sed -n 's/.*overlimits \([0-9]*\).*/\1/p')
[ "${over:-0}" -ge 15 ]
verdict $? 'drops what is over the rate' "$(tc_in -s filter show dev v0 ingress)"
same filter show dev v0 ingress
ok 'del' weir tc filter del dev v0 ingress
ok 'clsact goes' tc_in qdisc del dev v0 clsact

done_testing
