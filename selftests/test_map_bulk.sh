#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Many entries of a map: files checked before the first write, all or none, differences,
# maps made equal to files, in memory that does not grow.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

weir() {
	"$WEIR" "$@"
}
create() {
	bpftool map create "$BPFFS/$1" type "$2" key "$3" value "$4" entries "$5" name "$1" "${@:6}"
}
dump() {
	weir map dump "$1" sort key
}
dump_is() {
	is "$(dump "$1")" "$2" "$3"
}
# refused FILE-TEXT MAP SAYS...: import says all of that, and changes nothing
refused() {
	local text=$1 map=$2 before
	before=$(dump "$map")
	printf '%b' "$text" >"$TMP/f/bad"
	run weir map import "$map" bad
	exits 1 "import of: ${text//$'\n'/ }"
	for says in "${@:3}"; do
		like "$err" "$says" 'says where and why'
	done
	dump_is "$map" "$before" 'and writes nothing'
}

mkdir "$TMP/f"
cd "$TMP/f" || exit
create blk4 lpm_trie 8 4 100 flags 1
create h hash 4 8 6
create h2 hash 4 8 6
create pc percpu_array 4 8 3
create pch percpu_hash 4 8 8
create a array 4 8 3
CPUS=$(bpftool -j map dump pinned "$BPFFS/pc" | jq '.[0].values | length')

mapfile -t EACH < <(seq "$CPUS")

# ---- forms of files -------------------------------------------------------------------------

printf '# a netset\n\n10.0.0.0/8\n192.168.1.0/24   # noted\n172.16.0.1-172.16.0.6\n; end\n' >list
ok 'a list of prefixes and ranges' weir map import blk4 list with 1
dump_is blk4 '10.0.0.0/8 1
172.16.0.1/32 1
172.16.0.2/31 1
172.16.0.4/31 1
172.16.0.6/32 1
192.168.1.0/24 1' 'each with the value'
weir map clear blk4
printf 'create x hash:net\nadd x 10.0.0.0/8\nadd x 11.0.0.0/8 timeout 5\n' >ipset
ok 'as ipset saves it' weir map import blk4 ipset with 3
dump_is blk4 '10.0.0.0/8 3
11.0.0.0/8 3' 'the members'
printf '0.0.0.0-255.255.255.255\n' | run weir map import blk4 - with 9
ok 'standard input' bash -c "printf '1 5\n2 6' | $WEIR map import h -"
dump_is h '1 5
2 6' 'and a last line without its end'
printf '[\n {"key": 1, "value": 7},\n {"value": 8, "key": "0x2"}\n]\n' >json
ok 'JSON' weir map import h json
dump_is h '1 7
2 8' 'members in any order'
printf '{"key":1,"value":9}\n{"key":3,"value":1}\n' >json
ok 'objects in lines' weir map import h json
dump_is h '1 9
2 8
3 1' 'are added'
bpftool -j map dump pinned "$BPFFS/h" >/dev/null
mkdir "$BPFFS/m"
bpftool prog load "$PROGS/map_types.o" "$BPFFS/p" pinmaps "$BPFFS/m"
printf 'saddr,l4.dport,proto,packets\n10.0.0.1,53,udp,5\n10.0.0.2,80,tcp,6\n' >csv
ok 'a table with a header' weir map import mt_flows csv
is "$(weir map dump mt_flows sort saddr fields saddr,l4.dport,proto,packets,bytes)" '10.0.0.1 53 udp 5 0
10.0.0.2 80 tcp 6 0' 'by fields'
printf 'saddr\tpackets\n"10.0.0.3"\t"7"\n' >tsv
ok 'with tabs and quotes' weir map import mt_flows tsv
is "$(weir map dump mt_flows where saddr = 10.0.0.3 fields packets)" 7 'taken'
printf 'action,name,ip6\ndrop,"a ""b""",fe80::1\n' >csv
ok 'quotes in quotes' weir map import mt_full csv
like "$(weir map dump mt_full)" 'action=drop,.*name="a ..b..",.*ip6=\{addr=fe80::1\}' 'made single'

