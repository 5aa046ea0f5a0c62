#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# weir map: maps of other tools found, read and edited, by BTF, by given types and by
# shape; bpftool as the witness.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

weir() {
	"$WEIR" "$@"
}
# dump_is MAP TEXT DESCRIPTION
dump_is() {
	run weir map dump "$1"
	is "$out" "$2" "$3"
}
# refused TEXT WORDS...: an error that says TEXT, and no change
refused() {
	local says=$1
	shift
	run weir map "$@"
	exits 1 "map $* fails"
	like "$err" "$says" 'and says why'
}
wrong() {
	local says=$1
	shift
	run weir map "$@"
	exits 2 "map $* is wrong"
	like "$err" "$says" 'and says why'
}

# ---- maps that bpftool made, without BTF ----------------------------------------------------

bpftool map create "$BPFFS/blk4" type lpm_trie key 8 value 4 entries 100 name blk4 flags 1
bpftool map create "$BPFFS/blk6" type lpm_trie key 20 value 4 entries 100 name blk6 flags 1
bpftool map create "$BPFFS/stats" type percpu_array key 4 value 8 entries 4 name stats
bpftool map create "$BPFFS/small" type hash key 4 value 8 entries 3 name small
bpftool map create "$BPFFS/array" type array key 4 value 4 entries 3 name array
bpftool map create "$BPFFS/odd" type hash key 5 value 3 entries 3 name odd
CPUS=$(bpftool -j map dump pinned "$BPFFS/stats" | jq '.[0].values | length')

ok 'a prefix is set' weir map set blk4 10.1.2.0/24 1
is "$(bpftool -j map lookup pinned "$BPFFS/blk4" key 24 0 0 0 10 1 2 0 | jq -c .value)" \
	'["0x01","0x00","0x00","0x00"]' 'bpftool reads it'
ok 'and a shorter one' weir map set blk4 10.0.0.0/8 0x10
dump_is blk4 '10.1.2.0/24 1
10.0.0.0/8 16' 'both are dumped'
for pair in 10.1.2.77:10.1.2.0/24 10.1.3.1:10.0.0.0/8 10.1.2.0/24:10.1.2.0/24; do
	run weir map get blk4 "${pair%%:*}"
	like "$out" "^${pair#*:} " "${pair%%:*} falls under ${pair#*:}"
done
refused '11.0.0.1/32: no such entry' get blk4 11.0.0.1
refused '10.1.2.3/24: bits are set behind the prefix; 10.1.2.0/24, or the word mask' set blk4 10.1.2.3/24 1
ok 'mask cuts them' weir map set blk4 10.1.2.3/24 5 mask
run weir map get blk4 10.1.2.0/24
is "$out" '10.1.2.0/24 5' 'the entry is the prefix'
ok 'IPv6' weir map set blk6 fd00::/8 7
run weir -j map dump blk6
is "$out" '[{"key":"fd00::/8","value":7}]' 'in JSON'
ok 'a prefix is removed' weir map del blk4 10.0.0.0/8
refused '10.0.0.0/8: no such entry' del blk4 10.0.0.0/8

ok 'all CPUs' weir map set stats 2 7
run weir map get stats 2
is "$out" "2 $((7 * CPUS))" 'are summed'
run weir map get stats 2 percpu
is "$out" "2 percpu$(printf ' 7%.0s' $(seq "$CPUS"))" 'or each shown'
mapfile -t EACH < <(seq "$CPUS")
ok 'and its own text is taken' weir map set stats 2 percpu "${EACH[@]}"
run weir map get stats 2
is "$out" "2 $((CPUS * (CPUS + 1) / 2))" 'for each CPU'
ok 'zero' weir map set stats 2 0
run weir map get stats 2
is "$out" '2 0' 'on all CPUs'
refused "[0-9]+ values behind percpu" set stats 2 percpu "${EACH[@]}" 1
refused '9: out of range; indexes are from 0 to 3' set stats 9 1

for n in 1 2 3; do
	weir map set small $n $n
