#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# tc on a network card: filters with skip_sw and skip_hw, one slot for each; blocks; tcx, which
# no card has; and the lines that scripts have, as `weir tc` and `weir ip`.
# shellcheck disable=SC2016 # the backquotes are the text's
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/vm/netdevsim.sh
. "$(dirname "$0")/netdevsim.sh"

tc_in() {
	weir attach dev d0 ingress "$@"
}
filters() {
	weir -j show dev d0 | jq -r '[.[] | select(.hook != "xdp") |
		[.prog.name, if .skip_sw then "skip_sw" elif .skip_hw then "skip_hw" else "-" end,
		 if .in_hw then "in_hw" else "-" end, .prog.device.dev // "host"] | join(" ")] | join(", ")'
}

# ---- attached ------------------------------------------------------------------------

refused 'TC offload is disabled on net device; `ethtool -K d0 hw-tc-offload on` enables it' \
	'while the card is not to do tc' tc_in skip_sw obj "$OBJ" sec classifier
ok 'as it says' ns "$A" ethtool -K d0 hw-tc-offload on
ok 'skip_sw, from an object' weir -v attach dev d0 ingress skip_sw obj "$OBJ" sec classifier
like "$out" '^d0: ingress pref [0-9]+ handle 0x1 in_hw off_tc id [0-9]+$' 'in_hw'
is "$(filters)" 'off_tc skip_sw in_hw d0' 'shown on the device'
like "$(weir show dev d0)" $'direct-action skip_sw in_hw\n +prog off_tc .* device d0' 'also as text'
ok 'again' tc_in skip_sw obj "$OBJ" sec classifier
is "$(filters)" 'off_tc skip_sw in_hw d0' 'replaced'
ok 'its map' weir map set off_count seen packets=9
ok 'another program of the slot' tc_in skip_sw obj "$OBJ" sec classifier/other name 'offload.o:[classifier]'
is "$(filters) $(weir map get off_count seen)" \
	'off_tc_other skip_sw in_hw d0 seen packets=9,bytes=0' 'replaced, and the map kept'
refused 'driver and netdev offload states mismatch; the device takes one program of tc, and none beside XDP.s; `weir detach dev d0 ingress` or .* comes first' \
	'a second slot' tc_in skip_sw obj "$OBJ" sec classifier name two
refused 'attached with skip_sw, and the kernel cannot exchange the two' 'the same slot on the host' \
	tc_in obj "$OBJ" sec classifier/other name 'offload.o:[classifier]'
refused 'TC program is already loaded; `weir detach dev d0 ingress` comes first' 'XDP on a card that does tc' \
	weir attach dev d0 xdp offload obj "$OBJ" sec xdp
ok 'detach' weir detach dev d0
is "$(tc -n "$A" qdisc show dev d0 clsact)" '' 'the qdisc goes, too'
ok 'XDP on the card' weir attach dev d0 xdp offload obj "$OBJ" sec xdp
refused 'offload states mismatch; .* or `weir detach dev d0 xdp offload` comes first' 'tc on a card that does XDP' \
	tc_in skip_sw obj "$OBJ" sec classifier
fails 'as tc' "$WEIR" tc -n "$A" filter add dev d0 ingress bpf skip_sw da obj "$OBJ" sec classifier
ok 'on the host' tc_in skip_hw obj "$OBJ" sec classifier
is "$(filters)" 'off_tc skip_hw - host' 'beside it'
ok 'detach' weir detach dev d0
refused 'the driver takes programs of tc at ingress only' 'egress' \
	weir attach dev d0 egress skip_sw obj "$OBJ" sec classifier
ok 'skip_hw' tc_in skip_hw obj "$OBJ" sec classifier
is "$(filters)" 'off_tc skip_hw - host' 'stays on the host'
refused 'attached with skip_hw, and the kernel cannot' 'skip_sw there' tc_in skip_sw obj "$OBJ" sec classifier
ok 'detach' weir detach dev d0
ok 'fallback' tc_in skip_sw fallback obj "$BUILD/bpf/count.o"
like "$err" 'note: d0: ingress: not on the device, but in the host.s filter: .*map weir_count is of type' 'says so'
is "$(filters)" 'count_ingress - - host' 'attaches on the host'
ok 'detach' weir detach dev d0

# ---- by pin and id ----------------------------------------------------------------------

ok 'attach' tc_in skip_sw obj "$OBJ" sec classifier
id=$(weir -j show dev d0 | jq -r '.[].prog.id')
ok 'pin' bpftool prog pin id "$id" "$BPFFS/card"
ok 'detach' weir detach dev d0
refused 'made for a device, and tcx runs programs on the host; leave out tcx' 'no tcx link' tc_in tcx pinned "$BPFFS/card"
refused 'was made for a device and runs nowhere else' 'nor on the host' tc_in skip_hw id "$id"
refused 'of type sched_cls; this hook takes xdp' 'nor at XDP' weir attach dev d0 xdp pinned "$BPFFS/card"
ok 'a pin alone says where' tc_in pinned "$BPFFS/card"
is "$(filters)" 'off_tc skip_sw in_hw d0' 'on the card'
ok 'detach' weir detach dev d0 ingress force

# ---- shared blocks -----------------------------------------------------------------------

ok 'a block' tc -n "$A" qdisc add dev d0 ingress_block 7 clsact
refused 'uses shared block 7' 'attach to a hook of a block' tc_in skip_sw obj "$OBJ" sec classifier
fails 'an object for a block' "$WEIR" tc -n "$A" filter add block 7 bpf skip_sw da obj "$OBJ" sec classifier
like "$err" 'skip_sw: a program is made for one device, and a block was given' 'says why'
ok 'a program that was made for the card' \
	"$WEIR" tc -n "$A" filter add block 7 pref 3 bpf skip_sw da object-pinned "$BPFFS/card"
like "$("$WEIR" tc -n "$A" filter show block 7)" 'skip_sw in_hw id '"$id" 'is in the block'
ok 'the block goes' tc -n "$A" qdisc del dev d0 clsact
rm "$BPFFS/card"

# ---- lines of tc and ip ------------------------------------------------------------------

ok 'tc qdisc' "$WEIR" tc -n "$A" qdisc add dev d0 clsact
ok 'tc filter add skip_sw' \
	"$WEIR" tc -n "$A" filter add dev d0 ingress pref 1 bpf skip_sw da obj "$OBJ" sec classifier
like "$("$WEIR" tc -n "$A" filter show dev d0 ingress)" \
	'offload.o:\[classifier\] direct-action skip_sw in_hw id [0-9]+ name off_tc tag' 'shown as tc does'
is "$(tc -n "$A" filter show dev d0 ingress | sed 's/ id.*//')" \
	"$("$WEIR" tc -n "$A" filter show dev d0 ingress | sed 's/ id.*//')" 'and as the real one'
is "$(weir -j show dev d0 | jq -r '.[].prog.maps[0].pins[0]')" "$DIR/globals/off_count" 'with maps of the device'
ok 'tc filter replace' "$WEIR" tc -n "$A" filter replace dev d0 ingress pref 1 handle 1 \
	bpf skip_sw da obj "$OBJ" sec classifier/other
is "$(filters)" 'off_tc_other skip_sw in_hw d0' 'replaced'
fails 'tc filter to skip_hw' "$WEIR" tc -n "$A" filter replace dev d0 ingress pref 1 handle 1 \
	bpf skip_hw da obj "$OBJ" sec classifier
ok 'tc filter del' "$WEIR" tc -n "$A" filter del dev d0 ingress pref 1
ok 'tc filter add skip_hw' \
	"$WEIR" tc -n "$A" filter add dev d0 ingress bpf skip_hw da obj "$OBJ" sec classifier
is "$(filters)" 'off_tc skip_hw - host' 'on the host'
ok 'tc qdisc del' "$WEIR" tc -n "$A" qdisc del dev d0 clsact
ok 'ip link set xdpoffload' "$WEIR" ip -n "$A" link set dev d0 xdpoffload obj "$OBJ" sec xdp
is "$(ip -n "$A" -j -d link show dev d0 | jq -c '.[0].xdp | [.mode, .prog.name]')" '[3,"off_xdp"]' 'offloaded'
fails 'again without force' "$WEIR" ip -n "$A" link set dev d0 xdpoffload obj "$OBJ" sec xdp/other
like "$err" 'd0: xdpoffload holds program id [0-9]+; -force replaces' 'says who is there'
ok 'with force' "$WEIR" ip -force -n "$A" link set dev d0 xdpoffload obj "$OBJ" sec xdp/other
ok 'xdpdrv beside' "$WEIR" ip -n "$A" link set dev d0 xdpdrv obj "$OBJ" sec xdp
is "$(weir -j show dev d0 | jq -r '[.[] | .mode + " " + .prog.name] | join(", ")')" \
	'native off_xdp, offload off_other' 'both'
fails 'off without a mode' "$WEIR" ip -n "$A" link set dev d0 xdp off
like "$err" 'More than one program loaded, unset mode is ambiguous' 'is ambiguous'
ok 'xdpdrv off' "$WEIR" ip -n "$A" link set dev d0 xdpdrv off
ok 'xdpoffload off' "$WEIR" ip -n "$A" link set dev d0 xdpoffload off
run "$WEIR" ip -n "$A" link set dev d0 xdpoffload obj "$OBJ" sec xdp/percpu
exits 255 'what a card does not take: the status of ip'
like "$err" 'off_no_percpu is not for d0: map off_percpu is of type percpu_array' 'says why'

rm -r "${BPFFS:?}"/tc
is "$("$IDS" ids)" "$EMPTY" 'no program, map or link is left'
done_testing
