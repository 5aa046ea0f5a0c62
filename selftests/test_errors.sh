#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Bad input: each is refused in one line with object, cause and remedy, and the
# machine is as before.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

netns_add A B
veth_pair "$A" v0 "$B" v1
OBJ=$BUILD/bpf/legacy/count.o

machine_state() {
	find "$BPFFS" -mindepth 1 | sort
	ns "$A" ip -o link show dev v0 | grep -o 'xdp.*'
	ns "$A" tc qdisc show dev v0
	grep -c bpf /proc/self/mounts
}

# refused PATTERN DESCRIPTION WORDS...: exit 1, one line, nothing changed
refused() {
	local pattern=$1 what=$2 before
	shift 2
	before=$(machine_state)
	run "$@"
	exits 1 "$what"
	like "$err" "$pattern" "$what: cause"
	is "$(grep -c '^weir: ' <<<"$err")" 1 "$what: one line"
	unlike "$err" 'libbpf' "$what: no line of libbpf"
	is "$(machine_state)" "$before" "$what: nothing changed"
}
attach() {
	ns "$A" "$WEIR" attach dev v0 "$@"
}

# ---- files ---------------------------------------------------------------------------

refused 'nosuch.o: cannot open: No such file' 'absent file' attach xdp obj "$TMP/nosuch.o"
refused 'not a regular file' 'directory' attach xdp obj "$TMP"
: >"$TMP/empty.o"
refused 'empty.o' 'empty file' attach xdp obj "$TMP/empty.o"
echo 'int main;' >"$TMP/text.o"
refused 'not an ELF' 'text file' attach xdp obj "$TMP/text.o"
refused 'not BPF|BPF' 'program of this machine' attach xdp obj /bin/true
for size in 17 64 100 1000 5000 20000 80000; do
	head -c "$size" "$OBJ" >"$TMP/cut.o"
	refused 'cut.o' "file cut at $size bytes" attach xdp obj "$TMP/cut.o"
done
printf 'char l[] __attribute__((section("license"),used)) = "GPL"; __attribute__((section("xdp"),used)) int x(void *c) { return 2; }' |
	clang -target bpfeb -O2 -x c -c - -o "$TMP/big.o"
refused 'big-endian' 'wrong byte order' attach xdp obj "$TMP/big.o"
for at in 200 3000 9000 30000 60000; do
	cp "$OBJ" "$TMP/damaged.o"
	head -c 300 /dev/urandom | dd of="$TMP/damaged.o" bs=1 seek="$at" conv=notrunc status=none
	before=$(machine_state)
	run ns "$A" "$WEIR" check "$TMP/damaged.o"
	[ "$status" -le 1 ]
	verdict $? "damaged at $at: no crash" "status $status: $err"
	is "$(machine_state)" "$before" "damaged at $at: nothing changed"
done

# ---- words ------------------------------------------------------------------------------

refused 'nosuch.*count_xdp' 'absent section' attach xdp obj "$OBJ" sec nosuch
refused 'nosuch.*count_xdp' 'absent program' attach xdp obj "$OBJ" prog nosuch
refused "nosuch0" 'absent device' ns "$A" "$WEIR" attach dev nosuch0 xdp obj "$OBJ"
refused "nosuchns" 'absent network namespace' "$WEIR" -n nosuchns attach dev v0 xdp obj "$OBJ"
refused 'nosuchpin' 'absent pin' attach xdp pinned "$BPFFS/nosuchpin"
refused '4294967295' 'absent id' attach xdp id 4294967295

refused 'v0 \(driver veth\) takes no program at all: ' 'a card that is none' \
	attach xdp offload obj "$BUILD/bpf/count_offload.o"
refused 'map weir_count is of type percpu_array, and devices have array and hash' 'no program for a card' \
	attach xdp offload obj "$OBJ"
refused 'v0 \(driver veth\) takes no program at all' 'skip_sw' \
	attach ingress skip_sw obj "$BUILD/bpf/count_offload.o"
ok 'fallback' attach xdp offload fallback obj "$BUILD/bpf/count_offload.o"
like "$err" 'note: v0: xdp: not on the device, but native: .*takes no program at all' 'fallback: says why'
ok 'fallback: detached' "$WEIR" -n "$A" detach dev v0
rm "$BPFFS/tc/globals/weir_count"