done
refused '4: the map is full; it has room for 3 entries' set small 4 4
is "$(weir map dump small sort key | tr '\n' ' ')" '1 1 2 2 3 3 ' 'and nothing was changed'
refused '1: it exists' add small 1 5
refused '7: no such entry' replace small 7 5
refused '4294967296: out of range; from 0 to 4294967295' set small 4294967296 1
refused "x: not a number" set small x 1
refused "'2': one word is a key" get small 1 2
wrong 'missing: VALUE' set small 1
wrong 'missing: KEY' del small
wrong "nothing is expected behind 'mask'" set small 1 2 mask 3
ok 'replace' weir map replace small 2 20
ok 'as bpftool writes it' weir map set small key hex 03 00 00 00 value hex 1e 00 00 00 00 00 00 00
ok 'in decimals' weir map set small key 1 0 0 0 value 10 0 0 0 0 0 0 0
is "$(weir map dump small sort -value limit 2 | tr '\n' ' ')" '3 30 2 20 ' 'sorted and limited'
is "$(weir map dump small where value '>' 10 where key '!=' 3)" '2 20' 'where'
wrong 'FIELD OP VALUE must follow' dump small where value '>'
refused "'=>': not one of" dump small where value '=>' 1
refused 'no field nope; there are key, value' dump small where nope = 1
refused 'its keys have no IPv4 address' dump small within 10.0.0.0/8
weir map del small 1
ok 'types on the command line' weir map set small key ipv4 10.0.0.1 value '{u32 prio; u32 hits}' prio=1,hits=2
is "$(weir map dump small key ipv4 value '{u32 prio; u32 hits}' within 10.0.0.0/8)" \
	'10.0.0.1 prio=1,hits=2' 'and they show'
refused 'the type of its key has 8 bytes, the map.s has 4' dump small key u64
refused 'type "u33": no type is known' dump small key u33
ok 'odd sizes are bytes' weir map set odd 0x0102030405 0x0a0b0c
dump_is odd '0x0102030405 0x0a0b0c' 'and stay so'
refused '4 digits; 5 bytes have 10' get odd 0x0102
ok 'cleared' weir map clear small
dump_is small '' 'a hash is empty'
run weir -j map dump small
is "$out" '[]' 'in JSON, too'
ok 'an array, set' weir map set array 1 5
ok 'an array, cleared' weir map clear array
dump_is array '0 0
1 0
2 0' 'has zeroes'
refused 'entries of an array stay' del array 1
refused '1: entries of an array exist' add array 1 1
refused '3: out of range; indexes are from 0 to 2' get array 3

# ---- maps with BTF ------------------------------------------------------------------------------

mkdir "$BPFFS/m"
ok 'maps with BTF' bpftool prog load "$PROGS/map_types.o" "$BPFFS/p" pinmaps "$BPFFS/m"
FLOW='saddr=10.0.0.1,daddr=10.0.0.2,l4={sport=1,dport=53},proto=udp'
ok 'a struct as key' weir map set mt_flows "$FLOW" packets=5
ok 'a part of a value' weir map set mt_flows "$FLOW" bytes=7
dump_is mt_flows "$FLOW packets=5,bytes=7" 'leaves the rest'
is "$(bpftool -j map dump pinned "$BPFFS/m/mt_flows" | jq -c '.[0].formatted.value')" \
	'{"packets":5,"bytes":7}' 'as bpftool sees it'
is "$(weir -j map dump mt_flows)" '[{"key":{"saddr":"10.0.0.1","daddr":"10.0.0.2","l4":{"sport":1,"dport":53},"proto":"udp"},"value":{"packets":5,"bytes":7}}]' 'in JSON'
is "$(weir map dump mt_flows where packets '>=' 5 where saddr = 10.0.0.1 fields saddr,l4.dport,packets)" \
	'10.0.0.1 53 5' 'fields'
