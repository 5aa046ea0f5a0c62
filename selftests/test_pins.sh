#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The maps room on the real kernel: bpffs found, mounted and taken back, pins
# compared, names looked up, counters read.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

MAPS=$BUILD/tests/tool_maps
GLOBALS=$BPFFS/tc/globals

bpffs_mounts() {
	grep -c " $1 .* - bpf " /proc/self/mountinfo
}

# ---- finding and mounting ------------------------------------------------------

ok 'a mounted bpffs is found' "$MAPS" find
is "$out" "found $BPFFS" 'at /sys/fs/bpf'
ok 'layout is made' "$MAPS" ensure
is "$err" '' 'without a word, since nothing was mounted'
is "$(readlink $BPFFS/xdp) $(readlink $BPFFS/ip)" "$BPFFS/tc/ $BPFFS/tc/" 'xdp and ip are links to tc'
is "$(stat -c %a $BPFFS/tc $GLOBALS | tr '\n' ' ')" '700 700 ' 'directories are private'
umount $BPFFS

fails 'no bpffs is found when none is mounted' "$MAPS" find
is "${out%%$'\n'*}" "absent $BPFFS" 'and where it would be is told'
ok 'one is mounted' "$MAPS" ensure
like "$err" "N $BPFFS: .*mounted" 'with a notice'
is "$(bpffs_mounts $BPFFS)" 1 'one mount'
is "$(stat -c %a $BPFFS)" 1700 'mode 0700'
umount $BPFFS
ok 'a failed call takes the mount back' "$MAPS" rollback
is "$(bpffs_mounts $BPFFS)" 0 'nothing is mounted'

mkdir "$TMP/parent"
ok 'the last directory of a mount point is made' "$MAPS" ensure "$TMP/parent/new"
is "$(bpffs_mounts "$TMP/parent/new")" 1 'and mounted'
ok 'and found through /proc when nowhere else' "$MAPS" find
is "$out" "found $TMP/parent/new" 'by its path'
umount "$TMP/parent/new"
rmdir "$TMP/parent/new"
ok 'taken back' "$MAPS" rollback "$TMP/parent/new"
is "$(ls "$TMP/parent")" '' 'with the directory'

ok 'TC_BPF_MNT says where to mount' env TC_BPF_MNT="$TMP/env" "$MAPS" ensure
is "$out" "$TMP/env" 'that place is used'
umount "$TMP/env"

touch "$TMP/parent/used"
fails 'a directory in use is not covered' "$MAPS" ensure "$TMP/parent"
like "$err" "^E $TMP/parent: .*not empty.*; .*--bpffs" 'one line with a remedy'
mount -t tmpfs -o ro tmpfs "$TMP/parent"
fails 'a read-only place is refused' "$MAPS" ensure "$TMP/parent/x"
like "$err" "^E $TMP/parent/x: .*Read-only.*; .*mount -t bpf bpf /sys/fs/bpf.*--bpffs DIR$" \
	'with cause and remedy'
umount "$TMP/parent"
fails 'mounting needs the privilege' setpriv --bounding-set=-all --inh-caps=-all \
	--ambient-caps=-all "$MAPS" ensure
like "$err" "^E $BPFFS: .*not permitted; .*mount -t bpf bpf /sys/fs/bpf" 'and says so'

# A shared parent: what is mounted below it would appear elsewhere.
mkdir "$TMP/shared"
mount -t tmpfs tmpfs "$TMP/shared"
mkdir "$TMP/shared/bpf"
mount --make-shared "$TMP/shared"
unshare --mount --propagation unchanged sleep 60 &
peer=$!
PIDS+=("$peer")
apart() {
	[ "$(readlink "/proc/$peer/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ]
}
wait_for 5 apart
wait_for 5 grep -q "$TMP/shared .*shared:" "/proc/$peer/mountinfo"
ok 'mounts below a shared mount' "$MAPS" ensure "$TMP/shared/bpf"
is "$(grep -c " $TMP/shared/bpf .* - bpf " "/proc/$peer/mountinfo")" 0 'unseen by other namespaces'
umount "$TMP/shared/bpf"
umount "$TMP/shared/bpf"
ok 'taken back' "$MAPS" rollback "$TMP/shared/bpf"
is "$(grep -c " $TMP/shared/bpf " /proc/self/mountinfo)" 0 'both the mount and what keeps it private'
stop "$peer"
umount "$TMP/shared"

# Many at once: one mount, nobody's pins are hidden.
twenty() {
	local n pids=() bad=0
	for ((n = 0; n < 20; n++)); do
		"$MAPS" ensure 2>>"$TMP/notices" &
		pids+=($!)
	done
	for n in "${pids[@]}"; do
		wait "$n" || bad=1
	done
	return "$bad"
}
ok 'twenty calls at once succeed' twenty
is "$(bpffs_mounts $BPFFS)" 1 'with one mount'
is "$(grep -c mounted "$TMP/notices")" 1 'made by one of them'

