#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# weir police: what passes at which rate, what becomes of the rest, what is counted, and
# that no failure, kill or second command leaves anything but the old rules or the new ones.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

netns_add A B
veth_pair "$A" va "$B" vb 9000
W=("$WEIR" -q -n "$B" police)

# pings N ADDRESS: how many of N are answered.
pings() {
	ns "$A" ping -q -c "$1" -i 0.002 -W 1 "$2" | sed -n 's/.* \([0-9]*\) received.*/\1/p'
}
# rules ARGUMENT...: what is shown, without what was counted.
rules() {
	"${W[@]}" "$@" show | grep -v '^#' | sed 's/ *#.*//'
}
# counts conform|exceed RULE: its packets on vb.
counts() {
	"${W[@]}" dev vb "${hook:-xdp}" show | sed -n "s/^$2 .*[#,] $1: \([0-9]*\) packets.*/\1/p"
}
# reason NAME: packets on vb.
reason() {
	"${W[@]}" dev vb "${hook:-xdp}" show | sed -n "s/^# $1: \([0-9]*\) packets.*/\1/p"
}
# frames WORDS...: leave va.
frames() {
	ns "$A" "$BUILD/tests/tool_packets" send va "$@" >/dev/null
}
# near GOT WANT PERCENT DESCRIPTION
near() {
	awk -v got="$1" -v want="$2" -v by="$3" 'BEGIN { exit !(got >= want * (1 - by / 100) && got <= want * (1 + by / 100)) }' </dev/null
	verdict $? "$4" "got $1, wanted $2 within $3 %"
}

# ---- model ---------------------------------------------------------------------------

for at in xdp:100000 ingress:20000 egress:100000; do
	at_hook=${at%:*} n=$(scaled "${at#*:}")
	ok "$at_hook: $n frames, $at_hook and model agree" \
		"$BUILD/tests/tool_police" "$WEIR" "$at_hook" "$n" "${POLICE_SEED:-20260104}"
	like "$out" "fed $n " "$at_hook: all of them were fed"
	[ "$(nproc)" = 1 ] || like "$out" 'leased [1-9]' "$at_hook: some by the leases of keys"
	# in a few sets there is not every kind of rule
	case $at_hook-$n in
	xdp-100000) like "$out" 'by reason:( [1-9][0-9]*){5} 0 [1-9][0-9]* 0 [1-9][0-9]* 0' "$at_hook: every reason was met" ;;
	egress-100000) like "$out" 'by reason:( [1-9][0-9]*){5} 0( [1-9][0-9]*){4}' "$at_hook: every reason was met" ;;
	esac
	ok "$at_hook: the set is removed" "$WEIR" police set "model-$at_hook" off
done
is "$(ls "$BPFFS/tc/globals")" '' 'no pin stays'

# ---- packets --------------------------------------------------------------------------

cases=$ROOT/tests/packets/police
sed '/^27 /s/.*/27 NOT_RUN 9000/; /^  count .* 9000$/d' "$cases.expect" >"$TMP/short.expect"
# expect_with QUESTION: what is expected where only that kernel runs the jumbo frame.
expect_with() {
	if kernel_has "$1"; then cat "$cases.expect"; else cat "$TMP/short.expect"; fi
}
expect_with frags >"$TMP/xdp.expect"
expect_with long-runs | sed 's/XDP_PASS/TC_ACT_UNSPEC/; s/XDP_DROP/TC_ACT_SHOT/' >"$TMP/ingress.expect"
for at_hook in xdp ingress; do
	WEIR_TEST_CLOCK=1 "$WEIR" police set cases "$at_hook" load "$cases.rules"
	id=$("$WEIR" map dump weir_police-cases | awk '{ print $3 }')
	ok "$at_hook: each packet is what is expected" \
		"$WEIR" test id "$id" in "$cases.txt" expect "$TMP/$at_hook.expect"
	like "$out" '1\.\.27$' 'every packet is a test'
	"$WEIR" police set cases off
done