is "$(weir -j map dump mt_flows fields saddr,l4.dport)" '[{"saddr":"10.0.0.1","l4.dport":53}]' 'fields in JSON'
is "$(weir map dump mt_flows within 10.0.0.0/24 | wc -l)$(weir map dump mt_flows within 10.1.0.0/16 | wc -l)" 10 'within'
is "$(weir map dump mt_flows where proto = tcp | wc -l)" 0 'by the name of a protocol'
refused 'no field daddrr; there are saddr, daddr, l4, proto' set mt_flows saddr=10.0.0.1,daddrr=1 5
refused 'l4: dport: 70000: out of range; from 0 to 65535' set mt_flows 'saddr=10.0.0.1,l4={dport=70000}' 5

FULL='action=drop,sign=minus,smac=02:00:00:00:00:01,h_proto=ipv6,ifindex=lo,name="a b",digest=0x01020304,low=5,high=31,wide=1048575,delta=-5,on=true,list=[-1,0,1],ip6={addr=fe80::1},meta={mark=7},seen={first=0,last=9},big=0x100000000000000000'
ok 'every kind of type' weir map set mt_full 1 "$FULL"
dump_is mt_full "1 $FULL" 'and back'
before=$(bpftool map dump pinned "$BPFFS/m/mt_full")
weir map set mt_full 1 "$(weir map dump mt_full | cut -d' ' -f2-)"
is "$(bpftool map dump pinned "$BPFFS/m/mt_full")" "$before" 'its own text gives the same bytes'
weir map set mt_full 1 "$(weir -j map dump mt_full | jq -c '.[0].value')"
is "$(bpftool map dump pinned "$BPFFS/m/mt_full")" "$before" 'and its JSON'
ok 'the smaller member of a union' weir map set mt_full 2 ip4=10.0.0.1,meta.tag=3
like "$(weir map get mt_full 2)" 'ip6=\{addr=a00:1::\},meta=\{mark=3\}' 'stands in the larger one'
refused 'low: 8: out of range; from 0 to 7' set mt_full 1 low=8
refused 'action: nope: not one of pass, drop, mirror' set mt_full 1 action=nope
refused 'delta: 32768: out of range; from -32768 to 32767' set mt_full 1 delta=32768
refused 'ifindex: nosuch0: no such interface' set mt_full 1 ifindex=nosuch0
refused 'a text of 13 bytes; there is room for 12' set mt_full 1 name=abcdefghijklm
netns_add A
ip -n "$A" link add v7 index 77 type veth peer name v8
ok 'an interface of another namespace' weir -n "$A" map set mt_full 1 ifindex=v7
like "$(weir map get mt_full 1)" 'ifindex=77,' 'is a number here'
like "$(weir -n "$A" map get mt_full 1)" 'ifindex=v7,' 'and a name there'

ok 'an enum in an LPM trie' weir map set mt_v6 fd00::/8 mirror
dump_is mt_v6 'fd00::/8 mirror' 'by its name'
ok 'a trie with more than an address' weir map set mt_vrf prefixlen=40,vrf=5,addr=10.0.0.0 1
dump_is mt_vrf 'prefixlen=40,vrf=5,addr=10.0.0.0 1' 'by its fields'
ok 'an address as key' weir map set mt_cpuhash 10.0.0.1 5
dump_is mt_cpuhash "10.0.0.1 $((5 * CPUS))" 'by its type'
ok 'a device' weir map set mt_dev 1 ifindex=lo
dump_is mt_dev '1 ifindex=lo,prog=0' 'by its name'
ok 'a program' weir map set mt_jumps 1 pinned "$BPFFS/p"
ID=$(bpftool -j prog show pinned "$BPFFS/p" | jq .id)
dump_is mt_jumps "1 id $ID name mt_xdp" 'by its id and name'
ok 'a program by id' weir map set mt_jumps 2 id "$ID"
refused 'id of a program' set mt_jumps 1 abc
refused 'not a pin of a program' set mt_jumps 1 pinned "$BPFFS/m/mt_inner"
ok 'a map in a map' weir map set mt_outer 3 pinned "$BPFFS/m/mt_inner"
dump_is mt_outer "3 id $(bpftool -j map show pinned "$BPFFS/m/mt_inner" | jq .id) name mt_inner" 'by its id and name'
ok 'removed from there' weir map del mt_outer 3
run weir map dump prog mt_xdp mt_stats
is "$(wc -l <<<"$out")" 4 'the map of a program'
run weir map dump prog "$ID" mt_stats
is "$(wc -l <<<"$out")" 4 'by its id'
refused 'it uses no map nope' dump prog mt_xdp nope
refused 'no such program' dump prog nosuch mt_stats
run weir map dump id "$(bpftool -j map show pinned "$BPFFS/m/mt_v6" | jq .id)"
is "$out" 'fd00::/8 mirror' 'a map by id'
refused 'no such map' dump id 999999999
refused 'nosuch: no map is pinned under this name' dump nosuch

