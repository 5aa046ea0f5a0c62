#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# weir filter: packets between namespaces that pass or not, what is counted, and that no
# failure, kill or second command leaves anything but the old rules or the new ones.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

netns_add A B
veth_pair "$A" va "$B" vb 9000
W=("$WEIR" -n "$B" filter)

pings() {
	ns "$A" ping -q -c 1 -W 1 "$@" >/dev/null
}
# rules ARGUMENT...: what is shown, without what was counted.
rules() {
	"${W[@]}" "$@" show | grep -v '^#' | sed 's/ *#.*//'
}
# count RULE|REASON: its packets on vb.
count() {
	"${W[@]}" dev vb show | sed -n "s/^\(# \)\?$1 *[#:] \([0-9]*\) packets.*/\2/p"
}

# ---- model ---------------------------------------------------------------------------

n=$(scaled 100000)
for hook in xdp ingress; do
	ok "$hook: $n frames, $hook and model agree" \
		"$BUILD/tests/tool_filter" "$WEIR" "$hook" "$n" "${FILTER_SEED:-20260101}"
	like "$out" " fronts 1 fed $n " "$hook: all of them were fed, some to a large list"
	[ "$n" -lt 100000 ] || like "$out" 'by reason:( [1-9][0-9]*){8} 0' "$hook: every reason was met"
	ok "$hook: the set is removed" "$WEIR" filter set "model-$hook" off
done
is "$(ls "$BPFFS/tc/globals")" '' 'no pin stays'

# ---- one interface -----------------------------------------------------------------------

ok 'a first rule attaches the filter' "${W[@]}" dev vb deny src 10.99.1.1
# without xdp.frags a driver refuses jumbo frames, and the generic way is told of
if skip_unless 'kernel_has frags' 'xdp.frags needs Linux 5.18'; then
	is "$out$err" '' 'silently'
fi
fails 'what it denies does not pass' pings 10.99.1.2
ok 'IPv6 passes' pings fd99:1::2
is "$(count 'deny src 10.99.1.1')" 1 'the rule has counted'
is "$(count pass_default)" 1 'the default has counted'
like "$("$WEIR" -n "$B" stat dev vb)" 'drop_rule +1 +98' 'stat shows the reason by name'
before=$("$WEIR" -n "$B" -j show dev vb)
ok 'the same rule again' "${W[@]}" dev vb deny src 10.99.1.1/32
is "$("$WEIR" -n "$B" -j show dev vb)" "$before" 'changes nothing'
fails 'the contrary is refused' "${W[@]}" dev vb allow src 10.99.1.1
like "$err" 'allow src 10.99.1.1: contradicts deny src 10.99.1.1; remove one' 'both are named'
fails 'a rule that is not there cannot be removed' "${W[@]}" dev vb del dst 10.0.0.1
like "$err" 'dst 10.0.0.1: no such rule; show lists them' 'it is named'
ok 'a narrower rule decides' "${W[@]}" dev vb allow src 10.99.1.1 proto icmp
ok 'what it allows passes' pings 10.99.1.2
ok 'and goes' "${W[@]}" dev vb del proto icmp src 10.99.1.1
fails 'the wider rule decides again' pings 10.99.1.2
is "$(count 'deny src 10.99.1.1')" 2 'and has gone on counting'
ok 'rules of IPv6' "${W[@]}" dev vb deny dst fd99:1::/64 proto icmp6 icmp 128
fails 'an echo does not pass' pings fd99:1::2
ok 'the rules are printed as JSON' "$WEIR" -n "$B" -j filter dev vb show
is "$(jq -r '.filter, .default, .rules[1].rule, .rules[1].packets' <<<"$out" | tr '\n' ' ')" \
	'vb xdp allow deny src 10.99.1.1 2 ' 'with names and numbers'
"${W[@]}" dev vb show >"$TMP/shown"
id=$("$WEIR" -n "$B" -j show dev vb)
ok 'what is shown can be loaded' "${W[@]}" dev vb load "$TMP/shown"
is "$("$WEIR" -n "$B" -j show dev vb)" "$id" 'and is what is there'
ok 'dry run' "${W[@]}" dev vb default deny dry-run
is "$out" "- default allow
+ default deny" 'says what would change'
is "$(rules dev vb | head -n 1)" 'default allow' 'and changes nothing'

# ---- words ---------------------------------------------------------------------------------

while IFS='|' read -r words cause; do
	# shellcheck disable=SC2086 # words
	run "${W[@]}" dev vb $words
	like "$status $err" "^[12] weir: .*$cause" "refused: $words"
