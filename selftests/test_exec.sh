#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# tc exec bpf: maps handed to another process, programs put into slots.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

netns_add A
veth_pair "$A" v0 "$A" v1
tc -n "$A" qdisc add dev v0 clsact
UDS=$TMP/uds

# import HOW COMMAND...: an importer waits; its output goes to $TMP/imported.
import() {
	local how=("$1")
	[ "$1" = stock ] && how=(tc)
	[ "$1" = weir ] && how=("$WEIR" tc)
	shift
	rm -f "$UDS" "$TMP/imported"
	background "${how[@]}" exec bpf import "$UDS" run "$@" >"$TMP/imported" 2>&1
	wait_for 5 test -S "$UDS"
}
# What the importer's command finds in its environment: each fd is a map.
# shellcheck disable=SC2016 # the inner shell expands
SHOW='echo num $BPF_NUM_MAPS; for v in ${!BPF_MAP*}; do echo $v $(readlink /proc/self/fd/${!v}); done'

for importer in weir stock; do
	import "$importer" bash -c "$SHOW"
	pid=$bg
	ok "$importer imports: a legacy object is attached with export" \
		ns "$A" "$WEIR" tc filter add dev v0 ingress bpf da obj "$BUILD/bpf/legacy/count.o" export "$UDS"
	wait_for 5 test ! -e "/proc/$pid"
	got=$(cat "$TMP/imported")
	like "$got" 'num [1-9]' "$importer imports: maps came"
	like "$got" 'BPF_MAP[0-9]+ anon_inode:bpf-map' "$importer imports: and are open maps"
	ok "$importer imports: the socket is gone" test ! -e "$UDS"
done

import weir bash -c "$SHOW"
pid=$bg
ok 'a modern object by TC_BPF_UDS' ns "$A" env TC_BPF_UDS="$UDS" \
	"$WEIR" tc filter add dev v0 ingress bpf da obj "$BUILD/bpf/count.o"
wait_for 5 test ! -e "/proc/$pid"
is "$(head -n 1 "$TMP/imported")" 'num 1' 'its map came'

tc -n "$A" filter del dev v0 ingress
rm -f "$UDS"
fails 'nobody waits: refused' ns "$A" "$WEIR" tc filter add dev v0 ingress bpf da \
	obj "$BUILD/bpf/legacy/count.o" export "$UDS"
is "$status" 1 'with status 1'
is "$(tc -n "$A" filter show dev v0 ingress)" '' 'and nothing is attached'
fails 'a name that is too long' ns "$A" "$WEIR" tc filter add dev v0 ingress bpf da \
	obj "$BUILD/bpf/legacy/count.o" export "/tmp/$(printf '%0200d' 0)"

# Hostile senders: each message is refused, the importer ends.
hostile() {
	import weir true
	pid=$bg
	printf '%b' "$2" | socat -u - "UNIX-SENDTO:$UDS"
	wait "$pid"
	is $? 255 "import refuses $1"
}
hostile 'an empty version' '\0\0'
hostile 'a head without maps' "$(printf '\\x01\\x00%0.s' 1)$(printf '\\x00%0.s' {1..86})"
hostile 'maps without fds' "\\x01\\x00\\x02\\x00$(printf '\\x00%0.s' {1..156})"
hostile 'a long message' "\\x01\\x00$(printf 'x%0.s' {1..9000})"
import weir true
kill -TERM "$bg"
wait "$bg"
ok 'an importer that is ended leaves no socket' test ! -e "$UDS"
: >"$UDS"
run timeout 5 "$WEIR" tc exec bpf import "$UDS"
exits 255 'a socket name that is taken'
rm -f "$UDS"

# graft: the array of a loaded object, by path and by m:
ok 'an object with a pinned program array' ns "$A" "$WEIR" tc filter add dev v0 ingress bpf da \
	obj "$PROGS/maps_tail.o"
array=$(find "$BPFFS" -type f | while read -r pin; do
	bpftool -j map show pinned "$pin" 2>/dev/null | grep -q prog_array && echo "$pin"
done | head -n 1)
like "$array" "$BPFFS" 'it is found'
bpftool map delete pinned "$array" key 0 0 0 0 2>/dev/null
ok 'graft by key' "$WEIR" tc exec bpf graft "$array" key 0 obj "$BUILD/bpf/count.o" sec tc
like "$(bpftool map dump pinned "$array")" 'key: 00 00 00 00' 'the slot is filled'
ok 'graft by m:' "$WEIR" tc exec bpf graft "m:${array#"$BPFFS"/tc/}" key 0 obj "$BUILD/bpf/count.o" \
	type cls sec classifier
ok 'graft of a pinned program' bash -c "bpftool prog loadall '$PROGS/attach_others.o' $BPFFS/progs 2>/dev/null &&
	'$WEIR' tc exec bpf graft '$array' key 0 pinned $BPFFS/progs/cil_from_netdev"
run "$WEIR" tc exec bpf graft "$array" key 4000 obj "$BUILD/bpf/count.o" sec tc
exits 255 'a slot beyond the array'
like "$err" 'no slot 4000' 'is named'
run "$WEIR" tc exec bpf graft "$array" key 0 obj "$BUILD/bpf/count.o" \
	type xdp sec xdp
exits 255 'a program of another type'
like "$err" 'xdp' 'is explained'
run "$WEIR" tc exec bpf graft "$array" obj "$BUILD/bpf/count.o" sec tc
exits 255 'no key'
run "$WEIR" tc exec bpf graft "$BPFFS/tc/globals/weir_count" key 0 obj "$BUILD/bpf/count.o" sec tc
exits 255 'no array'
like "$err" 'not a program array' 'is said'
run "$WEIR" tc exec bpf graft /nosuch key 0 obj "$BUILD/bpf/count.o" sec tc
exits 255 'no such map'

# debug
mkdir -p "$TMP/trace"
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
background "$WEIR" tc exec bpf debug 2>"$TMP/trace/out"
pid=$bg
wait_for 5 grep -q Running "$TMP/trace/out"
echo 'weir was here' >/sys/kernel/tracing/trace_marker
ok 'debug copies the trace to standard error' wait_for 5 grep -q 'weir was here' "$TMP/trace/out"
stop "$pid"
done_testing