# ---- maps as objects --------------------------------------------------------------------------------

run weir -j map list
# others on the machine may have maps of these names
STATS=$(bpftool -j map show pinned "$BPFFS/m/mt_stats" | jq .id)
FLOWS=$(bpftool -j map show pinned "$BPFFS/m/mt_flows" | jq .id)
is "$(jq -r ".[] | select(.id == $STATS) | .programs[0].name" <<<"$out")" mt_xdp 'list: programs'
is "$(jq -r ".[] | select(.id == $FLOWS)"' | "\(.type) \(.entries) \(.pins[0])"' <<<"$out")" \
	"hash 1 $BPFFS/m/mt_flows" 'list: type, entries, pins'
ok 'attached' weir -n "$A" attach dev v7 xdp generic pinned "$BPFFS/p"
is "$(weir -n "$A" -j map list | jq -r ".[] | select(.id == $STATS)"' | .programs[0].attached[] | "\(.dev) \(.hook)"')" \
	'v7 xdp' 'list: interfaces'
run weir -n "$A" map show mt_stats
like "$out" "prog mt_xdp id $ID v7 xdp" 'show: the same'
like "$out" 'value \{u64 packets; u64 bytes\}' 'show: types'
ok 'pinned by name' weir map pin blk4 other
is "$(bpftool -j map show pinned "$BPFFS/tc/globals/other" | jq -r .name)" blk4 'where iproute2 pins'
refused 'something is here already' pin blk4 other
refused 'pins stand on a BPF file system' pin blk4 "$TMP/other"
ok 'unpinned' weir map unpin other
refused 'no such pin' unpin other
refused 'not a pin of a map' unpin "$BPFFS/p"
ok 'two names' weir map pin blk4 "$BPFFS/m/blk4"
refused 'several maps are pinned under this name|blk4: ' dump nosuch/blk4
ok 'frozen' weir map freeze array
refused 'the map is frozen' set array 1 1
refused 'it is frozen' freeze array
run setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "$WEIR" map dump "$BPFFS/blk4"
exits 1 'without privilege'
like "$err" 'root|permitted|denied' 'is said'

# ---- made ----------------------------------------------------------------------------------------------

ok 'a trie' weir map create made4 type lpm_trie key 'prefix ipv4' value u32 max 1000
like "$(weir map show made4)" 'lpm_trie key 8B value 4B max 1000 .*no_prealloc.*key prefix ipv4.*value u32' 'with its types'
KEY='{ipv4 saddr; ipv6 d6; port dport; proto proto; mac m; char[8] n}'
VALUE='{u64 packets; u64 bytes; bool on; s16 t[3]}'
ok 'a hash of structs' weir map create made type hash key "$KEY" value "$VALUE" max 10 flags no_prealloc
ENTRY='saddr=10.0.0.1,d6=fe80::1,dport=53,proto=tcp,m=02:00:00:00:00:01,n=abc packets=5,bytes=7,on=true,t=[1,-2,3]'
# shellcheck disable=SC2086 # two words
ok 'an entry' weir map set made $ENTRY
dump_is made "$ENTRY" 'reads back by BTF'
is "$(bpftool -j map dump pinned "$BPFFS/tc/globals/made" | jq -c '.[0].formatted | [.key.n, .value.packets, .value.t]')" \
	'["abc",5,[1,-2,3]]' 'by bpftool, too'
