#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# XDP on a network card: programs and maps made for it, shown, replaced, edited, detached;
# what a card does not take, and why.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/vm/netdevsim.sh
. "$(dirname "$0")/netdevsim.sh"

# ---- attached ------------------------------------------------------------------------

ok 'xdp offload, from an object' xdp offload obj "$OBJ" sec xdp
is "$out$err" '' 'quiet'
show=$(weir -j show dev d0)
is "$(jq -r '.[] | [.mode, .via, .prog.name, .prog.section, .prog.ours, .prog.jited] | join(" ")' <<<"$show")" \
	'offload netlink off_xdp xdp true false' 'shown as offloaded'
is "$(jq -r '.[].prog.device.dev' <<<"$show")" d0 'with its device'
is "$(jq -r '.[].prog.device.netns_ino' <<<"$show")" "$(stat -L -c %i "/run/netns/$A")" 'and namespace'
id=$(jq -r '.[].prog.id' <<<"$show")
is "$(cat $SIM/ports/0/bpf_offloaded_id)" "$id" 'the driver has it'
is "$(jq -r '[.[].prog.maps[] | .name + " " + .device.dev] | join(", ")' <<<"$show")" \
	'off_count d0, off_flows d0' 'only the maps that it uses were made, on the device'
is "$(jq -r '.[].prog.maps[0].pins[0]' <<<"$show")" "$DIR/globals/off_count" 'pinned in the scope of the device'
like "$(weir show dev d0)" 'prog off_xdp id [0-9]+ xdp tag [0-9a-f]+ device d0' 'the same as text'
like "$(ip -n "$A" -d link show dev d0)" "xdpoffload .*prog/xdp id $id " 'ip sees it'

ok 'again: replaced' weir -j attach dev d0 xdp offload obj "$OBJ" sec xdp/other
is "$(jq -c '[.mode, .in_hw, .replaced_id]' <<<"$out")" "[\"offload\",true,$id]" 'in the answer'
is "$(modes)" 'offload off_other' 'one program'
is "$(weir -j show dev d0 | jq -r '.[].prog.maps[].id')" "$(jq -r '.[].prog.maps[0].id' <<<"$show")" \
	'with the map that was pinned'

echo 'ipv4 10.0.0.1 > 10.0.0.2 udp 53 len 100' >"$TMP/packets"
for words in "test id $(jq -r '.[].prog.id' <<<"$(weir -j show dev d0)") in $TMP/packets" \
	"bench id $(jq -r '.[].prog.id' <<<"$(weir -j show dev d0)")"; do
	# shellcheck disable=SC2086 # words
	fails "${words%% *}" weir $words
	like "$err" '^weir: .*made for a device' 'says that nothing of the host runs it'
done

# ---- maps ----------------------------------------------------------------------------

ok 'an entry of a device array by its name and types' weir map set off_count seen packets=5,bytes=700
ok 'dump' weir map dump off_count
is "$out" $'seen packets=5,bytes=700\ndropped packets=0,bytes=0' 'typed by the BTF of the program'
ok 'stat' weir stat dev d0
like "$out" 'seen +5 +700' 'counts by name'
ok 'stat of all' weir -j stat
is "$(jq -c '.[] | [.map, .counters[0].packets]' <<<"$out")" '["off_count",5]' 'the same'
ok 'attach with a hash' xdp offload obj "$OBJ" sec xdp
ok 'add' weir map add off_flows 1 10
ok 'add' weir map add off_flows 2 20
fails 'add where there is one' weir map add off_flows 1 11
like "$err" 'off_flows: 1: it exists; set or replace changes it' 'says so'
fails 'a third entry' weir map set off_flows 3 30
like "$err" 'off_flows: 3: the map is full; it has room for 2 entries' 'says so'
ok 'delete' weir map del off_flows 1
ok 'export' weir map export off_flows "$TMP/flows"
printf '5 50\n6 60\n' >"$TMP/list"
ok 'apply: element by element, where batches are refused' weir map apply off_flows "$TMP/list"
ok 'dump' weir map dump off_flows
is "$(sort <<<"$out")" $'5 50\n6 60' 'is what the file says'
ok 'clear' weir map clear off_flows
ok 'clear an array' weir map clear off_count
is "$(weir map dump off_flows)$(weir map dump off_count)" \
	$'seen packets=0,bytes=0\ndropped packets=0,bytes=0' 'all gone'
ok 'list' weir map list
like "$out" 'off_count id [0-9]+ array key 4B value 16B max 2 entries 2 device d0' 'names the device'
like "$out" 'prog off_xdp id [0-9]+ d0 xdp' 'and who uses it'
ok 'the map of a program' weir -j map show prog off_xdp off_flows
is "$(jq -r .device.dev <<<"$out")" d0 'the device in JSON'

# ---- never the host's -----------------------------------------------------------------

ok 'the same object on the host' weir attach dev d1 xdp generic obj "$OBJ" sec xdp
is "$(weir -j show dev d1 | jq -r '.[].prog.maps[0] | .pins[0], .device')" \
	"$BPFFS/tc/globals/off_count"$'\nnull' 'has maps of its own'
