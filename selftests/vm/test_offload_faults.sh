#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Offload when it goes wrong: a driver that refuses at each step, a command that is killed, a
# card that is pulled, interfaces that are renamed or moved to another namespace.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/vm/netdevsim.sh
. "$(dirname "$0")/netdevsim.sh"

# ---- a driver that refuses ---------------------------------------------------------------

# switched KNOB PATTERN WORDS...: with the switch off an attach is refused.
switched() {
	local path=$1 pattern=$2
	shift 2
	knob "$path" N
	refused "$pattern" "$path off" weir attach dev d0 "$@"
	knob "$path" Y
}
ns "$A" ethtool -K d0 hw-tc-offload on
for hook in 'xdp offload' 'ingress skip_sw'; do
	section=xdp
	[ "$hook" = 'xdp offload' ] || section=classifier
	# shellcheck disable=SC2086 # words
	set -- $hook obj "$OBJ" sec $section
	switched bpf_bind_accept 'd0 \(driver netdevsim\) takes no program at all: Operation not supported' "$@"
	switched bpf_bind_verifier_accept 'd0 \(driver netdevsim\) takes no program at all: ' "$@"
	switched ports/0/bpf_map_accept 'd0 does not make it, nor one of a single entry: Operation not supported' "$@"
	if [ $section = xdp ]; then
		switched ports/0/bpf_xdpoffload_accept 'd0: xdp offload: netdevsim: XDP offload disabled in DebugFS \(.*\); attach it without offload, or add fallback' "$@"
	else
		switched ports/0/bpf_tc_accept 'd0: ingress: netdevsim: netdevsim configured to reject BPF TC offload .*; attach it without skip_sw, or add fallback' "$@"
	fi
done
# The driver takes the host's programs of tc, too: a filter that names no place is in both.
knob ports/0/bpf_tc_non_bound_accept Y
ok 'a program of the host' weir attach dev d0 ingress obj "$OBJ" sec classifier
is "$(weir -j show dev d0 | jq -c '.[] | select(.hook == "ingress") | [.skip_sw, .skip_hw, .in_hw]')" \
	'[false,false,true]' 'is in the card as well'
ok 'its detach' weir detach dev d0 ingress
knob ports/0/bpf_tc_non_bound_accept N
ok 'a program of the host' weir attach dev d0 ingress obj "$OBJ" sec classifier
is "$(weir -j show dev d0 | jq -c '.[] | select(.hook == "ingress") | [.skip_sw, .skip_hw, .in_hw]')" \
	'[false,false,false]' 'is not, where the driver does not'
ok 'its detach' weir detach dev d0 ingress
rm -r "$BPFFS/tc/globals"