done <<'EOW'
deny|names nothing
deny src 10.0.0.1/8|10.0.0.1/8.: has bits behind its length
deny src 10.0.0.0/33|not 0 to 32
deny src 10.0.0|not an IPv4 or IPv6 address
deny src fe80::/129|not 0 to 128
deny src 10.0.0.1 dst ::1|two families
deny proto tcpp|neither a protocol
deny proto icmp dport 80|have ports
deny dport 80-79|ends before it begins
deny dport 65536|not a port
deny dport +80|not a port
deny flags syn/ack|does not look at
deny flags sin|not flags
deny flags syn proto udp|only tcp
deny icmp 8|say proto icmp
deny proto icmp icmp 256|not a type
deny smac 2:0:0:0:0:1|not a MAC
deny fragment dport 5|no ports
show src 10.0.0.1|goes with allow
load /nonexistent|No such file
EOW
fails 'another user' setpriv --reuid 65534 --clear-groups "$WEIR" filter set x deny src 10.0.0.1
like "$err" 'weir_filter-x: (Permission denied|Operation not permitted); run as root' 'is told what to do'
run "$WEIR" filter show
is "$status" 2 'neither dev nor set: usage'

# ---- files ---------------------------------------------------------------------------------

was=$(rules dev vb)
printf '10.0.0.0/8 ; SBL1\n\ndeny src 10.0.0.0/33\nallow sport\nallow bad 1\n' >"$TMP/bad"
fails 'a file with errors' "${W[@]}" dev vb load "$TMP/bad"
like "$err" "bad:3: prefix '10.0.0.0/33': its length is not 0 to 32" 'names line and cause'
like "$err" "bad:4: 'sport': its value is missing" 'of each'
like "$err" "bad:5: 'bad': unknown word" 'of each'
printf 'deny src 10.0.0.0/8\n192.0.2.1\nallow src 10.0.0.0/8\n' >"$TMP/bad"
fails 'a file that contradicts itself' "${W[@]}" dev vb load "$TMP/bad"
like "$err" 'bad:3: allow src 10.0.0.0/8: contradicts .*bad:1: deny src 10.0.0.0/8' 'names both lines'
for ((i = 0; i < 1025; i++)); do echo "deny proto udp dport $i"; done >"$TMP/bad"
fails 'more rules than there is room for' "${W[@]}" dev vb load "$TMP/bad"
like "$err" '1025 rules .* at most 1024' 'says how many fit'
is "$(rules dev vb)" "$was" 'none of them changed a rule'

awk 'BEGIN { for (i = 0; i < 1024; i++) printf "deny src 10.7.%d.%d\n", i / 256, i % 256 }' >"$TMP/list"
"$WEIR" -n "$B" -q filter dev vb flush
"$WEIR" -n "$B" -q filter dev vb load "$TMP/list"
is "$("$WEIR" -j -n "$B" stat all dev vb | jq '[.[] | select(.map == "weir_filter_hit").counters[].name] | length, .[0]')" \
	'1024
"deny src 10.7.0.0"' 'stat has 1024 rules'
"$WEIR" -n "$B" -q filter dev vb deny proto udp dport 9
is "$("$WEIR" -j -n "$B" stat all dev vb | jq '.[] | select(.map == "weir_filter_hit").counters[].name')" '"deny proto udp dport 9"' \
	'of more those that are not about one address'
awk 'BEGIN { for (i = 0; i < 200000; i++) printf "%d.%d.%d.%d/32\n", 11 + i / 65536, i / 256 % 256, i % 256, i % 7
	for (i = 0; i < 200000; i++) printf "2001:db8:%x:%x::/64\n", i / 65535 + 1, i % 65535 + 1 }' >"$TMP/list"
printf 'deny src 10.99.1.1\n' >>"$TMP/list"
ok 'a list of 400001 prefixes' "${W[@]}" dev vb load "$TMP/list"
is "$(rules dev vb | sed -n 's/^deny src //p' | LC_ALL=C sort | md5sum)" \
	"$(sed 's/deny src //; s,/32$,,' "$TMP/list" | LC_ALL=C sort | md5sum)" 'is read back as it was put in'
fails 'its rules hold' pings 10.99.1.2
like "$("${W[@]}" dev vb show | grep '^#')" '# 200001 rules deny src ipv4: 1 packets 98 bytes' \
	'they count together'
like "$("$WEIR" -n "$B" stat dev vb)" 'deny src ipv4 +1 +98' 'in stat, too'
ok 'one more' "${W[@]}" dev vb allow src 10.99.1.1 proto icmp
ok 'decides' pings 10.99.1.2
ok 'all gone' "${W[@]}" dev vb flush
is "$(rules dev vb)" 'default allow' 'but the default'