# ---- what is wrong ----------------------------------------------------------------------------

refused '1 5\nx 7\n8 -1\n9\n7 1 1\n' h 'bad:2: x: not a number' 'bad:3: -1: out of range' \
	'bad:4: a value is missing' 'bad:5: '
refused '7 1\n8 1\n7 2\n8 1\n' h 'bad:3: the same key as in line 1' 'bad:4: the same key as in line 2'
refused '[{"key":7,"value":1},\n{"key":8,"value":"x"}]' h 'bad:2: x: not a number'
refused '[{"key":7,"value":1}' h 'an array without its end'
refused '[{"key":7,"value":1}] {}' h 'something stands behind the array'
refused '[{"value":1}]' h 'bad:1: an object without "key"'
refused '[{"key":7' h 'bad:1: an object without its end'
refused '{"key":7}' h 'a value is missing'
refused '[{"key":7,"value":1},2]' h 'an object is expected'
refused '1 5\n9 1\n' a 'bad:2: 9: out of range; indexes are from 0 to 2'
refused '0 percpu\n' pc 'bad:1: 0 values behind percpu; this map has'
refused '10.0.0.1/8 5\n' blk4 'bad:1: 10.0.0.1/8: bits are set behind the prefix; 10.0.0.0/8'
refused 'key,value\n1,5,6\n' h 'bad:2: 3 columns; the header has 2'
refused 'key,value\n"1,5\n' h 'bad:2: a quote without its end'
refused "$(for n in $(seq 40); do printf 'x %d\\n' "$n"; done)" h 'bad:20: ' 'bad: more lines are wrong'
run weir map import h nosuch
exits 1 'no such file'
run weir map import h "$TMP"
exits 1 'a directory'
ok 'bits behind a prefix, masked' bash -c "echo 12.0.0.1/8 5 | $WEIR map import blk4 - mask"

# ---- all or none --------------------------------------------------------------------------------

weir map clear h
printf '1 1\n2 2\n3 3\n' >three
weir map import h three
seq 10 20 | sed 's/$/ 1/' >many
before=$(dump h)
run weir map import h many
exits 1 'more than there is room for'
like "$err" 'the map is full; it has room for 6 entries' 'is said'
dump_is h "$before" 'and all of it undone'
printf '1 9\n2 9\n' >change
seq 10 20 | sed 's/$/ 1/' >>change
run weir map import h change
dump_is h "$before" 'changed entries, too'
weir map clear h2
run weir map import h2 many
exits 1 'into an empty map'
dump_is h2 '' 'which is empty again'
printf '3 9\n4 9\n' >fresh
run weir map import h fresh new
exits 1 'only new ones'
like "$err" '3: it exists' 'refuses the one that is there'
dump_is h "$before" 'and writes none'

# ---- differences ----------------------------------------------------------------------------------

