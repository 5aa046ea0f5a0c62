#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# weir stat: what was sent is what is shown, by name, summed over CPUs, with rates.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

MAPS=$BUILD/tests/tool_maps
GLOBALS=$BPFFS/tc/globals

# packets MAP NAME: from the JSON of the last run.
packets() {
	jq -r --arg m "$1" --arg c "$2" \
		'.[] | select(.map == $m) | .counters[] | select(.name == $c) | "\(.packets) \(.bytes)"' \
		<<<"$out"
}

fails 'no counter map at all' "$WEIR" stat weir_count
like "$err" '^weir: .*weir_count.*no map.*; ' 'is said with a remedy'

# ---- our own -------------------------------------------------------------------

netns_add left right
veth_pair "$left" stat0 "$right" stat1
for hook in xdp ingress egress; do
	ok "count at $hook" ns "$right" "$WEIR" -q attach dev stat1 $hook obj "$BUILD/bpf/legacy/count.o"
done

ok 'before traffic' "$WEIR" stat weir_count
like "$out" 'all counters are zero' 'zeros are one line'
ok 'with all' "$WEIR" -j stat weir_count all
is "$(jq '.[0].counters | length' <<<"$out")" 45 'every class of every hook is there'

ok 'ping over IPv4' ns "$left" ping -q -c 5 -i 0.01 10.99.1.2
ok 'ping over IPv6' ns "$left" ping -q -c 3 -i 0.01 fd99:1::2
ok 'as JSON' "$WEIR" -j stat weir_count
# 84 bytes of IPv4, 104 of IPv6, 14 of Ethernet
for hook in xdp ingress egress; do
	is "$(packets weir_count ${hook}_ipv4_icmp)" '5 490' "$hook: IPv4"
	is "$(packets weir_count ${hook}_ipv6_icmp)" '3 354' "$hook: IPv6"
done
is "$(jq '[.[0].counters[].packets] | add' <<<"$out")" 24 'and nothing else'
is "$(jq -r '.[0].pins | join(" ")' <<<"$out")" "$GLOBALS/weir_count" 'with its pin'

ok 'as text' "$WEIR" stat weir_count
like "$out" $'\n  xdp_ipv4_icmp +5 +490' 'a counter is a line'
unlike "$out" 'arp' 'zeros are left out'
ok 'of a device' "$WEIR" -n "$right" stat dev stat1
like "$out" 'weir_count id [0-9]+ percpu_array' 'by the maps of its programs'
id=$(bpftool -j map show pinned $GLOBALS/weir_count | jq .id)
fails 'by rates that there are not' "$WEIR" stat weir_count sort pps
is "$status $err" "2 weir: stat: 'sort' 'pps': there are no rates without 'interval' or 'count'" 'is refused'
ok 'by id' "$WEIR" stat id "$id"
like "$out" "weir_count id $id " 'the same'
ok 'by path' "$WEIR" stat $GLOBALS/weir_count
ok 'without a word' "$WEIR" stat
like "$out" "weir_count id $id " 'finds it'

# ---- with an interval --------------------------------------------------------------

"$WEIR" -j stat weir_count interval 0.5 count 2 >"$TMP/rates" &
reader=$!
PIDS+=("$reader")
sleep 0.2
ns "$left" ping -q -c 10 -i 0.002 10.99.1.2 >/dev/null
wait "$reader"
status=$?
exits 0 'two reports'
is "$(jq -s length "$TMP/rates")" 2 'are two objects'
first=$(jq -s '.[0].maps[0].counters[] | select(.name == "xdp_ipv4_icmp")' "$TMP/rates")
is "$(jq .packets <<<"$first")" 15 'counts go on'
# 10 packets in half a second, read 0.5 s apart give or take the machine's load
ok 'rate of packets' jq -e '.pps > 10 and .pps <= 20.5' <<<"$first"
is "$(jq '(.bps / .pps) | round' <<<"$first")" 784 'rate of bits: 98 bytes each'
is "$(jq -s '.[1].maps[0].counters[] | select(.name == "xdp_ipv4_icmp") | .pps' "$TMP/rates")" 0 \
	'and nothing in the next'

"$WEIR" stat weir_count interval 0.1 >"$TMP/endless" &
reader=$!
PIDS+=("$reader")
wait_for 5 grep -q 'pkt/s' "$TMP/endless"
stop "$reader" INT
status=$?
exits 0 'an interrupt ends it well'

# ---- again and again: added up by a program in the kernel -----------------------------