# Where paced buckets and others share a table, each is as full as its own clock says: room for
# four, and the one that is deepest in debt stays.
"$WEIR" police set mixed egress load - <<'EOR'
limit src 10.1.0.0/16 rate 500bit burst 1b per src exceed pace
limit src 10.2.0.0/16 rate 1pps burst 2p per src
buckets 1
EOR
printf 'ipv4 10.%s > 192.0.2.1 udp len 90\n' 1.0.1 1.0.1 2.0.1 2.0.2 2.0.3 2.0.4 2.0.5 1.0.1 >"$TMP/mixed"
ok 'paced and others' "$WEIR" test id "$("$WEIR" map dump weir_police-mixed | awk '{ print $3 }')" in "$TMP/mixed"
is "$("$WEIR" -j police set mixed show | jq '.reasons | .paced.packets + .drop_horizon.packets')" 2 \
	'what is paced stays so'
"$WEIR" police set mixed off

# ---- accuracy ------------------------------------------------------------------------

# A burst of as long as a busy machine may keep the sender waiting.
while read -r kind words; do
	# shellcheck disable=SC2086 # words
	"${W[@]}" set rate "$kind" limit rate $words
	runs=2000
	[ "$kind" = xdp ] && runs=2000000
	for cpus in 1 "$(nproc)"; do
		run "$BUILD/tests/tool_rate" "weir_police-rate" "$cpus" 64 "$runs"
		read -r _ packets bytes _ offered <<<"$out"
		note "$kind $words, $cpus CPUs: passed $packets/s of $offered/s"
		case $words in
		100kpps*) near "$packets" 100000 2 "$kind, $words: packets a second, $cpus CPUs" ;;
		1mpps*) near "$packets" 1000000 2 "$kind, $words: packets a second, $cpus CPUs" ;;
		51200kbit*) near "$bytes" 6400000 2 "$kind, $words: bytes a second, $cpus CPUs" ;;
		512mbit*) near "$bytes" 64000000 2 "$kind, $words: bytes a second, $cpus CPUs" ;;
		esac
	done
	"${W[@]}" set rate off
done <<'EOR'
ingress 100kpps burst 200000p
ingress 1mpps burst 2000000p
ingress 51200kbit burst 12800k
ingress 512mbit burst 128000k
ingress 100kpps burst 200000p per src
xdp 1mpps burst 2000000p
xdp 512mbit burst 128000k per src
EOR

# Few keys lie among the first of the table, on few pages.
"$WEIR" police set few xdp load - <<<'limit rate 10pps burst 20p per src'
for i in $(seq 500); do echo "ipv4 10.7.$((i % 5)).$((i / 5)) > 192.0.2.1 udp len 90"; done >"$TMP/few"
few=$("$WEIR" map dump weir_police-few | awk '{ print $3 }')
ok 'frames of 500 sources' "$WEIR" test id "$few" in "$TMP/few"
for map in $(bpftool -j prog show id "$few" | jq '.map_ids[]'); do
	[ "$(bpftool -j map show id "$map" | jq -r .name)" != weir_keyed ] || break
done
"$WEIR" -j map dump id "$map" | jq '.[] | select(any(.value.ways[]; .tag != 0)) | .key' >"$TMP/keyed"
like "$(awk '$1 < 1024 { first++ } END { print first + 0, NR - first }' "$TMP/keyed")" \
	'^(3[5-9]|4)[0-9]{1,2} 0$' 'are in that many of the first sets, a few two by two'
"$WEIR" police set few off

# ---- one interface -----------------------------------------------------------------------