ok 'a per-CPU array' weir map create madepc type percpu_array key u32 value '{u64 packets; u64 bytes}' max 3
like "$(weir -j stat madepc)" '"counters":' 'is a counter map'
weir map create inner type hash key u32 value u64 max 5
ok 'a map of maps' weir map create outer type array_of_maps key u32 max 3 inner inner
weir map set outer 1 pinned "$BPFFS/tc/globals/inner"
printf '1 5\n2 6\n' >"$TMP/fill"
before=$(weir map dump outer)
ok 'swap' weir map swap outer 1 "$TMP/fill"
isnt=$(weir map dump outer)
[ "$isnt" != "$before" ]
verdict $? 'puts another map there'
is "$(weir map dump id "$(weir -j map dump outer | jq '.[0].value.id')" sort key)" '1 5
2 6' 'filled'
printf '1 5\nx 6\n' >"$TMP/fill"
refused 'fill:2: x: not a number' swap outer 1 "$TMP/fill"
is "$(weir map dump outer)" "$isnt" 'a wrong file leaves it'
refused '0: no such entry' swap outer 0 "$TMP/fill"
refused 'not a map of maps' swap inner 0 "$TMP/fill"
refused 'something is here already' create made4 type lpm_trie key 'prefix ipv4' value u32 max 1000
wrong "no such type of map" create x type nosuch key u32 value u32 max 5
wrong "no such flag" create x type hash key u32 value u32 max 5 flags frob
wrong 'up to 15 characters' create a_name_that_is_too_long type hash key u32 value u32 max 5
wrong 'needs: inner MAP' create x type array_of_maps key u32 max 3
refused 'the kernel does not make this map' create x type hash key u32 value u32
refused 'no type is known' create x type hash key u33 value u32 max 5
ok 'a ring buffer' weir map create ring type ringbuf max 4096
refused 'no entries to read' dump ring

# ---- records --------------------------------------------------------------------------------------------

netns_add C D
veth_pair "$C" e0 "$D" e1
mkdir "$BPFFS/ev"
bpftool prog load "$PROGS/map_events.o" "$BPFFS/evp" pinmaps "$BPFFS/ev"
weir -n "$D" -q attach dev e1 xdp generic pinned "$BPFFS/evp"
sent_until_ended() {
	send "$C" e0 ipv4 5
	! kill -0 "$pid"
}
for map in ev_ring ev_perf; do
	background "$WEIR" map events $map struct ev_record count 3 >"$TMP/events"
	pid=$bg
	wait_for 10 sent_until_ended || stop "$pid"
	wait "$pid"
	is "$? $(sort -u "$TMP/events" | wc -l)$(grep -cE '^length=[0-9]+,h_proto=ipv4,smac=([0-9a-f]{2}:){5}[0-9a-f]{2}$' "$TMP/events")" '0 13' "$map: by the program's BTF, as many as were asked for"
done
background "$WEIR" -j map events ev_ring value '{u32 length; ethertype p; mac from}' >"$TMP/events"
pid=$bg
sent_until_told() {
	send "$C" e0 ipv4 1
	grep -q ipv4 "$TMP/events"
}
wait_for 10 sent_until_told
stop "$pid"
is "$(grep -m 1 ipv4 "$TMP/events" | jq -c '[.length, .record.p]')" '[12,"ipv4"]' 'by a type, in JSON, until it is ended'
refused 'no struct nope' events ev_ring struct nope
refused 'neither a ring buffer nor a perf event array' events blk4

# ---- values without keys ----------------------------------------------------

weir map create q type queue value u32 max 3
weir map create s type stack value u32 max 3
weir map create b type bloom_filter value u32 max 3
for value in 1 2 3; do
	weir map push q $value
	weir map push s value $value
	weir map push b hex 0$value 00 00 00