printf '1 1\n2 20\n4 4\n' >want
run weir map diff h want
exits 1 'a map that differs'
is "$(sort <<<"$out")" '+ 2 20
+ 4 4
- 2 2
- 3 3' 'line by line'
run weir map plan h want
exits 0 'a plan'
is "$(wc -l <<<"$out")" 4 'is the same'
dump_is h "$before" 'and changes nothing'
ok 'apply' weir map apply h want
dump_is h '1 1
2 20
4 4' 'makes it so'
run weir map diff h want
exits 0 'then nothing differs'
is "$out" '' 'and nothing is said'
run strace -f -e trace=bpf -o "$TMP/trace" "$WEIR" map apply h want
is "$(grep -cE 'BPF_MAP_(UPDATE|DELETE)_(ELEM|BATCH), \{(map_fd=3|batch=\{.*map_fd=3)' "$TMP/trace")" 0 'apply twice changes nothing'
seq 31 36 | sed 's/$/ 1/' >full
ok 'all entries exchanged in a full map' weir map apply h <(cat full)
is "$(dump h | md5sum)" "$(md5sum <full)" 'for others'
run weir map apply h many
exits 1 'more than there is room for'
is "$(dump h | md5sum)" "$(md5sum <full)" 'and all of it undone'
weir map import h2 full
run weir map diff h map h2
exits 0 'two equal maps'
weir map set h2 31 5
weir map del h2 32
run weir map diff h map h2
exits 1 'two that differ'
is "$(sort <<<"$out")" '+ 31 5
- 31 1
- 32 1' 'line by line'
run weir map diff h map pc
exits 1 'maps of other sizes'
printf '1 5\n' >one
weir map set a 0 3
run weir map plan a one
is "$(sort <<<"$out")" '+ 1 5
- 0 3
- 1 0' 'entries of an array'
ok 'become zero' weir map apply a one
dump_is a '0 0
1 5
2 0' 'when the file does not have them'

is "$(weir -j map diff h map h2 | jq -c 'sort_by(.key) | map([.change, .key, .old, .new])')" '[["changed",31,1,5],["gone",32,1,null]]' 'in JSON'
is "$(weir -j map plan a one)" '[]' 'nothing to do'

# ---- merged ---------------------------------------------------------------------

printf '10.0.0.0/8 1\n10.1.0.0/16 1\n10.2.0.0/16 2\n10.2.3.0/24 1\n11.0.0.0/8 1\n' >nested
ok 'prefixes in and beside each other' weir map apply blk4 nested merge
dump_is blk4 '10.0.0.0/7 1
10.2.0.0/16 2
10.2.3.0/24 1' 'as few as say the same'
is "$(weir map get blk4 10.1.2.3)" '10.0.0.0/7 1' 'for an address of one that is gone'
run weir map diff blk4 nested merge
exits 0 'and the file is equal'
printf '10.0.0.0/8\n10.0.0.0/8\n172.16.0.1-172.16.0.254\n172.16.0.0\n172.16.0.255\n' >twice
run weir map import blk4 twice with 4
like "$err" 'twice:2: the same key as in line 1' 'prefixes that come again are an error'
ok 'unless they are merged' weir map apply blk4 twice with 4 merge
dump_is blk4 '10.0.0.0/8 4
172.16.0.0/24 4' 'once'
printf '10.0.0.0/8 1\n10.0.0.0/8 2\n' >twice
run weir map import blk4 twice merge
exits 1 'but with one value only'
run weir map import h one merge
like "$err" 'not one of prefixes' 'nor into another kind of map'

# ---- tables -----------------------------------------------------------------------

weir map clear mt_flows
weir map set mt_flows saddr=10.0.0.1,l4.dport=53,proto=udp packets=5
is "$(weir map dump mt_flows csv)" "$(weir map dump mt_flows csv | head -n 1)
10.0.0.1,0.0.0.0,0,53,udp,5,0" 'a row'
is "$(weir map dump mt_flows tsv fields saddr,l4.dport)" $'saddr\tl4.dport\n10.0.0.1\t53' 'some columns, with tabs'
weir map clear mt_full
weir map set mt_full 1 'name="a,\"b"'
like "$(weir map dump mt_full csv)" ',"a,""b",' 'quotes'
weir map set h 31 5
weir map set pc 1 percpu "${EACH[@]}"
is "$(weir map dump pc csv where key = 1)" "key,value
1,$((CPUS * (CPUS + 1) / 2))" 'a sum of CPUs'
bpftool map create "$BPFFS/gaps" type hash key 4 value 8 entries 4 name gaps
weir map set gaps 1 hex 01 ff 00 00 02 00 00 00
refused_table() {
	run weir map dump gaps value '{u8 a; u32 b}' csv
	exits 1 'bits that no column has'
	like "$err" 'gaps: 1: a table cannot say it' 'are said'
}
refused_table

