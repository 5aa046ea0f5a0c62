#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# weir map migrate: entries and pins handed over to a larger map, or to one whose values
# have grown; nothing changes where something would be lost.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

weir() {
	"$WEIR" "$@"
}
id_of() {
	bpftool -j map show pinned "$1" | jq .id
}
# refused TEXT WORDS...: an error that says TEXT, and the same map at the pin of the second word
refused() {
	local says=$1 pin=$BPFFS/tc/globals/$2 was
	was=$(id_of "$pin")
	run weir map migrate "${@:2}"
	exits 1 "migrate ${*:2} fails"
	like "$err" "$says" 'and says why'
	is "$(id_of "$pin") $(find "$BPFFS" -name '*_weir_*' | wc -l)" "$was 0" 'and the old map stays'
}

mkdir -p "$BPFFS/tc/globals"
OLD=$PROGS/migrate_old.o NEW=$PROGS/migrate_new.o
PINS=$BPFFS/tc/globals
bpftool prog load "$OLD" "$BPFFS/prog" pinmaps "$PINS"
CPUS=$(bpftool -j map lookup pinned "$PINS/mig_cpus" key 0 0 0 0 | jq '.values | length')

# ---- values that have grown ------------------------------------------------------------------

for i in 1 2 3 4; do
	weir map set mig_flows "saddr=10.0.0.$i,dport=53" "packets=$i,bytes=$((i * 1000)),note=n$i,first=$i,last=$((4000 + i))"
done
weir map pin mig_flows "$BPFFS/second"
old=$(id_of "$PINS/mig_flows")
prog=$(bpftool -j prog show pinned "$BPFFS/prog" | jq .id)
run weir map migrate mig_flows "$NEW"
exits 0 'a map whose values have grown'
is "$err" "weir: note: 4 entries moved
weir: note: program id $prog (mig_xdp) still uses the old map; attach it anew" 'says how many, and who has the old one'
is "$(weir map dump mig_flows | sort | sed -n 2p)" \
	'saddr=10.0.0.2,dport=53,pad=0 bytes=2000,packets=2,seen=0,note=n2,spare=0,last=4002,first=2' \
	'each field has its value, by its name; a new one is 0'
is "$(id_of "$BPFFS/second")" "$(id_of "$PINS/mig_flows")" 'every pin has the new map'
[ "$(id_of "$PINS/mig_flows")" != "$old" ]
verdict $? 'which is another one'
is "$(weir map dump id "$old" | wc -l)" 4 'the old one is as it was'
run weir map migrate id "$old" "$NEW"
exits 1 'a map without a pin'
like "$err" 'it is not pinned' 'has none to give'
is "$(find "$BPFFS" -name '*_weir_*')" '' 'and nothing lies beside it'
ok 'there is room for more' weir map add mig_flows saddr=10.0.0.9 packets=99999999999
run weir map migrate mig_flows "$NEW"
exits 0 'once more'
is "$(weir map dump mig_flows | wc -l)" 5 'and all is there'

# ---- per CPU, without BTF ----------------------------------------------------------------------

# shellcheck disable=SC2046 # words
weir map set mig_cpus 1 percpu $(seq 1 "$CPUS")
ok 'each CPU has its value' weir map migrate mig_cpus "$NEW"
is "$(weir map dump mig_cpus percpu | sed -n 2p)" "1 percpu $(seq -s ' ' 1 "$CPUS")" 'each CPU has its value'
is "$(weir map dump mig_cpus | wc -l)" 3 'and the array its new length'
bpftool map create "$PINS/bare" type hash key 8 value 16 entries 4 name bare
weir map set bare hex 0a 00 00 01 00 35 00 00 value hex 05 00 00 00 00 00 00 00 07 00 00 00 00 00 00 00
refused 'its type is another one now' bare "$NEW" as mig_flows
ok 'a map without BTF' weir map migrate bare "$NEW" as mig_flows value '{u64 packets; u64 bytes}'
run weir map dump bare fields saddr,dport,packets,bytes
is "$out" '10.0.0.1 53 5 7' 'by the type that was given'

# ---- what would be lost -------------------------------------------------------------------------

refused 'packets: the new value has no such field; the word drop' mig_flows "$NEW" as mig_less
refused 'full; it has room for 1 entries' mig_flows "$NEW" as mig_small
refused 'an array of 3 entries does not go into one of 1' mig_cpus "$NEW" as mig_short
refused "packets: the new number is too narrow" mig_flows "$OLD"
refused 'of another type' mig_flows "$NEW" as mig_cpus
refused "declares no map 'nope'" mig_flows "$NEW" as nope
refused 'No such file' mig_flows "$TMP/none.o"
bpftool map create "$PINS/odd" type hash key 4 value 16 entries 4 name odd
refused 'keys have 4 bytes, those of the new map 8' odd "$NEW" as mig_flows
ok 'fields may be dropped' weir map migrate mig_flows "$NEW" as mig_less drop
is "$(weir map dump mig_flows | sort | sed -n 2p)" 'saddr=10.0.0.2,dport=53,pad=0 bytes=2000' 'when it is said'
run weir map migrate id 4000000 "$NEW" as mig_flows
exits 1 'a map that is not there'

done_testing
