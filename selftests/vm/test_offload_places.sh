#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Two network cards whose interfaces have the same name and number in two namespaces: a line
# with -n means that one alone. Programs of one card given to another; ports of one card.
# Everything by force and without types of maps: Linux 5.10 keeps no BTF for a card.
# shellcheck disable=SC2016 # the backquotes are the text's
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck disable=SC2034 # read there
FORGETFUL=1
# shellcheck source=selftests/vm/netdevsim.sh
. "$(dirname "$0")/netdevsim.sh"

SIM2=/sys/kernel/debug/netdevsim/netdevsim2
netns_add B
sim2_del() {
	echo 2 >/sys/bus/netdevsim/del_device
}
# shellcheck disable=SC2153 # set by netns_add
ns "$B" bash -c 'echo "2 1" >/sys/bus/netdevsim/new_device'
on_exit sim2_del
ip -n "$B" link set dev "$(ip -n "$B" -j link show | jq -r '.[1].ifname')" name d0

# from_b WORDS...: weir for d0 of A, called where d0 is another card.
from_b() {
	ns "$B" "$WEIR" -n "$A" "$@"
}
# old WORDS...: tc or ip, likewise
old() {
	ns "$B" "$WEIR" "$1" -n "$A" "${@:2}"
}
# cards: the programs that each card has at XDP
cards() {
	cat "$SIM/ports/0/bpf_offloaded_id" "$SIM2/ports/0/bpf_offloaded_id" | paste -sd ' '
}
xdp_id() {
	weir -j show dev d0 | jq -r '.[] | select(.hook == "xdp") | .prog.id'
}
is "$(ip -n "$A" -j link show dev d0 | jq '.[0].ifindex')" \
	"$(ip -n "$B" -j link show dev d0 | jq '.[0].ifindex')" 'd0 has one number in both namespaces'

# ---- -n NETNS ------------------------------------------------------------------------

# The card of the caller takes nothing, so that what asks it is refused.
echo N >$SIM2/bpf_bind_accept
ns "$A" ethtool -K d0 hw-tc-offload on
ok 'attach xdp offload' from_b attach dev d0 xdp offload obj "$OBJ" sec xdp
is "$(cards)" "$(xdp_id) 0" 'goes to the card of the namespace'
is "$(find "$BPFFS/tc/dev" -mindepth 1 -maxdepth 1)" "$DIR" 'with its pins'
ok 'replace' from_b attach dev d0 xdp offload force obj "$OBJ" sec xdp/other
is "$(cards)" "$(xdp_id) 0" 'too'
ok 'detach' from_b detach dev d0 xdp force
is "$(cards)" '0 0' 'too'
ok 'ip link set xdpoffload' old ip link set dev d0 xdpoffload obj "$OBJ" sec xdp
is "$(cards)" "$(xdp_id) 0" 'too'
echo "link set dev d0 xdpoffload obj $OBJ sec xdp/other" >"$TMP/lines"
ok 'ip link set, by a batch' old ip -force -batch "$TMP/lines"
is "$(cards)" "$(xdp_id) 0" 'too'
ok 'ip link set off' old ip link set dev d0 xdpoffload off
is "$(cards)" '0 0' 'too'

ok 'attach ingress skip_sw' from_b attach dev d0 ingress skip_sw obj "$OBJ" sec classifier
like "$(tc -n "$A" filter show dev d0 ingress)" 'skip_sw in_hw' 'goes to the card of the namespace'
ok 'detach' from_b detach dev d0 ingress force
tc -n "$A" qdisc replace dev d0 clsact
ok 'tc filter add skip_sw' old tc filter add dev d0 ingress pref 1 bpf skip_sw da obj "$OBJ" sec classifier
like "$(tc -n "$A" filter show dev d0 ingress)" 'skip_sw in_hw' 'too'
ok 'tc filter del' old tc filter del dev d0 ingress
echo "filter add dev d0 ingress pref 1 bpf skip_sw da obj $OBJ sec classifier" >"$TMP/lines"
ok 'tc filter add, by a batch' old tc -batch "$TMP/lines"
like "$(tc -n "$A" filter show dev d0 ingress)" 'skip_sw in_hw' 'too'
is "$(tc -n "$B" filter show dev d0 ingress 2>&1 | grep -c bpf)" 0 'and nothing to the other'
ok 'tc qdisc del' old tc qdisc del dev d0 clsact