"$WEIR" map create pairs type percpu_array key u32 value '{u32 hits; u32 spare; u64 octets}' max 1500
"$WEIR" map create drop_count type percpu_array key u32 value u32 max 1500
cpus=$(bpftool -j map lookup pinned "$GLOBALS/pairs" key 0 0 0 0 | jq '.values | length')
for key in 0 7 1499; do
	"$WEIR" map set pairs $key "hits=$((key + 1)),octets=4294967296"
	"$WEIR" map set drop_count $key 9
done
for map in pairs drop_count; do
	ok "$map, seven times" strace -f -e trace=bpf -o "$TMP/calls" \
		"$WEIR" -j stat $map interval 0.02 count 7
	if skip_unless 'kernel_has percpu-lookups' 'sums by a program need Linux 5.19'; then
		is "$(grep -c BPF_MAP_LOOKUP_BATCH "$TMP/calls") $(grep -c BPF_PROG_TEST_RUN "$TMP/calls")" '3 5' \
			'three readings copy all CPUs, the rest runs a program'
	fi
	is "$(jq -c '[.maps[0].counters[] | [.name, .packets, .bytes, .pps]]' <<<"$out" | uniq -c | tr -s ' ')" \
		" 7 $(case $map in
		pairs) jq -nc --argjson n "$cpus" '[["0", 1], ["7", 8], ["1499", 1500]] | map([.[0], .[1] * $n, 4294967296 * $n, 0])' ;;
		*) jq -nc --argjson n "$cpus" '["0", "7", "1499"] | map([., 9 * $n, null, 0])' ;;
		esac)" 'with the same sums'
done
ok 'few of many' "$WEIR" -j stat pairs interval 0.02 count 5 sort bytes limit 1
is "$(jq '.maps[0].counters | length' <<<"$out" | uniq)" 1 'are few each time'
# the first bpf(2) that fails, or the second, ...: an error that is said, or the same sums
bad=''
for n in $(seq 24); do
	run strace -f -o /dev/null -e trace=none -e "inject=bpf:error=EPERM:when=$n" \
		"$WEIR" -j stat pairs interval 0.01 count 5
	sums=$(jq -c '[.maps[0].counters[].packets] | add' <<<"$out" | uniq)
	if [ "$status" = 0 ]; then
		[ "$sums" = $((1509 * cpus)) ] || bad+="$n: $sums; "
	elif [ "$(wc -l <<<"$err")" != 1 ] || [[ $err != 'weir: '* ]]; then
		bad+="$n: $err; "
	fi
done
is "$bad" '' 'whichever call is refused'
"$WEIR" -j stat pairs interval 0.02 >"$TMP/sums" &
reader=$!
PIDS+=("$reader")
wait_for 5 sh -c "[ \$(wc -l <$TMP/sums) -gt 5 ]"
"$WEIR" map set pairs 3 hits=100,octets=1
sleep 0.2
rm "$GLOBALS/pairs"
stop "$reader" INT
is "$(tail -n 1 "$TMP/sums" | jq -c '.maps[0].counters[] | select(.name == "3") | .packets')" $((100 * cpus)) \
	'what changes meanwhile is seen'
rm "$GLOBALS/drop_count"

# ---- other people's ------------------------------------------------------------------

bpftool prog load "$PROGS/counters.o" $BPFFS/prog type xdp pinmaps $GLOBALS
head -c 100 /dev/zero >"$TMP/packet"
bpftool prog run pinned $BPFFS/prog data_in "$TMP/packet" repeat 7 >/dev/null
ok 'a map of another maker' "$WEIR" -j stat lanes all
is "$(packets lanes right)" '7 700' 'by the names of its enum'
is "$(packets lanes left)" '0 0' 'all of them'
fails 'a map of plain numbers' "$WEIR" stat plain
like "$err" '^weir: .*plain.*; .*counter' 'is refused with the reason'
"$MAPS" fill flows 100000
ok 'a hundred thousand counters' "$WEIR" -j stat flows all
is "$(jq '[.[0].counters | length, (map(.packets) | add), (map(.bytes) | add)] | join(" ")' <<<"$out")" \
	'"100000 4999950000 9999900000"' 'add up'
is "$("$WEIR" -j stat flows sort packets limit 2 | jq -c '[.[0].counters[].packets]')" '[99999,99998]' 'the largest first'
is "$("$WEIR" -j stat flows sort bytes limit 1 | jq '.[0].counters[0].bytes')" 199998 'by bytes'
is "$("$WEIR" stat flows sort name limit 3 | wc -l)" 5 'some of them'
"$WEIR" map create drops type percpu_hash key ipv4 value u64 max 9
"$WEIR" map set drops 10.0.0.9 5
"$WEIR" map set drops 10.0.0.10 6
cpus=$(bpftool -j map dump pinned "$GLOBALS/drops" | jq '.[0].values | length')
is "$("$WEIR" stat drops sort name | tail -n 2 | tr -s ' ')" " 10.0.0.9 $((5 * cpus)) -
 10.0.0.10 $((6 * cpus)) -" 'one number, in a map that is called so, by addresses'