ok 'a first rule attaches the police' "${W[@]}" dev vb limit rate 1pps burst 10p per src
is "$out$err" '' 'silently'
like "$(pings 40 10.99.1.2)" '^1[01]$' 'of forty packets pass what the burst holds'
like "$(pings 40 fd99:1::2)" '^1[01]$' 'of IPv6 as many: it has a bucket of its own'
is "$(($(counts conform limit) + $(counts exceed limit)))" 80 'all are counted'
is "$(reason drop_exceed)" "$(counts exceed limit)" 'by the reason, too'
like "$("$WEIR" -n "$B" stat dev vb)" 'drop_exceed +[1-9]' 'stat shows it by name'
before=$("$WEIR" -n "$B" -j show dev vb)
ok 'the same rule again' "${W[@]}" dev vb limit per src rate 1pps burst 10p exceed drop
is "$("$WEIR" -n "$B" -j show dev vb)" "$before" 'changes nothing'
exceeded=$(counts exceed limit)
ok 'another rate' "${W[@]}" dev vb limit rate 2pps burst 10p per src
is "$(counts exceed limit)" "$exceeded" 'keeps the counters'
like "$(pings 10 10.99.1.2)" '^[0-5]$' 'and the buckets: they are as empty as they were'
ok 'a rule beside it' "${W[@]}" dev vb limit proto udp rate 0
like "$(pings 5 10.99.1.2)" '^[0-5]$' 'leaves them, too'
ok 'buckets by other keys' "${W[@]}" dev vb limit rate 2pps burst 10p per src/24
like "$(pings 40 10.99.1.2)" '^1[0-2]$' 'begin full'
ok 'and again' "${W[@]}" dev vb limit rate 1000mpps
is "$(pings 20 10.99.1.2)" 20 'a high rate lets all pass'
"${W[@]}" dev vb del
"${W[@]}" dev vb limit rate 1pps burst 1p
is "$(counts conform 'limit rate 1pps')" 0 'a new rule begins at zero'
ok 'the rules are printed as JSON' "$WEIR" -n "$B" -j police dev vb show
is "$(jq -r '.police, .buckets, .rules[0].rule, .rules[0].conform.packets, .rules[1].rule' <<<"$out" | tr '\n' ' ')" \
	'vb xdp 65536 limit rate 1pps burst 1p 0 limit proto udp rate 0bit burst 7570b ' 'with names and numbers'
for map in conform exceed; do
	is "$("$WEIR" -j -n "$B" stat all dev vb | jq -c --arg map "weir_$map" '[.[] | select(.map == $map).counters[] | [.name, .packets, .bytes]] | sort')" \
		"$("$WEIR" -j -n "$B" police dev vb show | jq -c "[.rules[] | [.rule, .$map.packets, .$map.bytes]] | sort")" "stat has rules by their texts: $map"
done
"${W[@]}" dev vb show >"$TMP/shown"
id=$("$WEIR" -n "$B" -j show dev vb)
ok 'what is shown can be loaded' "${W[@]}" dev vb load "$TMP/shown"
is "$("$WEIR" -n "$B" -j show dev vb)" "$id" 'and is what is there'
ok 'dry run' "${W[@]}" dev vb limit rate 2pps burst 1p dry-run
is "$out" "- limit rate 1pps burst 1p
+ limit rate 2pps burst 1p" 'says what would change'
is "$(rules dev vb | sed -n 2p)" 'limit rate 1pps burst 1p' 'and changes nothing'
fails 'a rule that is not there cannot be removed' "${W[@]}" dev vb del dst 10.0.0.1
like "$err" 'dst 10.0.0.1: no such rule; show lists them' 'it is named'
ok 'room for other numbers of addresses' "${W[@]}" dev vb buckets 1000
is "$(rules dev vb | head -n 1)" 'buckets 1000' 'is shown'
ok 'all gone' "${W[@]}" dev vb flush
is "$(rules dev vb)" 'buckets 1000' 'but the room'
is "$(pings 20 10.99.1.2)" 20 'what no rule matches passes'

# ---- words ---------------------------------------------------------------------------------

while IFS='|' read -r words cause; do
	# shellcheck disable=SC2086 # words
	run "${W[@]}" dev vb $words
	like "$status $err" "^[12] weir: .*$cause" "refused: $words"
done <<'EOW'
limit|rate: is missing
limit src 10.0.0.1/8 rate 1mbit|10.0.0.1/8.: has bits behind its length
limit rate 1mbyte|not a rate, as 10mbit
limit rate 11tbit|not 1bit to 10tbit
limit rate -1|not a rate
limit rate 1mbit burst 10p|the rate is of bytes, and this of packets
limit rate 1pps burst 10k|the rate is of packets, and this of bytes
limit rate 1pps burst 0p|nothing would pass
limit rate 1bit burst 1g|more than fifty days
limit burst 10k|'burst': only with 'rate'
limit rate 1pps per flows|not rule, src, dst
limit rate 1pps per src/33|0 to 32
limit rate 1pps per flow/24|only src and dst have prefixes
limit rate 1pps exceed|'exceed': only with 'drop
limit rate 1pps drop|'drop': only with 'exceed'
limit rate 1pps exceed drop dscp 4|'dscp': not together with 'drop'
limit rate 1pps exceed dscp 64|neither 0 to 63 nor a name
limit rate 1pps exceed mark x|not a number
limit rate 1pps exceed mark 1|xdp has no packet marks
limit rate 1pps exceed pace|only egress can send packets later
ingress limit rate 1pps exceed pace|only egress can send packets later
del rate 1pps|go with limit
show src 10.0.0.1|goes with limit or del
buckets 0|not a number from 1
load /nonexistent|No such file
show dry-run|dry-run goes with what changes
EOW
run "$WEIR" police show
is "$status" 2 'neither dev nor set: usage'