# ---- verifier -----------------------------------------------------------------------------

refused 'program bad_xdp: the verifier refuses it: invalid access to packet.*data_end' 'verifier' \
	attach xdp obj "$PROGS/bad_packet.o"
like "$err" 'in C: .*data\[12\]' 'verifier: the C line'
like "$err" 'instruction [0-9]+: ' 'verifier: the instruction'
unlike "$err" 'processed [0-9]+ insns' 'verifier: not the whole log'
run ns "$A" "$WEIR" -v attach dev v0 xdp obj "$PROGS/bad_packet.o"
like "$err" 'processed [0-9]+ insns' 'verifier: the whole log with -v'
refused 'bad_cls' 'verifier, tc' attach ingress obj "$PROGS/bad_packet.o"
refused 'bad_cls' 'verifier, tcx' attach ingress tcx obj "$PROGS/bad_packet.o"
fails 'check says the same' "$WEIR" check "$PROGS/bad_packet.o"

# ---- pins ---------------------------------------------------------------------------------

mkdir -p "$BPFFS/tc/globals"
bpftool map create "$BPFFS/tc/globals/weir_count" type hash key 8 value 16 entries 7 name other
refused 'weir_count' 'a pin of another shape' attach xdp obj "$OBJ"
for field in type key_size max_entries; do
	like "$err" "$field" "a pin of another shape: names $field"
done
rm "$BPFFS/tc/globals/weir_count"
bpftool prog load "$PROGS/calls_static.o" "$BPFFS/tc/globals/weir_count"
refused 'weir_count.*program' 'a pin that is a program' attach xdp obj "$OBJ"
rm "$BPFFS/tc/globals/weir_count"

# ---- permission, bpffs -------------------------------------------------------------------------

# where a stranger can read them, wherever the source tree stands
chmod 755 "$TMP"
install -m 755 "$WEIR" "$TMP/weir"
install -m 644 "$OBJ" "$TMP/count.o"
nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$TMP/weir" "$@"
}
run nobody check "$TMP/count.o"
exits 1 'without privilege'
like "$err" 'root|CAP_' 'without privilege: remedy'
run nobody inspect "$TMP/count.o"
exits 0 'inspect needs none'
ns "$A" "$WEIR" -q filter dev v0 ingress deny proto udp
for line in 'filter dev v0 ingress show' 'filter dev v0 ingress off' 'stat dev v0' 'forward dev v0 off'; do
	# shellcheck disable=SC2086 # words
	refused "v0: programs and maps are not seen: it is not permitted; run as root" "$line without privilege" \
		ns "$A" setpriv --reuid 65534 --regid 65534 --clear-groups "$TMP/weir" $line
done
run ns "$A" setpriv --reuid 65534 --regid 65534 --clear-groups "$TMP/weir" show
exits 0 'show without privilege'
like "$err" 'note: programs and maps are not seen' 'says what it does not see'
ns "$A" "$WEIR" -q filter dev v0 ingress off

bare() {
	unshare -m -- bash -c 'while umount -l /sys/fs/bpf 2>/dev/null; do :; done; "$@"' bash "$@"
}
ok 'without a bpffs' bare nsenter --net="/run/netns/$A" "$WEIR" attach dev v0 xdp obj "$OBJ"
like "$err" '/sys/fs/bpf' 'it is mounted, and that is said'
ns "$A" "$WEIR" -q detach dev v0
run bare nsenter --net="/run/netns/$A" setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$WEIR" attach dev v0 xdp obj "$OBJ"
exits 1 'bpffs that cannot be mounted'
like "$err" 'mount' 'bpffs that cannot be mounted: cause'
is "$(ns "$A" ip -o link show dev v0 | grep -c xdp)" 0 'bpffs that cannot be mounted: nothing attached'
mkdir "$TMP/plain"
refused "plain" 'a --bpffs that is none' ns "$A" "$WEIR" --bpffs "$TMP/plain/nosuch/deep" attach dev v0 xdp obj "$OBJ"

# ---- output ------------------------------------------------------------------------------------

run bash -c '"$WEIR" inspect "$1" >/dev/full' bash "$OBJ"
exits 1 'a full disk is a failure'

done_testing
