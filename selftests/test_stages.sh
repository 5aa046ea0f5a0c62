#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What packets meet behind an attached program: the steps of a gate, and the program in whose place
# weir capture stands, are shown in their order, with what they count.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

netns_add A B
veth_pair "$A" v0 "$B" v1
ip -n "$B" link set lo up
URL=http://127.0.0.1:9777

weir() {
	"$WEIR" -n "$B" "$@"
}
metrics() {
	ns "$B" curl -sS -m 5 "$URL/metrics"
}
# order: programs of v1 with the one that runs them; kernels without frags have other names
order() {
	ns "$B" curl -sS -m 5 "$URL/api/v1/board" | jq -r '.devs[] | select(.name == "v1").programs[] |
		[.hook, .name, (.how | select(test("behind"))) // empty] | map(sub("gate_(frags|xdp)"; "gate") | sub("_frags"; "")) | join(" ")'
}
is_order() {
	[ "$(order)" = "$1" ]
}
# rule_has COUNT: packets of the rule
rule_has() {
	[ "$(metrics | grep -c "^weir_packets_total{map=\"weir_filter_hit\",dev=\"v1\",hook=\"xdp\",.*key=\"deny proto udp\"} $1\$")" = 1 ]
}
# in_stat MAP COUNTER: its packets
in_stat() {
	weir -j stat dev v1 | jq "map(select(.map == \"$1\").counters[] | select(.name == \"$2\").packets) | add // 0"
}

weir filter dev v1 deny proto udp
weir police dev v1 limit proto icmp rate 1kpps
weir -q filter dev v1 egress deny proto icmp
background ns "$B" "$WEIR" -n "$B" serve interval 0.2 2>"$TMP/said"
wait_for 5 grep -q 'serving on' "$TMP/said"

# ---- gates --------------------------------------------------------------------------------

steps='xdp filter_xdp behind gate_2
xdp police_xdp behind gate_2
egress gate_tc_1
egress filter_tc behind gate_tc_1'
# settled ORDER TEXT: programs of v1 are these
settled() {
	wait_for 10 is_order "$1"
	is "$(order)" "$1" "$2"
}
settled "xdp gate_2
$steps" 'steps stand behind their gate, in the order in which packets meet them'
like "$(metrics)" 'weir_program_attached\{dev="v1",hook="xdp",how="behind gate_[a-z]*_2",program="police_[a-z_]*",id="[0-9]+",position="3"\} 1' 'which Prometheus is told'
is "$(ns "$B" curl -sS "$URL/api/v1/board" | jq -c '[. as $b | .devs[] | select(.name == "v1").programs[] | [.maps[] | $b.maps[.].name]]')" \
	'[[],["weir_filter","weir_filter_hit"],["weir_police","weir_conform","weir_exceed"],[],["weir_filter","weir_filter_hit"]]' 'each with its own counters'
send "$A" v0 ipv4/udp 30 >/dev/null
ok 'of which those of rules are called by them' wait_for 10 rule_has 30
run weir -j show dev v1
is "$(jq -c 'map([.prog.steps[] | [.step, .name | sub("_frags"; "")]])' <<<"$out")" \
	'[[["filter","filter_xdp"],["police","police_xdp"]],[["filter","filter_tc"]]]' 'show has them'
like "$(weir show dev v1)" $'\n      step filter: filter_xdp[a-z_]* id [0-9]+\n      step police: police_xdp[a-z_]* id [0-9]+\n  egress' 'in lines as well'

# ---- what they cost to read ---------------------------------------------------------------

# batches: the largest number of entries that were asked for at once
batches() {
	sed -n 's/.*_BATCH, .*count=\([0-9]*\),.*/\1/p' | sort -n | tail -1
}
if skip_unless 'command -v strace' strace 1; then
	asked=$(strace -e trace=bpf "$WEIR" -n "$B" stat dev v1 2>&1 >/dev/null | batches)
	ok "of thousands of counters those of rules are read ($asked)" [ "${asked:-0}" -lt 100 ]
fi
# ---- weir capture -------------------------------------------------------------------------

background "$WEIR" -n "$B" capture dev v1 >/dev/null 2>"$TMP/capturing"
capture=$bg
wait_for 5 grep -q capturing "$TMP/capturing"
settled "xdp sample_xdp
xdp gate_2 behind sample_xdp
$steps" 'a program that is captured stands behind the capture, with its steps'
is "$(weir -j show dev v1 | jq -c '.[0].prog | [.captured.name, .steps[].step] | map(sub("gate_(frags|xdp)"; "gate"))')" '["gate_2","filter","police"]' 'in show, too'
like "$(weir show dev v1)" $'\n      captured gate_[a-z]*_2 id [0-9]+\n      step filter' 'in lines as well'
send "$A" v0 ipv4/udp 12 >/dev/null
ok 'and counts on in the dashboards' wait_for 10 rule_has 42
is "$(in_stat weir_filter_hit 'deny proto udp') $(in_stat weir_filter drop_rule)" '42 42' 'and in stat'
stop "$capture"
settled "xdp gate_2
$steps" 'as before when the capture has ended'

weir filter dev v1 xdp off
weir police dev v1 off
"$WEIR" -n "$B" -q attach dev v1 xdp obj "$BUILD/bpf/count.o"
background "$WEIR" -n "$B" capture dev v1 >/dev/null 2>"$TMP/capturing"
capture=$bg
wait_for 5 grep -q capturing "$TMP/capturing"
send "$A" v0 ipv4/udp 5 >/dev/null
is "$(in_stat weir_count xdp_ipv4_udp)" 5 'counters of any program that is captured are there'
stop "$capture"

# ---- many rules -----------------------------------------------------------------------------

weir -q detach dev v1 xdp
for n in $(seq 300); do echo "allow proto udp dport $n"; done >"$TMP/rules"
echo 'deny proto 253' >>"$TMP/rules"
weir filter dev v1 xdp load "$TMP/rules"
# many_has COUNT
many_has() {
	metrics | grep -q "^weir_packets_total{map=\"weir_filter_hit\",dev=\"v1\",.*key=\"deny proto 253\"} $1\$" &&
		[ "$(metrics | grep -c '^weir_packets_total.*key="allow proto udp dport')" = "$2" ]
}
send "$A" v0 ipv4/other 17 >/dev/null
ok 'those of many rules are added up in the kernel' wait_for 10 many_has 17 300
sleep 1.5
send "$A" v0 ipv4/other 3 >/dev/null
ok 'reading after reading' wait_for 10 many_has 20 300
weir filter dev v1 xdp del proto udp dport 5
send "$A" v0 ipv4/other 2 >/dev/null
ok 'and after a change, too' wait_for 10 many_has 22 299
sleep 1.5
send "$A" v0 ipv4/other 1 >/dev/null
ok 'and behind it' wait_for 10 many_has 23 299

done_testing
