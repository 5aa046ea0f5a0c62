#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Objects of every shape reach the kernel: map styles, record sizes, pins, inner
# maps, tail calls, subprograms, old compilers. bpftool and packets say what is there.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

netns_add A B
veth_pair "$A" v0 "$B" v1

weir() {
	"$WEIR" -n "$A" "$@"
}

# id of the map NAME that the programs on v0 use
map_id() {
	weir -j show dev v0 | jq -r --arg name "${1:0:15}" '[.[].prog.maps[] | select(.name == $name)][0].id'
}

# number in the first entry of map id $1
first_value() {
	bpftool -j map lookup id "$1" key 0 0 0 0 | jq -r '[.value | if type == "array" then .[] else . end] |
		map(if type == "string" then (ltrimstr("0x") | explode | map(if . > 90 then . - 87 else . - 48 end)
		| .[0] * 16 + .[1]) else . end) | to_entries | map(.value * pow(256; .key)) | add'
}

ping_b() {
	ns "$B" ping -q -c "$1" -i 0.01 -W 2 10.99.1.1
}

prog_id() {
	weir -j show dev v0 | jq -r '.[0].prog.id'
}

gone() {
	weir detach dev v0 2>/dev/null
	find "$BPFFS" -mindepth 1 -type f -delete 2>/dev/null
}

# ---- every object ------------------------------------------------------------------