done
refused 'the map is full; it has room for 3 values' push q 4
is "$(weir map peek q) $(weir map peek s)" '1 3' 'peek: the first of a queue, the last of a stack'
is "$(bpftool -j map peek pinned "$BPFFS/tc/globals/q" | jq -r '.value[0]')" '0x01' 'which stay'
is "$(weir -j map pop q)" '{"value":1}' 'pop'
is "$(weir map pop q count 9)" '2
3' 'as many as there are'
is "$(weir map pop s count 2)" '3
2' 'of a stack the last first'
refused 'q: it is empty' pop q
refused 'q: it is empty' peek q
if skip_unless 'kernel_has bloom' 'bloom filters need Linux 5.16' 5; then
	ok 'a value that is in a filter' weir map peek b 2
	refused 'it is not in b' peek b 7
	refused 'not a queue or a stack' pop b
fi
refused 'set is for others' push blk4 1
refused 'weir map peek and pop read it' dump q
refused 'push, pop and peek are for it' set q 1 2
wrong 'missing: VALUE' push q

# ---- types that are kept ------------------------------------------------------

export WEIR_TYPES=$TMP/types/of-maps
bpftool map create "$BPFFS/bare" type hash key 4 value 4 entries 4 name bare
bpftool map create "$BPFFS/other" type hash key 8 value 4 entries 4 name bare
ok 'set, and keep the types' weir map set "$BPFFS/bare" 10.0.0.1 8.8.8.8 key ipv4 value ipv4 keep
is "$(weir map dump bare)" '10.0.0.1 8.8.8.8' 'known from now on'
ok 'one of them again' weir map dump bare value u32 keep
is "$(weir map dump bare)" '10.0.0.1 134744072' 'the last one counts'
like "$(weir map show bare)" 'key ipv4' 'the other is as before'
lines=$(wc -l <"$WEIR_TYPES")
weir map dump bare key be32 value u32 keep >/dev/null
weir map dump bare key be32 value u32 keep >/dev/null
is "$(wc -l <"$WEIR_TYPES")" "$((lines + 1))" 'a line is written once'
like "$(weir map show other)" 'key u64' 'a map of that name and another size has its own'
refused 'says what is to be kept' dump bare keep
refused 'has 8 bytes' dump bare value u64 keep
is "$(WEIR_TYPES=$TMP/types/none "$WEIR" map dump bare)" '16777226 134744072' 'in that file'
unset WEIR_TYPES

# ---- programs and maps by name --------------------------------------------------