# ---- laws ---------------------------------------------------------------------------------------------

weir map set pc 1 percpu "${EACH[@]}"
weir map set pch 7 percpu "${EACH[@]}"
weir map set mt_full 2 delta=-5,on=true
weir map set mt_v6 fd00::/8 drop
weir map set mt_vrf prefixlen=40,vrf=5,addr=10.0.0.0 1
weir map set mt_lru 99 1
weir map set mt_dev 1 ifindex=lo
weir map set mt_jumps 1 pinned "$BPFFS/p"
weir map set mt_outer 1 pinned "$BPFFS/m/mt_inner"
create lph lru_percpu_hash 4 8 10000
create dh devmap_hash 4 8 8
create cm cpumap 4 8 2
weir map create hm type hash_of_maps key u32 value u32 max 4 inner h
weir map set lph 5 percpu "${EACH[@]}"
weir map set dh 9 ifindex=lo
weir map set cm 1 qsize=192
weir map set hm 3 pinned "$BPFFS/h"
for map in blk4 h h2 pc pch lph a dh cm hm mt_flows mt_full mt_stats mt_cpuhash mt_lru mt_v6 mt_vrf mt_dev mt_jumps mt_outer; do
	for form in '' -j csv tsv; do
		path=$BPFFS/$map
		[ -e "$path" ] || path=$BPFFS/m/$map
		[ -e "$path" ] || path=$BPFFS/tc/globals/$map
		before=$(bpftool map dump pinned "$path" 2>/dev/null | sort)
		words=(map export "$map" out)
		case $form in
		-j) words=(-j "${words[@]}") ;;
		?*) words+=("$form") ;;
		esac
		weir "${words[@]}" || verdict 1 "export $map"
		weir map clear $map
		weir map import $map out || verdict 1 "import $map"
		is "$(bpftool map dump pinned "$path" 2>/dev/null | sort)" "$before" "export | clear | import of $map $form restores all bytes"
		run weir map diff $map out
		is "$out$status" 0 "and $map is equal to the file"
	done
done

# ---- kept -------------------------------------------------------------------------------------------------

all_maps() {
	for path in "$BPFFS"/{blk4,h,h2,pc,pch,a} "$BPFFS"/m/mt_{flows,full,stats,cpuhash,lru,v6,vrf}; do
		weir map dump "$path" percpu sort key
	done
}
before=$(all_maps)
ok 'snapshot' weir map snapshot snap
like "$err" 'mt_jumps: a map of this type is not kept' 'says what is not kept'
[ "$(wc -l <snap/index)" -ge 13 ]
verdict $? 'and keeps the others'
run weir map snapshot snap
exits 1 'not over another one'
for map in blk4 h h2 pc pch a mt_flows mt_full mt_stats mt_cpuhash mt_lru mt_v6 mt_vrf; do
	weir map clear $map
done
weir map set h 77 7
rm "$BPFFS/h2" "$BPFFS/m/mt_flows"
run weir map restore snap
exits 1 'without create'
like "$err" 'h2: no such pin; the word create makes the map' 'a missing map is an error'
ok 'restore' weir map restore snap create
is "$(all_maps)" "$before" 'all is as it was'
like "$(weir map show mt_flows)" 'key \{ipv4 saddr; ipv4 daddr; \{be16 sport; be16 dport\} l4; proto proto\}' 'types, too'
run weir map restore nosuch
exits 1 'no such snapshot'

# ---- many -----------------------------------------------------------------------------------------------