REFUSED='maps_40bad maps_mixed maps_inner_missing bad_packet'
for object in "$PROGS"/*.o; do
	name=$(basename "$object" .o) question='' version=''
	case " $REFUSED " in *" $name "*) continue ;; esac
	case $name in
	bench_filter | bench_police | bench_sample | offload) question=frags version=5.18 ;;
	calls_callback*) question=callbacks version=5.13 ;;
	esac
	if [ "$question" ] && ! kernel_has "$question"; then
		fails "$name does not load" weir check "$object"
		like "$err" "needs? Linux $version" 'and what it needs is said'
		continue
	fi
	case $name in
	# its other functions are called with numbers, not with a packet
	calls_values*) ok "$name loads" weir check "$object" prog values ;;
	ip_lwt) continue ;; # for routes: test_ip.sh
	calls_text*) ok "$name loads" weir check "$object" sec .text type xdp ;;
	*) ok "$name loads" weir check "$object" ;;
	esac
done
refuse() {
	fails "$1 is refused" weir check "$PROGS/$1.o"
	like "$err" "$2" "$1: and the line says why"
}
refuse maps_40bad "map 'bad_one'.*byte 36"
refuse maps_mixed "mixed_short.* 16 .*mixed_long.* 36"
refuse maps_inner_missing 'lonely_outer.*inner_id 9'
is "$(find "$BPFFS" -mindepth 1 -name 'tc')" '' 'check made no pin'

# ---- objects of old compilers ----------------------------------------------------------

declared() {
	weir -j inspect "$1" | jq -c '[[.programs[] | {name, section, insns}],
		[.maps[] | {name, type, key_size, value_size, max_entries, flags, id, inner_id}]]'
}
for name in maps_16 maps_elf maps_def20 maps_split maps_inner maps_tail calls_global_nobtf; do
	want=$(declared "$PROGS/$name.o")
	for shape in '--notype --labels' '--rela --reltype0' '--em-none' \
		'--notype --labels --rela --reltype0 --em-none'; do
		# shellcheck disable=SC2086 # words
		"$BUILD/tests/tool_oldllvm" $shape "$PROGS/$name.o" "$TMP/old.o"
		ok "$name $shape loads" weir check "$TMP/old.o"
		is "$(declared "$TMP/old.o")" "$want" "$name $shape: same programs and maps"
	done
done

# ---- choice --------------------------------------------------------------------------------

chosen() {
	weir -j show dev v0 | jq -r '.[0].prog.name'
}
choice() {
	local want=$1
	shift
	ok "attach $*" weir -q attach dev v0 "$@"
	is "$(chosen)" "$want" "attach $*: takes $want"
	gone
}
D=$PROGS/choose_default.o
choice default_xdp xdp obj "$D"
choice other_xdp xdp obj "$D" sec xdp/other
choice other_xdp xdp obj "$D" prog other_xdp
choice default_cls ingress obj "$D"
choice default_cls egress obj "$D"
choice cls_egress egress obj "$D" section tc/egress
choice attach_in ingress obj "$PROGS/attach_a.o"
choice attach_out egress obj "$PROGS/attach_a.o"
choice count_xdp xdp obj "$BUILD/bpf/legacy/count.o"
choice count_egress egress obj "$BUILD/bpf/legacy/count.o"
choice text_main xdp obj "$PROGS/calls_text.o" sec .text
choice many_two xdp obj "$PROGS/calls_section_many.o" prog many_two
fails 'several programs fit' weir attach dev v0 xdp obj "$PROGS/calls_section_many.o"
like "$err" 'many_one.*many_two.*many_three.*prog' 'and are listed'
fails 'an absent section' weir attach dev v0 xdp obj "$D" sec nosuch
like "$err" 'nosuch.*default_xdp \[prog\].*cls_egress' 'and those that are there are listed'
fails 'a tc program for xdp' weir attach dev v0 xdp obj "$D" sec tc/egress
like "$err" 'cls_egress is sched_cls' 'is named'

# ---- names, types, frags in the kernel -----------------------------------------------------------

ok 'annotated maps' weir -q attach dev v0 xdp obj "$PROGS/maps_kv.o"
ping_b 3 >/dev/null
is "$(bpftool -j map dump id "$(map_id kv_number)" | jq '.[0].formatted.value.packets')" 3 \
	'bpftool decodes the value by its type'
is "$(bpftool -j map dump id "$(map_id kv_stats)" | jq '[.[0].formatted.values[].value.packets] | add')" 3 \
	'also with an enum as key of an array'
is "$(bpftool -j map show id "$(map_id kv_flows)" | jq '.btf_id > 0')" true 'a struct key is typed'
gone

ok 'global subprograms without BTF' weir -q attach dev v0 xdp obj "$PROGS/calls_global_nobtf.o"
like "$(bpftool prog dump xlated id "$(prog_id)")" 'main_global' 'keep their names in the kernel'
gone

netns_add C D
veth_pair "$C" j0 "$D" j1 9000
if skip_unless 'kernel_has frags' 'xdp.frags needs Linux 5.18'; then
	ok 'jumbo frames, program with frags' "$WEIR" -n "$C" -j attach dev j0 xdp native \
		obj "$BUILD/bpf/count.o" prog count_xdp_frags
fi
ok 'jumbo frames, program without: falls back' "$WEIR" -n "$D" attach dev j1 xdp \
	obj "$BUILD/bpf/count.o" prog count_xdp
like "$out$err" 'generic' 'to generic mode, and says so'
ns "$C" "$WEIR" -q detach dev j0
ns "$D" "$WEIR" -q detach dev j1

# ---- calls go where they should ---------------------------------------------------------------

head -c 64 /dev/zero >"$TMP/packet"
returns() {
	ok "$1 attaches" weir -q attach dev v0 ingress obj "$2" prog values
	like "$(bpftool prog run id "$(prog_id)" data_in "$TMP/packet" 2>&1)" 'Return value: 1573,' \
		"$1: each call reaches its function"
	gone
}
returns 'static and global subprograms, here and in .text' "$PROGS/calls_values.o"
returns 'the same without BTF' "$PROGS/calls_values_nobtf.o"
"$BUILD/tests/tool_oldllvm" --rela --reltype0 --labels "$PROGS/calls_values_nobtf.o" "$TMP/old.o"
returns 'the same with SHT_RELA of type 0' "$TMP/old.o"

# ---- pins ---------------------------------------------------------------------------------

printf '3 apps/three\n' >"$TMP/pinning"
mount --bind "$TMP/pinning" /etc/iproute2/bpf_pinning
ok 'all pin scopes' weir attach dev v0 ingress obj "$PROGS/maps_pins.o"
sum=$(sha1sum "$PROGS/maps_pins.o" | cut -d' ' -f1)
for path in tc/globals/pin_global "tc/$sum/pin_object" apps/three/pin_custom xdp/globals/pin_global; do
	ok "bpftool opens $path" bpftool map show pinned "$BPFFS/$path"
done
is "$(find "$BPFFS" -type f \( -name pin_none -o -name pin_unknown \))" '' 'no others'
global=$(map_id pin_global)
ok 'attaching again' weir attach dev v0 ingress obj "$PROGS/maps_pins.o"
is "$(map_id pin_global)" "$global" 'reuses the map'
ok 'in a network namespace by name' "$WEIR" -n "$B" attach dev v1 ingress obj "$PROGS/maps_pins.o"
is "$("$WEIR" -n "$B" -j show dev v1 | jq '[.[0].prog.maps[] | select(.name == "pin_global")][0].id')" \
	"$global" 'the same map, and no pin is lost'
"$WEIR" -n "$B" -q detach dev v1
gone

# ---- inner maps, perf arrays ---------------------------------------------------------------------

ok 'two inner maps of one id' weir -q attach dev v0 xdp obj "$PROGS/maps_inner2.o"
outer=$(map_id outer_array)
is "$(bpftool -j map dump id "$outer" | jq length)" 2 'fill two slots'
gone
ok 'two outer maps of one inner' weir -q attach dev v0 xdp obj "$PROGS/maps_outer2.o"
ping_b 2 >/dev/null
gone
ok 'perf event array of size 0' weir -q attach dev v0 xdp obj "$PROGS/maps_perf.o"
is "$(weir -j show dev v0 | jq '[.[0].prog.maps[] | select(.type == "perf_event_array")][0].max_entries')" \
	"$(($(sed 's/.*-//' /sys/devices/system/cpu/possible) + 1))" 'has an entry for each possible CPU'
gone

# ---- tail calls ---------------------------------------------------------------------------------

ok 'tail calls by section' weir attach dev v0 ingress obj "$PROGS/maps_tail.o"
like "$err" '99/0.*id 99' 'the one without an array is named'
ping_b 5 >/dev/null
is "$(first_value "$(map_id jump_count)")" 20 'four programs run for each packet'
jumps=$(bpftool -j map show pinned "$BPFFS/tc/globals/jumps" | jq .id)
ok 'again' weir attach dev v0 ingress obj "$PROGS/maps_tail.o"
is "$(bpftool -j map show pinned "$BPFFS/tc/globals/jumps" | jq .id)" "$jumps" 'into the same array'
ping_b 5 >/dev/null
is "$(first_value "$(map_id jump_count)")" 20 'with the new programs'
gone
ok 'an array that nothing pins' weir attach dev v0 xdp obj "$PROGS/tail_unpinned.o"
like "$err" 'tail_jumps is not pinned: the kernel empties it' 'is loaded with a warning'
gone
fails 'a slot beyond the array' weir attach dev v0 xdp obj "$PROGS/tail_beyond.o"
like "$err" 'slot 5 for tail_one is beyond map tail_jumps, which has 2 entries' 'is named with its size'
is "$(weir -j show dev v0)" '[]' 'and nothing is attached'
ok 'tail calls of a BTF map' weir -q attach dev v0 xdp obj "$PROGS/maps_tail_btf.o"
ping_b 5 >/dev/null
is "$(first_value "$(map_id btf_jump_count)")" 10 'are made'
gone

done_testing