# libxdp's directory
rm $BPFFS/xdp
mkdir $BPFFS/xdp
ok 'a directory of libxdp stays' "$MAPS" ensure
is "$(stat -c %F $BPFFS/xdp/globals)" directory 'and gets globals, as from iproute2'
rmdir $BPFFS/xdp/globals $BPFFS/xdp

# ---- comparing ---------------------------------------------------------------------

bpftool prog load "$PROGS/counters.o" $BPFFS/prog type xdp pinmaps $GLOBALS
prog_id=$(bpftool -j prog show pinned $BPFFS/prog | jq .id)
flows_id=$(bpftool -j map show pinned $GLOBALS/flows | jq .id)

ok 'a pin of the same shape is taken' "$MAPS" compare $GLOBALS/wides hash 8 16 100 0
is "$err" '' 'silently'
fails 'another shape is refused' "$MAPS" compare $GLOBALS/wides array 4 8 10 1
is "$(grep -c '^D' <<<"$err")" 5 'each field is a line'
like "$err" 'D type: object array, pin hash' 'with names of types'
like "$err" 'D max_entries: object 10, pin 100' 'with both values'
like "$err" "E the_map: map id [0-9]+, pinned at $GLOBALS/wides, .*; .*rm $GLOBALS/wides" 'and a remedy'
fails 'a pinned program is no map' "$MAPS" compare $BPFFS/prog hash 8 16 100 0
like "$err" "^E the_map: $BPFFS/prog, .*program id $prog_id; .*rm $BPFFS/prog" 'and is named'
fails 'a directory is no map' "$MAPS" compare $BPFFS/tc hash 8 16 100 0
like "$err" 'directory' 'and is called so'
touch "$TMP/file"
fails 'a plain file is no pin' "$MAPS" compare "$TMP/file" hash 8 16 100 0
like "$err" 'not a pin' 'and is called so'
fails 'nothing there' "$MAPS" compare $GLOBALS/none hash 8 16 100 0
is "$out$err" 'error ENOENT' 'is not an error to tell'

for type in devmap devmap_hash; do
	"$MAPS" create $type 4 4 8 $GLOBALS/$type
	ok "$type can be reused" "$MAPS" compare $GLOBALS/$type $type 4 4 8 0
done

bpftool map create $GLOBALS/inner type array key 4 value 8 entries 3 name inner
bpftool map create $GLOBALS/outer type array_of_maps key 4 value 4 entries 4 name outer \
	inner_map pinned $GLOBALS/inner
ok 'an outer map without inner ones cannot be told apart' \
	"$MAPS" compare $GLOBALS/outer array_of_maps 4 4 4 0 array 4 8 5 0
bpftool map update pinned $GLOBALS/outer key hex 02 00 00 00 value pinned $GLOBALS/inner
ok 'with one, the fitting is taken' \
	"$MAPS" compare $GLOBALS/outer array_of_maps 4 4 4 0 array 4 8 3 0
fails 'and another refused' "$MAPS" compare $GLOBALS/outer array_of_maps 4 4 4 0 array 4 8 5 0
like "$err" 'D inner map max_entries: object 5, pin 3' 'with the field'

# ---- pinning -----------------------------------------------------------------------

ok 'a map is pinned' "$MAPS" pin flows $BPFFS/again
is "$(bpftool -j map show pinned $BPFFS/again | jq .id)" "$flows_id" 'the right one'
is "$(stat -c %a $BPFFS/again)" 600 'mode 0600'
fails 'a taken path' "$MAPS" pin flows $BPFFS/again
is "$out$err" $'exists\nerror EEXIST' 'is left to the caller, who opens it'
fails 'a name with dots' "$MAPS" pin flows $BPFFS/a.b
like "$err" 'dots' 'gets its reason'
fails 'no bpffs' "$MAPS" pin flows "$TMP/pin"
like "$err" "E $TMP/pin: .*BPF file system; " 'gets its reason'

is "$("$MAPS" pins map "$flows_id")" "$BPFFS/again
$GLOBALS/flows" 'all paths of a map, links not followed'
is "$("$MAPS" pins program "$prog_id")" $BPFFS/prog 'paths of a program'
mkdir "$TMP/second"
mount -t bpf bpf "$TMP/second"
mkdir -p "$TMP/second/a/b"
"$MAPS" pin flows "$TMP/second/a/b/flows"
mkdir "$TMP/bind"
mount --bind "$TMP/second/a" "$TMP/bind"
is "$("$MAPS" pins map "$flows_id" | grep -c "$TMP")" 1 'a second bpffs, and each once'
umount "$TMP/bind" "$TMP/second"