ok 'inspect dev' from_b -j inspect "$OBJ" dev d0
is "$(jq -r '[.offload.programs[] | select(.taken) | .name] | join(" ")' <<<"$out")" \
	'off_xdp off_other off_perf off_tc off_tc_other' 'asks the card of the namespace'
ok 'and of the other' ns "$B" "$WEIR" -j inspect "$OBJ" dev d0
is "$(jq -r '[.offload.programs[] | select(.taken) | .name] | join(" ")' <<<"$out")" '' 'which takes nothing'
rm -r "${BPFFS:?}/tc/dev"
knob ports/0/bpf_map_accept N
fails 'a card that makes no maps' from_b attach dev d0 xdp offload obj "$OBJ" sec xdp
like "$err" 'd0 does not make it, nor one of a single entry: ' 'is the one that is asked why'
knob ports/0/bpf_map_accept Y
fails 'what the other does not take' ns "$B" "$WEIR" attach dev d0 xdp offload obj "$OBJ" sec xdp
like "$err" 'd0 \(driver netdevsim\) takes no program at all' 'is its own matter'
echo Y >$SIM2/bpf_bind_accept

# ---- one card's program for another ------------------------------------------------------

ok 'attach' from_b attach dev d0 xdp offload obj "$OBJ" sec xdp
id=$(xdp_id)
bpftool prog pin id "$id" "$BPFFS/one"
fails 'to another card, by its pin' ns "$B" "$WEIR" attach dev d0 xdp pinned "$BPFFS/one"
like "$err" '^weir: d0: xdp offload: .*(bound to different dev|bound to a different dev|Program bound).*; load it for d0: give obj FILE' \
	'is refused, with what helps'
fails 'by its id' ns "$B" "$WEIR" attach dev d0 xdp offload id "$id"
fails 'as ip' ns "$B" "$WEIR" ip link set dev d0 xdpoffload pinned "$BPFFS/one"
is "$(cards)" "$id 0" 'nothing has changed'
ok 'to another port of the card' weir attach dev d1 xdp pinned "$BPFFS/one"
is "$(cat $SIM/ports/1/bpf_offloaded_id)" "$id" 'which runs the same'
is "$(weir -j show | jq -c '[.[] | [.dev, .mode, .prog.id, .prog.device.dev]]')" \
	"[[\"d0\",\"offload\",$id,\"d0\"],[\"d1\",\"offload\",$id,\"d0\"]]" 'shown at both, made for one'
ok 'detach there' weir detach dev d1 xdp force
is "$(cards)" "$id 0" 'leaves the first'

# ---- on the host never ---------------------------------------------------------------------

# Older kernels would take it, and complain of themselves when it is called.
"$WEIR" map create "$BPFFS/jumps" type prog_array key u32 value u32 max 2
refused 'a program that was made for a device cannot be called on the host; load it for the host' \
	'a program array' weir map set "$BPFFS/jumps" 0 "$id"
run weir tc exec bpf graft "$BPFFS/jumps" key 0 pinned "$BPFFS/one" type xdp
exits 255 'as tc'
like "$err" 'a program that was made for a device cannot be called on the host' 'the same'
rm "$BPFFS/jumps"

# ---- links of others ---------------------------------------------------------------------

ok 'detach' weir detach dev d0 xdp force
ok "somebody's link on the card" ns "$A" "$IDS" hw-link d0 "$BPFFS/one" "$BPFFS/link"
is "$(weir -j show dev d0 | jq -r '.[] | [.mode, .via, .prog.id] | join(" ")')" "offload link $id" 'is shown as that'
refused 'd0: xdp offload .*link' 'attach' xdp offload force obj "$OBJ" sec xdp/other
refused 'd0: xdp offload .*link' 'detach' weir detach dev d0 xdp force
ok 'native beside it' xdp native force obj "$OBJ" sec xdp/other
is "$(modes)" 'native off_other, offload off_xdp' 'is possible'
ok 'and goes' weir detach dev d0 xdp native force
rm "$BPFFS/link"
no_card() {
	[ "$(modes)" = '' ]
}
ok 'the link goes with its pin' wait_for 10 no_card