is "$("$WEIR" -j stat drops | jq -c '.[0].counters[0] | has("packets", "bytes")')" 'true
false' 'without bytes in JSON'
# ---- maps that nobody typed --------------------------------------------------------------

bpftool map create "$GLOBALS/legacy" type hash key 4 value 16 entries 8 name legacy
"$WEIR" map set legacy hex 0a 00 00 01 value hex 07 00 00 00 00 00 00 00 09 00 00 00 00 00 00 00
fails 'without BTF' "$WEIR" stat legacy
like "$err" 'not a counter map; .*; value TYPE tells what it is' 'what would help is said'
ok 'with its types given' "$WEIR" -j stat legacy key ipv4 value '{u64 packets; u64 bytes}'
is "$(packets legacy 10.0.0.1)" '7 9' 'it counts'
ok 'other names, other order' "$WEIR" stat legacy value '{u64 octets; u64 hits}' all
like "$out" '16777226 +9 +7' 'by the names; the key as it is'
fails 'a type of another size' "$WEIR" stat legacy value u64
like "$err" 'type of its value has 8 bytes, the map.s has 16' 'is refused'
fails 'types of many maps' "$WEIR" stat value u64
like "$err" "'value': only with 'MAP' or 'id'" 'are refused'
export WEIR_TYPES=$TMP/types
"$WEIR" map dump legacy key ipv4 value '{u64 packets; u64 bytes}' keep >/dev/null
ok 'kept types' "$WEIR" -j stat
is "$(packets legacy 10.0.0.1)" '7 9' 'are found by themselves'
unset WEIR_TYPES
bpftool map create "$GLOBALS/seen" type array key 4 value 8 entries 2 name seen
"$WEIR" map set seen 1 3
fails 'a number in a map of any name' "$WEIR" stat seen
ok 'counts when that is said' "$WEIR" stat seen value u64
like "$out" '1 +3 +-' 'packets'

"$WEIR" map create odd type hash key 'char[8]' value '{u64 packets; u64 bytes}' max 9
for key in 'hex ff fe 63 00 00 00 00 00' 'hex fe ff 63 00 00 00 00 00' 'hex e6 97 a5 e6 9c ac 00 00' abc; do
	# shellcheck disable=SC2086 # words
	"$WEIR" map set odd $key value packets=1
done
is "$("$WEIR" stat odd | grep -oE '[^ ]+ +1 ' | sort)" '"\xfe\xffc"               1 
"\xff\xfec"               1 
"日本"                    1 
abc                       1 ' 'names in bytes and in wide characters stand in columns'
is "$("$WEIR" -j stat odd | jq -c '[.[0].counters[].name] | sort')" \
	'["\"\\xfe\\xffc\"","\"\\xff\\xfec\"","\"日本\"","abc"]' 'in JSON no two are one'
rm "$GLOBALS/odd"

# ---- what comes and goes meanwhile ---------------------------------------------------

find "$GLOBALS" -type f ! -name weir_count -delete
# reports WORDS...: begins them, into $TMP/reports; the process is in $bg
reports() {
	background "$WEIR" -n "$right" -j stat interval 0.2 "$@" >"$TMP/reports" 2>"$TMP/said"
	wait_for 5 grep -q . "$TMP/reports"
}
# last FILTER: of the last whole report
last() {
	jq -cs "last | $1" "$TMP/reports" 2>/dev/null || head -n -1 "$TMP/reports" | jq -cs "last | $1"
}
says() {
	[ "$(last "$1")" = "$2" ]
}
"$WEIR" map create moved type hash key u32 value '{u64 packets; u64 bytes}' max 9
"$WEIR" map set moved 1 packets=1000
reports moved
stood=$(last '.maps[0].id')
rm "$GLOBALS/moved"
sleep 0.8
is "$(last '.maps[0] | [.id, .pins, .counters[0].packets]')" "[$stood,[],1000]" 'a map whose pin is gone is read on'
"$WEIR" map create moved type hash key u32 value '{u64 packets; u64 bytes}' max 9
"$WEIR" map set moved 1 packets=7
ok 'another map at its pin is found' wait_for 5 says '.maps[0].counters[0].packets' 7
is "$(jq -cs 'map(.maps[0].counters[0].pps) | max < 1000 and min >= 0' "$TMP/reports")" true 'and has no rates that never were'
"$WEIR" map set moved 1 packets=3
ok 'a count that begins anew' wait_for 5 says '.maps[0].counters[0].packets' 3
is "$(jq -cs 'map(.maps[0].counters[0].pps) | max < 1000 and min >= 0' "$TMP/reports")" true 'neither'
stop "$bg"
is "$(cat "$TMP/said")" '' 'nothing is complained of'