# ---- looking up --------------------------------------------------------------------

mkdir -p $BPFFS/tc/one $BPFFS/tc/two $BPFFS/far
opened() {
	"$MAPS" open "$@" | cut -d' ' -f1
}
is "$(opened "id $flows_id")" "$flows_id" 'by id'
is "$(opened $GLOBALS/flows)" "$flows_id" 'by path'
is "$(opened flows)" "$flows_id" 'by name'
is "$(opened again)" "$flows_id" 'by name, at the top of the bpffs'
"$MAPS" create hash 4 4 1 $BPFFS/tc/one/flows
is "$(opened flows)" "$flows_id" 'globals come first'
"$MAPS" create hash 4 4 1 $BPFFS/far/lonely
is "$(opened lonely)" "$(opened $BPFFS/far/lonely)" 'by name, in any directory'
"$MAPS" create hash 4 4 1 $BPFFS/tc/one/both
"$MAPS" pin $BPFFS/tc/one/both $BPFFS/tc/two/both
is "$(opened both)" "$(opened $BPFFS/tc/one/both)" 'two pins of one map are no question'
rm $BPFFS/tc/two/both
"$MAPS" create hash 4 4 1 $BPFFS/tc/two/both
fails 'two maps of one name are' "$MAPS" open both
is "$(grep -c '^D .*/tc/\(one\|two\)/both: map id' <<<"$err")" 2 'both are listed'
like "$err" 'E both: .*; give' 'and the way out is said'
"$MAPS" create hash 4 4 1 $BPFFS/far/a_b
is "$(opened a.b)" "$(opened $BPFFS/far/a_b)" 'dots are escaped'
fails 'a program is no map' "$MAPS" open $BPFFS/prog
like "$err" "program id $prog_id" 'and is named'
fails 'unknown name' "$MAPS" open nothing
like "$err" "E nothing: .*$BPFFS; " 'says where it looked'
fails 'unknown id' "$MAPS" open 'id 4000000000'
like "$err" 'E map id 4000000000: no such map' 'says so'
chmod 755 "$TMP"
cp "$MAPS" "$TMP/tool_maps"
fails 'without privilege' setpriv --reuid=65534 --regid=65534 --clear-groups "$TMP/tool_maps" open flows
like "$err" '^E flows: .*(root|CAP_BPF)' 'says what is needed'

# ---- counters ----------------------------------------------------------------------

head -c 100 /dev/zero >"$TMP/packet"
bpftool prog run pinned $BPFFS/prog data_in "$TMP/packet" repeat 7 >/dev/null
is "$("$MAPS" counters lanes 3)" $'left 0 0\nright 7 700' 'typedef key: names of its enum, CPUs summed'
bpftool map update pinned $GLOBALS/enums key hex 01 00 00 00 value hex \
	05 00 00 00 00 00 00 00 06 00 00 00 00 00 00 00
is "$("$MAPS" counters enums)" 'right 5 6' 'enum key of a hash'
bpftool map update pinned $GLOBALS/wides key hex 01 00 00 00 02 00 00 00 value hex \
	05 00 00 00 00 00 00 00 06 00 00 00 00 00 00 00
is "$("$MAPS" counters wides)" 'from=1,to=2 5 6' 'struct key: by its fields'
fails 'a map of plain numbers is no counter map' "$MAPS" counters plain
is "$out$err" 'error EMEDIUMTYPE' 'and that is not an error to tell'
is "$("$MAPS" counters flows 2)" '' 'an empty hash'
"$MAPS" fill flows 100000
is "$("$MAPS" counters flows 3 | awk '$1 != $2 || $3 != 2 * $1 { bad++ } END { print NR, bad + 0 }')" \
	'100000 0' 'a hundred thousand entries, each right'
is "$("$MAPS" walk flows batch)" '100000 entries, 0 twice, batches' 'in batches'
is "$("$MAPS" walk flows element)" '100000 entries, 0 twice, elements' 'or one by one'
# Values of a quarter MiB: one fits a batch, but a bucket may have several.
"$MAPS" create hash 4 262144 50 $GLOBALS/fat
"$MAPS" fill fat 50
is "$("$MAPS" walk fat batch)" '50 entries, 0 twice, batches' 'buckets bigger than a batch'
for type in hash percpu_hash lru_hash; do
	is "$("$MAPS" churn $type batch)" '0 of 200 walks wrong' "$type that changes meanwhile, by batch"
	# kernels that preempt themselves lose their way more often (maps/walk.h)
	like "$("$MAPS" churn $type element)" '^[0-3] of 200 walks wrong' \
		"$type that changes meanwhile, by element"
done

done_testing