# tc itself says what its units are.
ip -n "$A" link add unit0 type veth peer name unit1
while read -r rate; do
	ns "$A" tc qdisc replace dev unit0 root tbf rate "$rate" burst 1m latency 1ms
	theirs=$(ns "$A" tc -j qdisc show dev unit0 | jq '.[0].options.rate * 8')
	ours=$("$WEIR" police set unit limit rate "$rate" dry-run | sed -n 's/.* rate \([0-9]*\)\([kmgt]\?\)bit .*/\1 \2/p' |
		awk '{ p = index("kmgt", $2); print $2 == "" ? $1 : $1 * 1000 ^ p }')
	is "$ours" "$theirs" "$rate is what tc takes it for"
done <<<'8kbit
10mbit
1gbit
100kbps
3mbps
4kibit
2mibps
5000
1.5mbit'
ip -n "$A" link del unit0

# ---- files ---------------------------------------------------------------------------------

"${W[@]}" dev vb load - <<<'limit src 10.1.0.0/16 rate 1mbit ; as agreed
buckets 2000'
was=$(rules dev vb)
is "$was" "buckets 2000
limit src 10.1.0.0/16 rate 1mbit burst 7570b" 'a file'
printf 'limit src 10.0.0.0/33 rate 1pps\n\nallow src 10.0.0.0/8\nlimit rate\nlimit rate 1pps rate 2pps\nbuckets x\n' >"$TMP/bad"
fails 'a file with errors' "${W[@]}" dev vb load "$TMP/bad"
like "$err" "bad:1: prefix '10.0.0.0/33': its length is not 0 to 32" 'names line and cause'
like "$err" "bad:3: 'allow': a line begins with limit or buckets" 'of each'
like "$err" "bad:4: 'rate': its value is missing" 'of each'
like "$err" "bad:5: 'rate': is there twice" 'of each'
like "$err" "bad:6: buckets: a number" 'of each'
printf 'limit src 10.0.0.0/8 rate 1pps\nlimit rate 5pps\nlimit src 10.0.0.0/8 rate 2pps\nlimit rate 6pps\n' >"$TMP/bad"
fails 'a file that contradicts itself' "${W[@]}" dev vb load "$TMP/bad"
like "$err" 'bad:3: limit src 10.0.0.0/8 rate 2pps .*contradicts .*bad:1: limit src 10.0.0.0/8 rate 1pps' 'names both lines'
like "$err" 'bad:4: limit rate 6pps .*contradicts .*bad:2: limit rate 5pps' 'of rules without a match, too'
for ((i = 0; i < 17000; i++)); do echo "limit src 10.1.$((i / 256)).$((i % 256)) rate 1mbit"; done >"$TMP/bad"
fails 'more rules than there is room for' "${W[@]}" dev vb load "$TMP/bad"
like "$err" '17000 rules: at most 16376' 'says how many fit'
is "$(rules dev vb)" "$was" 'none of them changed a rule'
head -n 16376 "$TMP/bad" >"$TMP/many"
ok 'as many as fit' "${W[@]}" dev vb load "$TMP/many"
is "$(rules dev vb | sed -n 's/^limit src \([^ ]*\) .*/\1/p' | LC_ALL=C sort | md5sum)" \
	"$(awk '{ print $3 }' "$TMP/many" | LC_ALL=C sort | md5sum)" 'are read back as they were put in'

# ---- which rule, which bucket ------------------------------------------------------------