weir map create jumps type prog_array key u32 value u32 max 4
weir map set jumps 2 pinned "$BPFFS/evp"
prog=$(bpftool -j prog show pinned "$BPFFS/evp" | jq .id)
is "$(weir map dump jumps)" "2 id $prog name ev_xdp" 'a program'
is "$(weir -j map dump jumps | jq -c)" "[{\"key\":2,\"value\":{\"id\":$prog,\"name\":\"ev_xdp\"}}]" 'in JSON'
ok 'by id and name' weir map set jumps 3 id "$prog" name ev_xdp
refused "program id $prog has the name 'ev_xdp', not 'other'" set jumps 1 id "$prog" name other
bpftool prog load "$PROGS/map_devprog.o" "$BPFFS/dp"
dp=$(bpftool -j prog show pinned "$BPFFS/dp" | jq .id)
weir map create ports type devmap_hash key u32 value '{ifindex ifindex; prog prog}' max 4
ok 'an interface with a program by its pin' weir map set ports 1 "ifindex=lo,prog=$BPFFS/dp"
is "$(weir map dump ports)" "1 ifindex=lo,prog=$dp" 'and by its id'
refused "$BPFFS/dq: " set ports 1 "ifindex=lo,prog=$BPFFS/dq"
refused 'no such interface' set ports 1 ifindex=nosuch
weir map create in1 type hash key u32 value u32 max 3
weir map create in2 type hash key u32 value u32 max 3
weir map create slots type hash_of_maps key u32 value u32 max 4 inner in1
weir map set in1 1 10
weir map set in1 2 20
weir map set in2 7 70
weir map set slots 5 pinned "$BPFFS/tc/globals/in1"
weir map set slots 6 pinned "$BPFFS/tc/globals/in2"
is "$(weir map dump slots inner | sort)" '5 1 10
5 2 20
6 7 70' 'what is in the maps of a map'
is "$(weir -j map dump slots inner | jq -c 'sort_by(.key) | .[1] | [.key, .value.name, .value.entries]')" '[6,"in2",[{"key":7,"value":70}]]' 'in JSON'
is "$(weir map dump slots inner where key = 6)" '6 7 70' 'of one slot'
seq 1 9 | sed 's/$/ 1/' >"$TMP/fill"
ok 'a slot with more entries than before' weir map swap slots 6 "$TMP/fill"
is "$(weir map dump slots inner where key = 6 | wc -l)" 9 'has all of them'
wrong 'csv' dump slots csv tsv
refused 'neither JSON nor inner maps' dump slots csv inner
bpftool map create "$BPFFS/gone" type hash key 4 value 4 entries 4 name unpinned
weir map create holder type array_of_maps key u32 value u32 max 1 inner "$BPFFS/gone"
weir map set holder 0 pinned "$BPFFS/gone"
rm "$BPFFS/gone"
refused "map id $(weir -j map dump holder | jq '.[0].value.id') has the name" dump unpinned

# ---- watched --------------------------------------------------------------------------------------------

weir map create seen type hash key u32 value '{u64 packets; u64 bytes}' max 10
weir map set seen 1 packets=5,bytes=100
weir map set seen 2 packets=1
background "$WEIR" map watch seen interval 0.3 count 20 >"$TMP/watched"
pid=$bg
sleep 0.5 # behind the first look
weir map set seen 1 packets=1005,bytes=100
weir map del seen 2
weir map set seen 3 packets=7
ok 'a new entry' wait_for 5 grep -q '^+ 3 packets=7,bytes=0$' "$TMP/watched"
ok 'one that is gone' grep -q '^- 2 packets=1,bytes=0$' "$TMP/watched"
ok 'one that changed, with its rate' grep -qE '^~ 1 packets=1005,bytes=100 rate packets=(2|3)[0-9]{3},bytes=0$' "$TMP/watched"
stop "$pid"
is "$(wc -l <"$TMP/watched")" 3 'and nothing else'
background "$WEIR" -j map watch seen interval 0.2 count 5 >"$TMP/watched"
pid=$bg
sleep 0.3
weir map set seen 3 packets=8
wait "$pid"
is "$? $(jq -r '"\(.change) \(.key) \(.value.packets)"' "$TMP/watched")" '0 changed 3 8' 'in JSON, as often as was said'

# ---- many ----------------------------------------------------------------------------------------------

bpftool map create "$BPFFS/many" type hash key 4 value 8 entries 200000 name many
seq 0 99999 | awk '{ printf "map update pinned '"$BPFFS"'/many key %d %d %d 0 value 1 0 0 0 0 0 0 0\n", $1 % 256, int($1 / 256) % 256, int($1 / 65536) }' >"$TMP/batch"
bpftool batch file "$TMP/batch" >/dev/null 2>&1
run weir map dump many
is "$(sort -n <<<"$out" | md5sum)" "$(seq 0 99999 | sed 's/$/ 1/' | md5sum)" '100,000 entries, each once'
run weir -j map dump many
is "$(jq 'map(.key) | unique | length' <<<"$out")" 100000 'in JSON'
ok 'cleared' weir map clear many
dump_is many '' 'of all'
weir map dump blk4 | head -n 0
weir -j map dump mt_stats >/dev/full 2>"$TMP/err"
is "$?" 1 'a full disk'
like "$(cat "$TMP/err")" 'No space left' 'is said'
done_testing