# ---- what becomes of filters ---------------------------------------------------------------

filters() {
	weir -j show dev "${1:-d0}" | jq -r '[.[] | [.hook, .prog.name, .in_hw, .prog.device.dev] | join(" ")] | join(", ")'
}
ok 'attach' weir attach dev d0 ingress skip_sw force obj "$OBJ" sec classifier
ip -n "$A" link set dev d0 name card
is "$(filters card)" 'ingress off_tc true card' 'under another name'
ok 'replace' weir attach dev card ingress skip_sw force obj "$OBJ" sec classifier
ip -n "$A" link set dev card name d0
is "$(filters)" 'ingress off_tc true d0' 'back'
netns_add C
# shellcheck disable=SC2153
ok 'moved' ip -n "$A" link set dev d0 netns "$C"
is "$("$WEIR" -n "$C" -j show)" '[]' 'a filter does not go along'
ok 'attach' "$WEIR" -n "$C" attach dev d0 ingress skip_sw obj "$OBJ" sec classifier
is "$("$WEIR" -n "$C" -j show dev d0 | jq -r '.[].prog.maps[0].pins[0]')" "$DIR/globals/off_count" 'with the same maps'
ok 'detach' "$WEIR" -n "$C" detach dev d0 force
ok 'back' ip -n "$C" link set dev d0 netns "$A"

# ---- a port that is pulled ------------------------------------------------------------------

ok 'attach tc' weir attach dev d0 ingress skip_sw obj "$OBJ" sec classifier
bpftool prog pin id "$(weir -j show dev d0 | jq -r '.[].prog.id')" "$BPFFS/filter"
ok 'a map' weir map dump off_count
echo 0 >/sys/bus/netdevsim/devices/netdevsim1/del_port
for words in show '-j show' 'map list' '-j map list' stat "map snapshot $TMP/kept"; do
	# shellcheck disable=SC2086 # words
	ok "$words" weir -q $words
	is "$err" '' 'without a word'
done
is "$(weir -q show)" '' 'nothing is attached'
# The kernel gives programs and maps of a port that goes to one that stays.
ns "$A" ethtool -K d1 hw-tc-offload on
ok 'the program is for the other port now' weir attach dev d1 ingress pinned "$BPFFS/filter"
is "$(filters d1)" 'ingress off_tc true d1' 'and runs there'
ok 'the map, too' weir map dump "$DIR/globals/off_count"
ok 'detach' weir detach dev d1 force
ns "$A" sh -c 'echo 0 >/sys/bus/netdevsim/devices/netdevsim1/new_port'
back=$(ip -n "$A" -j -d link show | jq -r '.[] | select(.phys_port_name == "p1") | .ifname')
fails 'the port is back, its pins are of another' weir attach dev "$back" xdp offload obj "$OBJ" sec xdp
like "$err" "globals/off_count.*and another device's program cannot use it; remove the pin" 'says so'
rm -r "$DIR"
ok 'without them' weir attach dev "$back" xdp offload obj "$OBJ" sec xdp
ok 'detach' weir detach dev "$back" force
ok 'the other port' weir attach dev d1 xdp offload obj "$OBJ" sec xdp
is "$(weir -j show dev d1 | jq -r '.[].prog.maps[0].pins[0]')" "$BPFFS/tc/dev/netdevsim1-p2/globals/off_count" \
	'has maps of its own'
ok 'detach' weir detach dev d1 xdp force

rm -r "${BPFFS:?}"/tc "$BPFFS/one" "$BPFFS/filter"
is "$("$IDS" ids)" "$EMPTY" 'no program, map or link is left'
done_testing