"${W[@]}" dev vb load - <<'EOR'
limit src 10.1.0.0/16 rate 1pps burst 20p per src
limit src 10.1.2.0/24 rate 1pps burst 5p per src/24
limit src 2001:db8::/32 proto udp rate 1pps burst 7p per flow
limit dst 10.9.0.0/16 rate 1pps burst 3p per dst
limit proto sctp rate 1pps burst 4p per interface
EOR
frames 'ipv4 10.1.0.1 > 10.2.0.1 udp len 90 times 100' 'ipv4 10.1.0.2 > 10.2.0.1 udp len 90 times 10'
like "$(counts conform 'limit src 10.1.0.0.16')" '^3[012]$' 'one source takes nothing of another one'
frames 'ipv4 10.1.2.1 > 10.9.0.1 udp len 90 times 10' 'ipv4 10.1.2.77 > 10.9.0.1 udp len 90 times 10'
like "$(counts conform 'limit src 10.1.2.0.24')" '^[567]$' 'a prefix shares one; the narrower rule decides'
for port in 1 2 3; do frames "ipv6 2001:db8::1 > 2001:db8::2 udp $port len 90 times 10"; done
like "$(counts conform 'limit src 2001:db8::.32 proto udp')" '^2[1-4]$' 'each flow has its own'
frames 'ipv4 10.3.0.1 > 10.9.0.1 udp len 90 times 9' 'ipv4 10.3.0.2 > 10.9.0.2 udp len 90 times 9'
like "$(counts conform 'limit dst 10.9.0.0.16')" '^[678]$' 'destinations, too'
frames 'ipv4 10.3.0.1 > 10.4.0.1 sctp len 90 times 9' 'ipv6 sctp len 90 times 9'
like "$(counts conform 'limit proto sctp')" '^[45]$' 'an interface is one'
"${W[@]}" dev vb load - <<'EOR'
limit rate 1pps burst 2p per src
buckets 1
EOR
for source in 1 2 3 4 1 2 3 4; do frames "ipv4 10.0.0.$source > 10.2.0.1 udp len 90 times 9"; done
like "$(counts conform limit)" '^([89]|1[0-3])$' 'where there is room for one there is for four'
"${W[@]}" dev vb flush
"${W[@]}" dev vb load - <<<$'limit rate 1pps burst 2p per src\nbuckets 1'
for source in 1 2 3 4 5 6 1 2; do
	sleep 0.02 # ticks, by which buckets of one filling differ
	frames "ipv4 10.0.0.$source > 10.2.0.1 udp len 90 times 9"
done
like "$(counts conform limit)" '^(1[6-9]|2[0-2])$' 'more take the fullest, and who comes again begins anew'
"${W[@]}" dev vb flush
"${W[@]}" dev vb load - <<<'limit rate 8kbit burst 1000b'
frames 'vlan 5 ipv4 udp len 104 times 20'
like "$(counts conform limit)" '^([89]|10)$' 'bytes are those of the frame, tags included'
frames 'ipv4 udp len 8500 times 2'
is "$(($(counts conform limit) + $(counts exceed limit)))" 22 'jumbo frames are counted'
send "$A" va truncated >/dev/null
like "$(counts exceed limit)" '^[1-9][0-9]{2}' 'a rule without a match is about malformed frames, too'
"${W[@]}" dev vb load - <<<'limit proto tcp rate 0'
send "$A" va truncated >/dev/null
like "$(reason pass_malformed)" '^[1-9]' 'they pass otherwise, and are counted'

# ---- marks -------------------------------------------------------------------------------

"${W[@]}" dev vb load - <<<'limit rate 1pps burst 1p exceed dscp af11'
is "$(pings 20 10.99.1.2)" 20 'IPv4 packets beyond the rate pass with a right checksum'
is "$(pings 20 fd99:1::2)" 20 'so do those of IPv6'
like "$(reason mark_exceed)" '^3[0-9]$' 'marked'
background ns "$B" timeout 20 tcpdump -nvi vb -Q in -c 8 icmp or icmp6 >"$TMP/dump" 2>"$TMP/dump.err"
wait_for 10 grep -q listening "$TMP/dump.err"
ns "$A" ping -q -c 4 -i 0.05 -Q 3 10.99.1.2 >/dev/null
ns "$A" ping -q -c 4 -i 0.05 -Q 3 fd99:1::2 >/dev/null
wait "$bg"
like "$(cat "$TMP/dump")" 'tos 0x2b' 'with the DS field that was said, ECN as it was'
like "$(cat "$TMP/dump")" 'class 0x2b' 'of IPv6, too'
"${W[@]}" dev vb off