ok 'its map' weir map set off_count seen packets=1
like "$(weir map dump "$DIR/globals/off_count")" 'seen packets=0,' 'a name means the host one first'
ok 'detach' weir detach dev d1
ok 'detach' weir detach dev d0
rm "$DIR/globals/off_count"
ok 'a pin of the host in the scope of the device' weir map pin off_count "$DIR/globals/off_count"
refused "is the host's, and a device's program cannot use it; remove the pin" 'a device does not use it' \
	xdp offload obj "$OBJ" sec xdp
rm "$DIR/globals/off_count" "$BPFFS/tc/globals/off_count"
ok 'attach' xdp offload obj "$OBJ" sec xdp
ok 'a pin of the device in the scope of the host' \
	weir map pin "$DIR/globals/off_count" "$BPFFS/tc/globals/off_count"
refused "is in the memory of a device .*, and a host's program cannot use it" 'the host does not use it' \
	xdp native obj "$OBJ" sec xdp
rm "$BPFFS/tc/globals/off_count"
mv "$DIR/globals/off_count" "$BPFFS/tc/moved"
mkdir -p "$BPFFS/tc/dev/netdevsim1-p2/globals"
mv "$BPFFS/tc/moved" "$BPFFS/tc/dev/netdevsim1-p2/globals/off_count"
refused "and another device's program cannot use it" 'nor another device' \
	weir attach dev d1 xdp offload obj "$OBJ" sec xdp
rm "$BPFFS/tc/dev/netdevsim1-p2/globals/off_count"
refused 'a map in a device.s memory is not moved' 'migrate does not make it a map of the host' \
	weir map migrate "$DIR"/*/off_flows "$OBJ" as off_flows
ok 'snapshot' weir map snapshot "$TMP/kept"
like "$err" 'off_flows: a map in a device.s memory is not kept' 'passes it over, with a note'
ok 'detach' weir detach dev d0

# ---- what a card does not take ----------------------------------------------------------

refused 'off_no_percpu is not for d0: map off_percpu is of type percpu_array, and devices have array and hash' \
	'a type of map' xdp offload obj "$OBJ" sec xdp/percpu
refused 'map off_large: 100 entries are too many: d0 takes 2 at most' 'a map too large' \
	xdp offload obj "$OBJ" sec xdp/large
refused 'map off_flags: d0 takes no maps with flags' 'flags of a map' xdp offload obj "$OBJ" sec xdp/flags
refused 'tail calls \(map off_jumps\), and devices have none' 'tail calls' \
	xdp offload obj "$OBJ" sec xdp/jumps
refused 'uses variables \(.bss\), and devices have none' 'global variables' \
	xdp offload obj "$OBJ" sec xdp/variable
refused 'map off_locked: values with bpf_spin_lock need BTF, and the kernel takes none for maps of devices' \
	'a lock' xdp offload obj "$OBJ" sec xdp/lock
refused 'xdp.frags.*, and devices have none' 'frags' xdp offload obj "$OBJ" sec xdp.frags
ok 'a perf event array' xdp offload obj "$OBJ" sec xdp/events
is "$(weir -j show dev d0 | jq -r '.[].prog.maps[] | [.name, .device, .pins[0]] | join(" ")')" \
	"off_events  $BPFFS/tc/globals/off_events" 'stays with the host'
ok 'detach' weir detach dev d0
rm "$BPFFS/tc/globals/off_events"
netns_add B
# shellcheck disable=SC2153 # set by netns_add
veth_pair "$A" v0 "$B" v1
refused 'v0 \(driver veth\) takes no program at all: .*; attach it without offload, or add fallback' \
	'an interface without such a card' weir attach dev v0 xdp offload obj "$OBJ" sec xdp

before=$(machine)
ok 'inspect dev' weir -j inspect "$OBJ" dev d0
is "$(machine)" "$before" 'leaves nothing behind'
is "$(jq -r '[.offload.programs[] | select(.taken) | .name] | join(" ")' <<<"$out")" \
	'off_xdp off_other off_perf off_tc off_tc_other' 'what the card takes'
is "$(jq -r '.offload.programs[] | select(.taken | not) | .name + " " + (.refused | length | tostring)' <<<"$out" | tr '\n' ' ')" \
	'off_no_percpu 1 off_no_large 1 off_no_flags 1 off_no_jumps 1 off_no_variable 1 off_no_lock 1 off_no_frags 1 ' \
	'what it does not'
ok 'as text' weir inspect "$BUILD/bpf/count.o" dev d0
like "$out" $'count_xdp_frags\n    it is for frames .*\n    map weir_count is of type' 'each reason is a line'
fails 'of no interface' weir inspect "$OBJ" dev nowhere

# ---- count ---------------------------------------------------------------------------

# netdevsim has room for two entries; real cards for all 45
refused 'map weir_count: 45 entries are too many: d0 takes 2' 'count_offload.o is too large for netdevsim' \
	xdp offload obj "$BUILD/bpf/count_offload.o"
ok 'cut to two counters, it is taken' xdp offload obj "$PROGS/offload_count.o"
ok 'count' weir map set weir_count xdp_arp packets=3,bytes=180
ok 'stat' weir -j stat dev d0
is "$(jq -c '.[].counters' <<<"$out")" '[{"name":"arp","packets":3,"bytes":180}]' 'reads its counters'
ok 'detach' weir detach dev d0
rm "$DIR/globals/weir_count"

# ---- nothing is left ------------------------------------------------------------------

rm -r "${BPFFS:?}"/tc
is "$("$IDS" ids)" "$EMPTY" 'no program, map or link is left'
done_testing