# A driver that refuses this program and takes others: the last load, of the program that asks
# whether it takes any, finds the switch on again. Each waits at its first instruction, and
# the driver numbers them: a first attach tells how many there are.
# bound: false when there is none; else its number in $number. No process is started for it.
bound() {
	local dir
	number=
	for dir in "$SIM"/bpf_bound_progs/[0-9]*; do
		[ -d "$dir" ] && [ "${dir##*/}" -ge "${number:-0}" ] && number=${dir##*/}
	done
	[ -n "$number" ]
}
none_is_bound() {
	! bound
}
last_is_bound() {
	bound && [ "$number" -ge "$last" ]
}
ok 'the card is empty' wait_for 10 none_is_bound
before=$(machine)
knob bpf_bind_verifier_delay 2000
knob bpf_bind_verifier_accept N
for try in 1 2; do
	background "$WEIR" -n "$A" attach dev d0 xdp offload obj "$OBJ" sec xdp/other 2>"$TMP/said"
	wait_for 10 bound
	numbers[try]=$number
	[ $try = 2 ] || wait "$bg"
done
last=$((numbers[2] + numbers[2] - numbers[1] - 1))
ok 'it is asked whether it takes any' wait_for 30 last_is_bound
knob bpf_bind_verifier_accept Y
wait "$bg"
is $? 1 'this one is refused'
knob bpf_bind_verifier_delay 0
like "$(cat "$TMP/said")" 'weir: offload.o: program off_other: the driver of d0 refuses it: \[netdevsim\] Hello from netdevsim!; Operation not supported; attach it without offload, or add fallback$' \
	"by the driver's own words"
is "$(machine)" "$before" 'nothing has changed'

# Of two places none.
knob ports/0/bpf_xdpdrv_accept N
knob ports/0/bpf_xdpoffload_accept N
refused 'd0: xdp native: ' 'fallback when both are refused' xdp offload fallback obj "$OBJ" sec xdp
like "$err" $'\n  d0: xdp: on the device: .*XDP offload disabled' 'has both reasons'
refused 'd0: xdp native: netdevsim: driver XDP disabled in DebugFS' 'native alone' xdp native obj "$OBJ" sec xdp
knob ports/0/bpf_xdpoffload_accept Y
ok 'native refused, offload taken' xdp offload obj "$OBJ" sec xdp
knob ports/0/bpf_xdpdrv_accept Y

# ---- while another is there ----------------------------------------------------------------

knob ports/0/bpf_xdpoffload_accept N
refused 'XDP offload disabled' 'a replace that is refused' xdp offload obj "$OBJ" sec xdp/other
knob ports/0/bpf_xdpoffload_accept Y

# The driver sleeps, in ms, while it verifies.
before=$(machine)
knob bpf_bind_verifier_delay 2000
background "$WEIR" -n "$A" attach dev d0 xdp offload obj "$OBJ" sec xdp/other
sleep 0.7
stop "$bg" KILL
knob bpf_bind_verifier_delay 0
is_before() {
	[ "$(machine)" = "$before" ]
}
ok 'kill -9 in the middle leaves what was there' wait_for 20 is_before
ok 'and does not stand in the way' xdp offload obj "$OBJ" sec xdp/other
ok 'detach' weir detach dev d0

# Two at once: each finds what the other has pinned, and one replaces the other.
for section in xdp xdp/other xdp xdp/other; do
	background "$WEIR" -n "$A" attach dev d0 xdp offload obj "$OBJ" sec $section 2>>"$TMP/said"
	both+=("$bg")
done
failed=0
for each in "${both[@]}"; do
	wait "$each" || failed=1
done
verdict $failed 'four at once' "$(cat "$TMP/said")"
is "$(weir -j show dev d0 | jq length)" 1 'one program is left'
is "$(weir -j show dev d0 | jq -r '.[].prog.maps[0].pins[0]')" "$DIR/globals/off_count" 'with the pinned map'
ok 'detach' weir detach dev d0

# ---- another name, another namespace --------------------------------------------------------

ok 'attach' xdp offload obj "$OBJ" sec xdp
ok 'an entry' weir map set off_count seen packets=77
map=$(weir -j show dev d0 | jq -r '.[].prog.maps[0].id')
ip -n "$A" link set dev d0 name card
ok 'under another name' weir attach dev card xdp offload obj "$OBJ" sec xdp/other
is "$(weir -j show dev card | jq -r '.[].prog | .maps[0].id, .device.dev')" "$map"$'\ncard' 'the map is the same'
netns_add B
# shellcheck disable=SC2153 # set by netns_add
ok 'moved' ip -n "$A" link set dev card netns "$B"
ok 'in another namespace' "$WEIR" -n "$B" attach dev card xdp offload obj "$OBJ" sec xdp
is "$("$WEIR" -n "$B" -j show dev card | jq -r '.[].prog | .maps[0].id, .device.dev, .device.netns_ino')" \
	"$map"$'\ncard\n'"$(stat -L -c %i "/run/netns/$B")" 'the map is the same'
like "$(weir map list)" 'off_count id [0-9]+ .* device if[0-9]+ of namespace [0-9]+' 'seen from elsewhere, by number'
is "$(weir map get off_count seen)" 'seen packets=77,bytes=0' 'its entries are there'
ok 'back' ip -n "$B" link set dev card netns "$A"
ip -n "$A" link set dev card name d0
ok 'detach' weir detach dev d0

# ---- a card that is pulled ------------------------------------------------------------------

ok 'attach' xdp offload obj "$OBJ" sec xdp
id=$(weir -j show dev d0 | jq -r '.[].prog.id')
ok 'pin' bpftool prog pin id "$id" "$BPFFS/card"
ok 'a map of the host' weir attach dev d1 xdp generic obj "$BUILD/bpf/count.o"
ok 'which stays' weir detach dev d1
background "$WEIR" -n "$A" stat interval 0.2 all >>"$TMP/stat.all" 2>"$TMP/said.all"
all=$bg
background "$WEIR" -n "$A" stat dev d0 interval 0.2 >"$TMP/stat" 2>"$TMP/said"
stat=$bg
background ns "$A" "$WEIR" serve listen 127.0.0.1:9777 interval 0.2 2>"$TMP/served"
metrics() {
	ns "$A" curl -sS -m 5 http://127.0.0.1:9777/metrics
}
has_map() {
	metrics | grep -q 'map="off_count"'
}
ok 'serve shows the map' wait_for 20 has_map
ok 'stat, too' wait_for 10 grep -q '^off_count' "$TMP/stat"
ok 'stat of all, too' wait_for 10 grep -q '^off_count' "$TMP/stat.all"
sim_del
wait "$stat"
is $? 1 'stat ends'
# the interface, when it is looked for at the very moment
like "$(cat "$TMP/said")" 'off_count\): reading its entries failed: No such device; the device is gone|d0: no such interface' 'and says why'
is_said() {
	grep -q 'off_count): reading its entries failed: No such device' "$TMP/said.all"
}
ok 'stat of all says so' wait_for 10 is_said
: >"$TMP/stat.all"
ok 'and goes on with the others' wait_for 10 grep -q '^weir_count' "$TMP/stat.all"
stop "$all"
is "$(grep -c '^off_count' "$TMP/stat.all") $(wc -l <"$TMP/said.all")" '0 1' 'without it'
has_no_map() {
	metrics >"$TMP/metrics" && ! grep -q 'map="off_count"' "$TMP/metrics"
}
ok 'serve goes on without it' wait_for 20 has_no_map
stop "$bg"
veth=$(ip -n "$A" link add v0 type veth peer name v1 2>&1)
is "$veth" '' 'an interface of another kind'
ok 'attach there' weir attach dev v0 xdp generic obj "$OBJ" sec xdp/other
ok 'show' weir show
is "$err" '' 'without a word about the pinned program'
like "$out" 'off_other' 'and with the others'
ok 'map list' weir map list
is "$err" '' 'without a word'
like "$out" 'prog off_other id [0-9]+ v0 xdp' 'and with users'
ok 'a map by its program' weir map dump prog off_other off_count
ok 'stat' weir stat
is "$err" '' 'without a word'
# top: a second of it, on a terminal
(
	sleep 1.5
	printf q
) | TERM=xterm script -qec "$WEIR -n $A top interval 0.2" "$TMP/screen" >/dev/null
is $? 0 'top'
like "$(tr -d '\0' <"$TMP/screen")" 'off_other' 'shows the others'
unlike "$(cat "$TMP/screen")" 'gone|No such device|weir: ' 'without a word'
ok 'filter' weir -q filter dev v0 ingress allow proto tcp
is "$err" '' 'without a word'
ok 'filter off' weir filter dev v0 ingress off
fails 'a map that is in no program' weir map dump prog nobody off_count
unlike "$err" "id $id" 'without a word about it'
ok 'snapshot: pins are read' weir map snapshot "$TMP/kept"
fails 'the program by its pin' weir attach dev v0 xdp pinned "$BPFFS/card"
like "$err" 'it was made for a device that is gone; remove its pins, and load it anew' 'says what became of it'
fails 'by its id' weir attach dev v0 xdp id "$id"
like "$err" 'it was made for a device that is gone' 'the same'
fails 'its map' weir map dump "$DIR/globals/off_count"
like "$err" 'a map in a device that is gone; remove its pins' 'says so'
ok 'detach' weir detach dev v0

sim_add "$A"
ok 'the card is back' weir -v attach dev d0 xdp offload obj "$OBJ" sec xdp
like "$err" "$DIR/globals/off_count: pinned anew: the device of the map here is gone" 'with new maps at the old pins'
ok 'detach' weir detach dev d0
sim_del
sim_add "$A"
knob ports/0/bpf_xdpoffload_accept N
refused 'XDP offload disabled' 'a refusal leaves pins of a device that is gone' xdp offload obj "$OBJ" sec xdp
ok 'unpin' weir map unpin "$DIR/globals/off_count"

rm -r "${BPFFS:?}"/tc "$BPFFS/card"
is "$("$IDS" ids)" "$EMPTY" 'no program, map or link is left'
done_testing