hook=ingress
ok 'ingress: marks for the stack' "${W[@]}" dev vb ingress limit rate 1pps burst 1p exceed mark 5
ns "$B" ip rule add fwmark 5 table 99
ns "$B" ip route add blackhole 10.99.1.1/32 table 99
ns "$B" sh -c 'echo 1 >/proc/sys/net/ipv4/fwmark_reflect'
like "$(pings 10 10.99.1.2)" '^[12]$' 'are what routes are chosen by'
like "$(reason mark_exceed)" '^[89]$' 'and counted'
ns "$B" ip rule del fwmark 5 table 99
"${W[@]}" dev vb ingress off
hook=

# ---- real clients ------------------------------------------------------------------------

printf '%01000000d' 7 >"$TMP/million"
background ns "$B" python3 -m http.server --directory "$TMP" --bind :: 80
wait_for 5 ns "$A" curl -sf -m 1 -o /dev/null http://10.99.1.2/
background ns "$B" iperf3 -s --forceflush
wait_for 5 ns "$B" sh -c "ss -ltn | grep -q 5201"
for at_hook in xdp ingress egress; do
	# at egress, what the server sends
	"${W[@]}" dev vb "$at_hook" limit proto tcp rate 8mbit burst 50k
	ok "$at_hook: curl gets a file through a limit" \
		ns "$A" curl -s -m 30 -o "$TMP/got" http://10.99.1.2/million
	ok "$at_hook: all of it" cmp -s "$TMP/million" "$TMP/got"
	"${W[@]}" dev vb "$at_hook" limit proto udp rate 5mbit burst 100k
	reverse=()
	[ "$at_hook" != egress ] || reverse=(-R)
	for address in 10.99.1.2 fd99:1::2; do
		got=$(ns "$A" timeout 20 iperf3 -J -u -b 20M -l 1000 -t 3 "${reverse[@]}" -c "$address" |
			jq '.end.sum | .bytes * 8 / .seconds * (1 - .lost_percent / 100)')
		# 1000 of 1042 or 1062 bytes; the burst beside; a busy machine sends in gusts
		near "${got:-0}" 4000000 35 "$at_hook, $address: 20 mbit of UDP through 5 mbit"
	done
	"${W[@]}" dev vb "$at_hook" off
done

# ---- beside the filter -------------------------------------------------------------------

"${W[@]}" dev vb limit rate 1pps burst 5p per src
ok 'a filter on the same interface' "$WEIR" -n "$B" filter dev vb deny proto icmp
is "$(pings 10 10.99.1.2)" 0 'drops what it drops'
is "$(($(counts conform limit) + $(counts exceed limit)))" 0 'which the police never sees'
like "$(pings 10 fd99:1::2)" '^[56]$' 'and holds to the rate what passes the filter'
ok 'the filter goes' "$WEIR" -n "$B" filter dev vb off
like "$(pings 10 10.99.1.2)" '^[56]$' 'the police stays'
ok 'and goes' "${W[@]}" dev vb off
is "$("$WEIR" -n "$B" -j show)" '[]' 'nothing stays attached'
is "$(ls "$BPFFS/tc/globals")" '' 'nor pinned'
fails 'there is none to show' "${W[@]}" dev vb show
like "$err" 'vb: no police is attached; a first rule' 'says what to do'

# ---- shared sets ---------------------------------------------------------------------------