reports
"$WEIR" map create late type hash key u32 value '{u64 packets; u64 bytes}' max 9
"$WEIR" map set late 1 packets=1000000
has_late='.maps | map(select(.map == "late")) | length'
ok 'a map that comes is there' wait_for 5 says "$has_late" 1
is "$(jq -cs '[.[].maps[] | select(.map == "late").counters[].pps] | max' "$TMP/reports")" 0 'what it counted before is no rate'
rm "$GLOBALS/late"
ok 'and goes' wait_for 5 says "$has_late" 0
stop "$bg"

for name in pa pb mv1 mv2; do
	"$WEIR" map create $name type hash key u32 value '{u64 packets; u64 bytes}' max 9
done
"$WEIR" map set pa 1 packets=5
"$WEIR" map set pb 1 packets=6
"$WEIR" map set mv1 1 packets=1000
"$WEIR" map set mv2 1 packets=5000000
reports
rm "$GLOBALS/pa"
bpftool map pin pinned "$GLOBALS/pb" "$GLOBALS/pa"
packets_of() {
	printf '[.maps[] | select(.map == "%s" or .map == "%s").counters[].packets]' "$1" "$2"
}
ok 'another map that is known at the pin of one' wait_for 5 says "$(packets_of pa pb)" '[6]'
mv "$GLOBALS/mv2" "$GLOBALS/mv1"
ok 'one that counts at the pin of another' wait_for 5 says "$(packets_of mv1 mv2)" '[5000000]'
sleep 0.4
is "$(jq -cs '[.[].maps[].counters[].pps] | max' "$TMP/reports")" 0 'has no rates that never were'
stop "$bg"
reports mv1
"$WEIR" map create mv2 type hash key u32 value '{u64 packets; u64 bytes}' max 9
"$WEIR" map set mv2 1 packets=7000000
mv "$GLOBALS/mv2" "$GLOBALS/mv1"
ok 'of a map that was named' wait_for 5 says "$(packets_of mv1 mv2)" '[7000000]'
sleep 0.4
is "$(jq -cs '[.[].maps[].counters[].pps] | max' "$TMP/reports")" 0 'neither'
stop "$bg"
rm "$GLOBALS"/{pa,pb,mv1}

reports dev stat1
ip -n "$right" link set stat1 down
ip -n "$right" link set stat1 name 'wan.1'
before=$(wc -l <"$TMP/reports")
more_reports() {
	[ "$(wc -l <"$TMP/reports")" -gt $((before + 5)) ]
}
ok 'an interface under another name' wait_for 5 more_reports
is "$(last '.maps[0].map')" '"weir_count"' 'goes on'
"$WEIR" -n "$right" stat dev wan.1 interval 0.1 >"$TMP/text" &
reader=$!
PIDS+=("$reader")
wait_for 5 grep -q 'weir_count' "$TMP/text"
for hook in xdp ingress egress; do
	"$WEIR" -n "$right" -q detach dev wan.1 $hook
done
ok 'programs that are detached' wait_for 5 says '.maps' '[]'
sleep 0.8
stop "$reader" INT
is "$(uniq -d "$TMP/text" | grep -cx '')" 0 'are no empty lines'
"$WEIR" -n "$right" -q attach dev wan.1 xdp obj "$BUILD/bpf/legacy/count.o"
ok 'and attached' wait_for 5 says '.maps[0].map' '"weir_count"'
ip -n "$right" link del wan.1
wait "$bg"
is "$? $(wc -l <"$TMP/said")" '1 1' 'an interface that is gone ends it, with a line'
like "$(cat "$TMP/said")" '^weir: the interface .*' 'that says so'

# ---- where it goes ---------------------------------------------------------------------

"$WEIR" map create gone type hash key u32 value '{u64 packets; u64 bytes}' max 9
"$WEIR" map set gone 1 packets=5
"$WEIR" stat gone interval 0.02 2>"$TMP/said" | head -n 1 >"$TMP/head"
is "${PIPESTATUS[0]} $(wc -l <"$TMP/head") $(cat "$TMP/said")" '1 1 ' 'who reads no more ends it, without a word'
"$WEIR" stat gone interval 0.02 >/dev/full 2>"$TMP/said"
is "$? $(cat "$TMP/said")" '1 weir: standard output: No space left on device' 'a full disk'
rm "$GLOBALS/gone"

fails 'a program is no map' "$WEIR" stat $BPFFS/prog
like "$err" 'program id' 'and is called so'

done_testing