create big hash 4 8 1000000
create trie lpm_trie 8 4 1000000 flags 1
seq 0 299999 | sed 's/$/ 1/' >big
ok '300,000 lines' weir map import big big
is "$(weir map dump big | sort -n | md5sum)" "$(md5sum <big)" 'all there'
seq 100000 399999 | sed 's/$/ 1/' >other
ok 'applied over them' weir map apply big other
is "$(weir map dump big | sort -n | md5sum)" "$(md5sum <other)" 'others now'
awk 'BEGIN { for (i = 0; i < 200000; i++) printf "10.%d.%d.%d/32 %d\n", i / 65536, i / 256 % 256, i % 256, i % 7 }' >prefixes
ok '200,000 prefixes' weir map apply trie prefixes
run weir map diff trie prefixes
exits 0 'all there'
cp big twice
echo '5 2' >>twice
run weir map import big twice
like "$err" 'twice:300001: the same key as in line 6' 'one duplicate among many'

# ---- maps that change meanwhile --------------------------------------------------------------------------

create wide lpm_trie 8 256 60000 flags 1
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "10.%d.%d.%d/32\n", i / 65536, i / 256 % 256, i % 256; for (i = 0; i < 256; i++) printf "10.0.%d.0/24\n", i }' >keys
weir map import wide keys with "0x$(printf '%0512d' 1)"
# The kernel begins anew when the key is gone from which it would go on.
is "$("$BUILD/tests/tool_walk" "$BPFFS/wide")" '20256 0' 'a trie whose last keys vanish: each entry once'
create whash hash 4 256 20000
seq 20000 >keys
weir map import whash keys with "0x$(printf '%0512d' 1)"
is "$("$BUILD/tests/tool_walk" "$BPFFS/whash")" '20000 0' 'a hash'
create moving lpm_trie 8 4 60000 flags 1
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "10.%d.%d.%d/32 1\n", i / 65536, i / 256 % 256, i % 256; for (i = 0; i < 256; i++) printf "10.0.%d.0/24 2\n", i }' >even
awk 'NR % 3' even >odd
weir map apply moving even
# shellcheck disable=SC2016 # the inner shell expands
background bash -c 'while :; do "$0" map apply moving odd; "$0" map apply moving even; done' "$WEIR"
pid=$bg
twice=0
unsaid=0
for _ in $(seq 30); do
	run weir map dump moving
	[ -z "$(cut -d' ' -f1 "$TMP/out" | sort | uniq -d)" ] || twice=$((twice + 1))
	# each entry that stays is there, or the dump says that it is not whole
	[ "$status" = 1 ] || [ "$(sort "$TMP/out" | comm -23 <(sort odd) - | wc -l)" = 0 ] || unsaid=$((unsaid + 1))
done
stop "$pid"
is "$twice" 0 'no entry of a moving trie is printed twice'
is "$unsaid" 0 'and none that stays is missing in silence'

# Memory that the process takes, in kB, at its peak.
peak() {
	"$BUILD/bench/compare" 1 "$1" true "$1" true 2>&1 | awk '/RSS/ { print int($4) }'
}
for command in "dump big" "import big other" "apply big big" "export big out" "apply trie prefixes"; do
	got=$(peak "$WEIR map $command")
	[ "${got:-0}" -gt 500 ] && [ "$got" -le 8192 ]
	verdict $? "map $command: $got kB"
done
# ---- progress on a terminal ----------------------------------------------------------------

weir map create far type hash key u32 value u64 max 40000
run script -qec "(sleep 1.1; seq 40000 | sed 's/\$/ 1/') | $WEIR map import far -" /dev/null
like "$out" $'\r\e\\[K(reading|writing): [0-9]+ .*entries.*\r\e\\[K' 'long work tells how far it is, and takes it away again'
run script -qec "$WEIR map dump far | (sleep 1.1; cat >/dev/null)" /dev/null
like "$out" 'reading: 40000 entries' 'a long dump, too'
# (in an emulated guest it is long)
run script -qec "seq $(scaled 40000) | sed 's/\$/ 1/' | $WEIR map import far -" /dev/null
unlike "$out" entries 'short work does not'
run script -qec "(sleep 1.1; seq 40000 | sed 's/\$/ 1/') | $WEIR -q map import far -" /dev/null
unlike "$out" entries 'nor a quiet one'

done_testing