netns_add C
veth_pair "$C" vc "$B" vd
ok 'a set without an interface' "${W[@]}" set edge limit rate 1pps burst 6p
ok 'on one' "${W[@]}" dev vb set edge limit rate 1pps burst 6p
ok 'on another' "${W[@]}" dev vd set edge limit rate 1pps burst 6p
here=$(pings 10 10.99.1.2)
there=$(ns "$C" ping -q -c 10 -i 0.002 -W 1 10.99.2.2 | sed -n 's/.* \([0-9]*\) received.*/\1/p')
like "$((here + there))" '^[678]$' 'share one bucket'
ok 'per interface' "${W[@]}" set edge limit rate 1pps burst 6p per interface
here=$(pings 10 10.99.1.2)
there=$(ns "$C" ping -q -c 10 -i 0.002 -W 1 10.99.2.2 | sed -n 's/.* \([0-9]*\) received.*/\1/p')
like "$here $there" '^[67] [67]$' 'each has its own'
fails 'it cannot go while they use it' "${W[@]}" set edge off
like "$err" "set 'edge' polices on interfaces" 'says why'
"${W[@]}" dev vb off
"${W[@]}" dev vd off
ok 'then it can' "${W[@]}" set edge off
ok 'a set that paces' "${W[@]}" set slow egress limit rate 1mbit exceed pace
fails 'is not for ingress' "${W[@]}" dev vb set slow ingress limit proto tcp rate 1mbit
like "$err" 'only egress can send packets later' 'says why'
"${W[@]}" set slow off

# ---- failures ------------------------------------------------------------------------------

"${W[@]}" dev vb load - <<<'limit src 10.1.0.0/16 rate 1mbit per src'
old=$(rules dev vb)
new="$old
limit proto udp dport 53 rate 1kpps burst 10p"
add=(limit proto udp dport 53 rate 1kpps)
calls=$(strace -f -e trace=bpf -o "$TMP/calls" "${W[@]}" dev vb "${add[@]}" && wc -l <"$TMP/calls")
new=$(rules dev vb)
isnt=$([ "$new" = "$old" ] && echo same)
is "$isnt" '' 'an edit'
bad=
for ((i = 1; i < calls; i += 2)); do
	"${W[@]}" dev vb del proto udp dport 53 2>/dev/null
	strace -f -o /dev/null -e trace=bpf -e "inject=bpf:error=ENOMEM:when=$i" "${W[@]}" dev vb "${add[@]}" 2>"$TMP/err"
	code=$?
	now=$(rules dev vb)
	[ $code = 0 ] && [ "$now" != "$new" ] && bad+="call $i: status 0, old rules;"
	[ $code != 0 ] && [ "$now" != "$old" ] && bad+="call $i: status $code, $now;"
	[ $code != 0 ] && ! grep -q '^weir: ' "$TMP/err" && bad+="call $i: no word;"
done
is "$bad" '' "every other of $((calls - 1)) calls fails: old rules and a cause, or new rules"
bad=
for ((i = 2; i < calls; i += 4)); do
	"${W[@]}" dev vb del proto udp dport 53 2>/dev/null
	strace -f -o /dev/null -e trace=bpf -e "inject=bpf:signal=KILL:when=$i" "${W[@]}" dev vb "${add[@]}" 2>/dev/null
	now=$(rules dev vb)
	[ "$now" = "$new" ] || [ "$now" = "$old" ] || bad+="call $i: $now;"
done
is "$bad" '' 'killed at every fourth call: old rules or new ones'
adders=()
for ((i = 0; i < 20; i++)); do
	"${W[@]}" dev vb limit src "10.2.0.$i" rate "${i}kpps" &
	adders+=($!)
done
wait "${adders[@]}"
is "$(rules dev vb | grep -c 10.2.0)" 20 'twenty commands at once: all their rules'

pin=$(ls "$BPFFS/tc/globals")
rm "$BPFFS/tc/globals/$pin"
passes_uncounted() {
	[ "$(pings 3 10.99.1.2)" = 3 ] && "$WEIR" -n "$B" stat dev vb | grep -q 'pass_no_rules *[1-9]'
}
ok 'a set whose pin was removed lets everything pass, and counts it' wait_for 5 passes_uncounted
fails 'it cannot be edited' "${W[@]}" dev vb limit rate 1pps
like "$err" 'has lost its program: its pin was removed' 'says why'
ok 'but taken off' "${W[@]}" dev vb off

"${W[@]}" dev vb limit rate 1mpps
ip -n "$B" link del vb
fails 'the interface is gone' "${W[@]}" dev vb limit rate 2mpps
is "$(find "$BPFFS/tc/globals" -type f | wc -l)" 1 'its set is still pinned'
ok 'the next set sweeps it away' "${W[@]}" dev vd limit rate 1mpps
is "$(find "$BPFFS/tc/globals" -type f | wc -l)" 1 'one is pinned'
"${W[@]}" dev vd off

done_testing