# ---- what no rule is about -----------------------------------------------------------------

ok 'what matches no rule is dropped' "${W[@]}" dev vb default deny
fails 'IPv4' pings 10.99.1.2
fails 'IPv6' pings fd99:1::2
"${W[@]}" dev vb allow proto icmp
"${W[@]}" dev vb allow proto icmp6 icmp 128
for side in "$A va" "$B vb"; do
	# shellcheck disable=SC2086 # two words
	set -- $side
	ip -n "$1" link set "$2" arp on
	ip -n "$1" neigh flush dev "$2" nud all
	ip -n "$1" -6 neigh flush dev "$2" nud all
done
ok 'ARP passes' wait_for 5 pings 10.99.1.2
ok 'neighbour discovery passes' wait_for 5 pings fd99:1::2
like "$(count pass_neighbour)" '^[1-9]' 'they are counted as such'
mac=$(veth_mac "$A" va)
"${W[@]}" dev vb deny smac "$mac"
fails 'a rule about a MAC drops what is allowed otherwise less narrowly' pings 10.99.1.2
like "$(count "deny smac $mac")" '^[1-9]' 'it counts'
is "$("$WEIR" -j -n "$B" stat all dev vb | jq -c '[.[] | select(.map == "weir_filter_hit").counters[] | [.name, .packets, .bytes]] | sort')" \
	"$("$WEIR" -j -n "$B" filter dev vb show | jq -c '[.rules[] | [.rule, .packets, .bytes]] | sort')" 'stat has rules by their texts'
"${W[@]}" dev vb del smac "$mac"
# Rules that come while counters are read have numbers of those that went.
"$WEIR" -n "$B" -q filter dev vb deny proto udp dport 9
send "$A" va ipv4/udp 5 >/dev/null
background "$WEIR" -j -n "$B" stat dev vb interval 0.1 >"$TMP/reports"
wait_for 10 grep -q 'deny proto udp dport 9' "$TMP/reports"
"$WEIR" -n "$B" -q filter dev vb del proto udp dport 9
"$WEIR" -n "$B" -q filter dev vb allow proto udp dport 9
send "$A" va ipv4/udp 7 >/dev/null
ok 'a rule that comes meanwhile is seen' wait_for 10 grep -q '"allow proto udp dport 9","packets":7,' "$TMP/reports"
stop "$bg"
is "$(grep -o '"[a-z]* proto udp dport 9","packets":[0-9]*' "$TMP/reports" | sort -u | grep -v -e '^"deny.*:5$' -e '^"allow.*:[0-7]$')" '' \
	'and no reading has it by the name of the one before'
"$WEIR" -n "$B" -q filter dev vb del proto udp dport 9

# frames of the tests' builder come from 192.0.2.1, 2001:db8::1
"${W[@]}" dev vb flush
"${W[@]}" dev vb default allow
for rule in 'src 192.0.2.0/24 proto udp' 'src 2001:db8::/32 proto udp' 'fragment src 192.0.2.1' \
	'proto tcp dport 80 flags syn/syn,ack'; do
	# shellcheck disable=SC2086 # words
	"${W[@]}" dev vb deny $rule
done
for words in ipv4/udp vlan/ipv4/udp qinq/vlan/ipv4/udp ipv4opt/udp; do send "$A" va $words 2; done >/dev/null
is "$(count 'deny src 192.0.2.0.24 proto udp')" 8 'VLAN tags and options are looked through'
for words in ipv6/udp ipv6/hbh/dst/udp vlan/ipv6/route/udp ipv6/frag/udp; do send "$A" va $words 2; done >/dev/null
is "$(count 'deny src 2001:db8::.32 proto udp')" 8 'extension headers and a first fragment, too'
send "$A" va frag4last/udp 3 >/dev/null
is "$(count 'deny src 192.0.2.1 fragment')" 3 'later fragments'
send "$A" va ipv4/tcp 4 >/dev/null
is "$(count 'deny proto tcp dport 80 flags syn.syn,ack')" 4 'ports and flags'
send "$A" va ipv4/udp 2 size 8500 >/dev/null
is "$(count 'deny src 192.0.2.0.24 proto udp')" 10 'jumbo frames'
lost=$(count drop_malformed)
send "$A" va truncated >/dev/null
[ "$(count drop_malformed)" -gt "${lost:-0}" ]
verdict $? 'malformed frames are dropped and counted'

