#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What `weir convert` writes is loaded by the stock tools of this machine, which
# refuse the originals.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

netns_add A B
veth_pair "$A" v0 "$B" v1
ns "$A" tc qdisc add dev v0 clsact

unpin() {
	find "$BPFFS" -mindepth 1 -type f -delete 2>/dev/null
	rm -rf "$BPFFS/all"
}

stock() {
	local type=$1 section=$2 file=$3
	if [ "$type" = xdp ]; then
		ns "$A" ip link set dev v0 xdp obj "$file" sec "$section" &&
			ns "$A" ip link set dev v0 xdp off
	else
		ns "$A" tc filter add dev v0 ingress bpf da obj "$file" sec "$section" &&
			ns "$A" tc filter del dev v0 ingress
	fi
}

run ns "$A" ip link set dev v0 xdp obj "$PROGS/maps_elf.o" sec xdp
like "$status $err" '^255 .*legacy map definitions' 'stock ip refuses a legacy object'
for object in "$PROGS"/{maps,calls,attach,counters,choose}*.o "$BUILD"/bpf/legacy/*.o; do
	name=$(basename "$object" .o)
	case $name in
	maps_40bad | maps_mixed | maps_inner_missing) continue ;; # no object at all
	calls_text*) continue ;; # stock tools take .text for subprograms
	attach_others) continue ;;
	calls_callback*)
		skip_unless 'kernel_has callbacks' 'functions given to helpers need Linux 5.13' 5 || continue
		;;
	count) # bpftool has no way to leave one program out
		skip_unless 'kernel_has frags' 'xdp.frags needs Linux 5.18' 5 || continue
		;;
	calls_values*) continue ;; # stock tools take the first function of the section, which is called with a number
	esac
	ok "$name converts" "$WEIR" -q convert "$object" -o "$TMP/new.o"
	first=$("$WEIR" -j inspect "$object" | jq -r '[.programs[] | select(.type)][0] | "\(.type) \(.section)"')
	read -r type section <<<"$first"
	ok "$name: stock $([ "$type" = xdp ] && echo ip || echo tc) loads it" stock "$type" "$section" "$TMP/new.o"
	unpin
	word=$([ "$type" = xdp ] && echo xdp || echo classifier)
	case $name in
	attach_a | choose_default) ;; # programs of several types in sections that libbpf 1.1 does not know
	# bpftool loads all: XDP programs with and without frags share no program array, nor do hooks a kind
	filter | forward | gate | police | sample) ;;
	count*) ok "$name: bpftool loads all of it" bpftool prog loadall "$TMP/new.o" "$BPFFS/all" ;;
	*) ok "$name: bpftool loads it" bpftool prog load "$TMP/new.o" "$BPFFS/one" type "$word" ;;
	esac
	unpin
	ok "$name: converts again" "$WEIR" -q convert "$TMP/new.o" -o "$TMP/newer.o"
	ok "$name: and stock tools load that" stock "$type" "$section" "$TMP/newer.o"
	unpin
done

run "$WEIR" convert "$PROGS/maps_pins.o" -o "$TMP/new.o"
like "$err" 'pin_object.*not expressed' 'a lost object pin is named'
like "$err" 'pin_custom.*3.*not expressed' 'a lost custom pin is named'
run "$WEIR" convert "$PROGS/maps_tail.o" -o "$TMP/new.o"
like "$err" '10/0: tail call not expressed' 'a lost tail call is named'
ns "$A" ip link set dev v0 xdp off
"$WEIR" -q convert "$PROGS/maps_inner2.o" -o "$TMP/new.o"
ok 'inner maps of a converted object' ns "$A" ip link set dev v0 xdp obj "$TMP/new.o" sec xdp
id=$("$WEIR" -n "$A" -j show dev v0 | jq '[.[0].prog.maps[] | select(.name == "outer_array")][0].id')
is "$(bpftool -j map dump id "$id" | jq length)" 2 'stand in their slots with stock ip'
ns "$A" ip link set dev v0 xdp off

cp "$PROGS/maps_elf.o" "$TMP/same.o"
ok 'into the same file' "$WEIR" -q convert "$TMP/same.o" -o "$TMP/same.o"
ok 'which stock ip then loads' stock xdp xdp "$TMP/same.o"
fails 'into an absent directory' "$WEIR" convert "$PROGS/maps_elf.o" -o "$TMP/no/new.o"
like "$err" "no/new.o" 'which is named'
is "$(find "$TMP" -name '*.o.*')" '' 'no temporary file stays'

done_testing