# ---- whose place -----------------------------------------------------------------------------

ok 'the filter goes' "${W[@]}" dev vb off
is "$("$WEIR" -n "$B" -j show)" '[]' 'nothing stays attached'
is "$(ls "$BPFFS/tc/globals")" '' 'nor pinned'
fails 'there is none to show' "${W[@]}" dev vb show
like "$err" 'vb: no filter is attached; a first rule' 'says what to do'
"$WEIR" -q -n "$B" attach dev vb xdp obj "$BUILD/bpf/count.o"
fails 'another program of weir is not replaced' "${W[@]}" dev vb deny src 10.0.0.1
like "$err" 'xdp holds program count_xdp .*force replaces it' 'it is named'
is "$(ls "$BPFFS/tc/globals")" weir_count 'no set is left behind'
"$WEIR" -n "$B" detach dev vb
rm "$BPFFS/tc/globals/weir_count"
ns "$B" ip link set vb xdp obj "$PROGS/attach_others.o" sec xdp 2>/dev/null &&
	fails 'nor one of others' "${W[@]}" dev vb deny src 10.0.0.1
ns "$B" ip link set vb xdp off

# ---- shared sets, tc ---------------------------------------------------------------------------

netns_add C
veth_pair "$C" vc "$B" vd
ok 'a set without an interface' "${W[@]}" set edge deny src 10.99.0.0/16
ok 'on one' "${W[@]}" dev vb set edge deny src 10.99.0.0/16
ok 'on another' "${W[@]}" dev vd set edge deny src 10.99.0.0/16
fails 'drops here' pings 10.99.1.2
fails 'and there' ns "$C" ping -q -c1 -W1 10.99.2.2
ok 'a change of the set' "${W[@]}" set edge allow src 10.99.2.0/24
ok 'is for all' ns "$C" ping -q -c1 -W1 10.99.2.2
is "$(rules dev vb)" "$(rules dev vd)" 'both show it'
fails 'an interface takes no second set' "${W[@]}" dev vb set other deny src 10.1.1.1
like "$err" "vb: xdp filters by set 'edge' already" 'names the one it has'
fails 'it cannot go while they use it' "${W[@]}" set edge off
like "$err" "set 'edge' filters on interfaces" 'says why'
fails 'XDP rules are not for tc' "${W[@]}" dev vb set edge ingress default deny
"${W[@]}" dev vb off
"${W[@]}" dev vd off
is "$(rules set edge | wc -l)" 3 'a named set stays'
ok 'until it is removed' "${W[@]}" set edge off
"${W[@]}" dev vd deny src 10.1.1.1
fails 'a set beside its own' "${W[@]}" dev vd set other deny src 10.1.1.1
like "$err" 'vd: xdp filters by a set of its own already' 'is not taken either'
"${W[@]}" dev vd off
fails 'a name of digits only' "${W[@]}" set 12 default deny

ok 'ingress' "${W[@]}" dev vb ingress deny src 10.99.1.1
ok 'egress' "${W[@]}" dev vb egress deny dst fd99:1::1
fails 'IPv4 is dropped where it comes in' pings 10.99.1.2
fails 'IPv6 where it goes out' pings fd99:1::2
fails 'which hook?' "${W[@]}" dev vb show
like "$err" 'filters at 2 hooks; name one' 'it asks'
like "$(rules dev vb egress)" 'deny dst fd99:1::1' 'each has rules of its own'
ok 'off' "${W[@]}" dev vb egress off
ok 'off' "${W[@]}" dev vb ingress off
is "$("$WEIR" -n "$B" -j show)" '[]' 'nothing stays attached'
ok 'tcx' "${W[@]}" dev vb ingress tcx deny src 10.99.1.1
if kernel_has tcx; then
	like "$("$WEIR" -n "$B" show dev vb)" 'tcx' 'a link'
else
	like "$err" 'tcx needs Linux 6.6: attached through clsact' 'a filter, with a note'
fi
fails 'filters' pings 10.99.1.2
ok 'and goes' "${W[@]}" dev vb off

# ---- failures ------------------------------------------------------------------------------------

"${W[@]}" dev vb load - <<<'deny src 10.1.0.0/16'
old=$(rules dev vb)
new='default allow
deny proto udp dport 53
deny src 10.1.0.0/16'
# Each system call of an edit fails, or is the last before SIGKILL.
calls=$("${W[@]}" dev vb deny proto udp dport 53 dry-run >/dev/null &&
	strace -f -e trace=bpf -o "$TMP/calls" "${W[@]}" dev vb deny proto udp dport 53 && wc -l <"$TMP/calls")
is "$(rules dev vb)" "$new" 'an edit'
bad=
for ((i = 1; i < calls; i++)); do
	"${W[@]}" dev vb del proto udp dport 53 2>/dev/null
	strace -f -o /dev/null -e trace=bpf -e "inject=bpf:error=ENOMEM:when=$i" "${W[@]}" dev vb deny proto udp dport 53 2>"$TMP/err"
	code=$?
	now=$(rules dev vb)
	[ $code = 0 ] && [ "$now" != "$new" ] && bad+="call $i: status 0, old rules;"
	[ $code != 0 ] && [ "$now" != "$old" ] && bad+="call $i: status $code, $now;"
	[ $code != 0 ] && ! grep -q '^weir: ' "$TMP/err" && bad+="call $i: no word;"
done
is "$bad" '' "each of $((calls - 1)) calls fails: old rules and a cause, or new rules"
bad=
for ((i = 1; i < calls; i += 2)); do
	"${W[@]}" dev vb del proto udp dport 53 2>/dev/null
	strace -f -o /dev/null -e trace=bpf -e "inject=bpf:signal=KILL:when=$i" "${W[@]}" dev vb deny proto udp dport 53 2>/dev/null
	now=$(rules dev vb)
	[ "$now" = "$new" ] || [ "$now" = "$old" ] || bad+="call $i: $now;"
done
is "$bad" '' 'killed at every other call: old rules or new ones'
adders=()
for ((i = 0; i < 20; i++)); do
	"${W[@]}" dev vb deny src "10.2.0.$i" &
	adders+=($!)
done
wait "${adders[@]}"
is "$(rules dev vb | grep -c 10.2.0)" 20 'twenty commands at once: all their rules'

pin=$(ls "$BPFFS/tc/globals")
rm "$BPFFS/tc/globals/$pin"
drops() {
	! pings "$@"
}
ok 'a set whose pin was removed drops everything, soon' wait_for 5 drops fd99:1::2
like "$("$WEIR" -n "$B" stat dev vb)" 'drop_no_rules +[1-9]' 'and counts it'
fails 'it cannot be edited' "${W[@]}" dev vb deny src 10.3.0.0/16
like "$err" 'has lost its program: its pin was removed' 'says why'
ok 'but taken off' "${W[@]}" dev vb off
ok 'then packets pass' wait_for 5 pings fd99:1::2

"${W[@]}" dev vb deny src 10.1.0.0/16
ip -n "$B" link del vb
fails 'the interface is gone' "${W[@]}" dev vb deny src 10.2.0.0/16
is "$(find "$BPFFS/tc/globals" -type f | wc -l)" 1 'its set is still pinned'
ok 'the next set sweeps it away' "${W[@]}" dev vd deny src 10.1.0.0/16
is "$(find "$BPFFS/tc/globals" -type f | wc -l)" 1 'one is pinned'
"${W[@]}" dev vd off

# ---- a set that is not this interface's, and looks that fail ----------------------------------

veth_pair "$A" fa "$B" fb
"$WEIR" -q -n "$B" attach dev fb xdp obj "$BUILD/bpf/count.o"
"$WEIR" -q -n "$A" filter dev fa xdp set edge deny dst 10.9.9.9
for verb in off show flush 'del dst 10.9.9.9'; do
	# shellcheck disable=SC2086 # words
	fails "$verb: not by this set" "$WEIR" -n "$B" filter dev fb xdp set edge $verb
	like "$err" "fb: does not filter by set 'edge'" 'is said'
done
is "$("$WEIR" -n "$B" -j show dev fb | jq -r '.[0].prog.name')" count_xdp 'and what is there stays'
run "$WEIR" -n "$A" filter dev fa off dry-run
exits 2 'no dry run of off'
lost=
"$WEIR" -n "$B" filter dev fb ingress deny src 10.9.9.9
kept=$(find "$BPFFS/tc/globals" -name 'weir_filter-[0-9]*' | sort)
for n in $(seq 2 20); do
	strace -f -qqq -o "$TMP/trace" -e trace=bpf -e "inject=bpf:error=ENOMEM:when=$n" \
		"$WEIR" -n "$B" filter dev fb egress deny dst 10.9.9.8 2>/dev/null
	for pin in $kept; do
		[ -e "$pin" ] || lost+=" call $n: $pin"
	done
	"$WEIR" -q -n "$B" detach dev fb egress
done
is "$lost" '' 'a look that fails takes no set for an orphan'
"$WEIR" -n "$B" filter dev fb ingress off

done_testing
