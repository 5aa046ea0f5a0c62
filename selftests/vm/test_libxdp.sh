#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Dispatchers of the real libxdp (xdp-tools): shown with their components, kept, and by
# force removed or replaced whole.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

OBJ=$PROGS/attach_a.o
XDP=$BPFFS/xdp
netns_add A B
# shellcheck disable=SC2153 # set by netns_add
veth_pair "$A" v0 "$B" v1

weir() {
	"$WEIR" -n "$A" "$@"
}
load() {
	ns "$A" xdp-loader load -m "$1" v0 "$2" -s xdp
}
# Nothing of BPF is left when all has gone.
programs() {
	bpftool -j prog show | jq length
}
before=$(programs)

ok 'xdp-loader loads one program' load native "$BUILD/bpf/count.o"
ok 'and a second beside it' load native "$PROGS/attach_others.o"
id=$(weir -j show dev v0 | jq '.[0].prog.id')
is "$(weir -j show dev v0 | jq -r '.[0].prog.name')" xdp_dispatcher 'show has the dispatcher'
is "$(find "$XDP" -name 'prog?-prog' | wc -l)" 2 'of two programs'

if skip_unless 'kernel_has link-targets' 'the targets of links are told since Linux 5.13' 5; then
	want=$(ns "$A" xdp-loader status v0 | sed -n 's/^ => *[0-9]* *\([^ ]*\) *\([0-9]*\) .*/\1 \2/p')
	is "$(weir -j show dev v0 | jq -r '.[0].prog.components[] | "\(.name) \(.id)"')" "$want" \
		'its components, as xdp-loader has them'
	is "$(weir -j show dev v0 | jq -r '.[0].prog.components[0].pins[0]')" "$XDP/dispatch-$(weir -j show dev v0 |
		jq '.[0].ifindex')-$id/prog0-prog" 'with their pins'
	like "$(weir show dev v0)" $'\n      component [a-z_]+ id [0-9]+ link [0-9]+ pinned /' 'in lines as well'
	send "$B" v1 ipv4/udp 5 >/dev/null
	is "$(weir -j stat dev v0 | jq '.[].counters[] | select(.name == "xdp_ipv4_udp").packets')" 5 'what they count is in stat'
	ip -n "$A" link set lo up
	background ns "$A" "$WEIR" -n "$A" serve interval 0.2 2>"$TMP/said"
	wait_for 5 grep -q 'serving on' "$TMP/said"
	sleep 1
	is "$(ns "$A" curl -sS http://127.0.0.1:9777/api/v1/board | jq -r '.devs[] | select(.name == "v0").programs[1:][] | "\(.name) \(.id) \(.how)"')" \
		"${want//$'\n'/ behind xdp_dispatcher$'\n'} behind xdp_dispatcher" 'and in the dashboards they stand behind the dispatcher, in their order'
	stop "$bg"
fi

fails 'attach does not replace it' weir attach dev v0 xdp obj "$OBJ"
like "$err" "xdp native holds program xdp_dispatcher of libxdp \(id $id, .*not weir's; \`weir detach dev v0 xdp force\`" 'and names its owner'
run weir detach dev v0
is "$(weir -j show dev v0 | jq '.[0].prog.id')" "$id" 'detach leaves it'
is "$(find "$XDP" -name 'prog?-prog' | wc -l)" 2 'with its pins'

ok 'force replaces it' weir attach dev v0 xdp force obj "$OBJ"
like "$err" "note: v0: libxdp's dispatcher is gone, and its programs with their pins in $XDP/dispatch-" 'a note says what was lost'
is "$(find "$XDP" -name 'dispatch*')" '' 'no pin of it is left'
run load native "$PROGS/attach_others.o"
like "$err" "can't replace" 'xdp-loader does not replace weir'
weir -q detach dev v0
rm -rf "$BPFFS/tc"
all_gone() {
	[ "$(programs)" -le "$before" ]
}
ok 'nor a program' wait_for 20 all_gone

ok 'generic mode' load skb "$PROGS/attach_others.o"
fails 'a mode besides is refused' weir attach dev v0 xdp native obj "$OBJ"
ok 'force removes' weir detach dev v0 xdp force
is "$(weir -j show dev v0)" '[]' 'it'
is "$(find "$XDP" -name 'dispatch*')" '' 'with its pins'
ok 'and all of its programs' wait_for 20 all_gone

# libxdp's lock is kept: who holds it sees no change below his hands.
ok 'again' load skb "$PROGS/attach_others.o"
background flock "$XDP" sleep 1
sleep 0.3
begun=$(date +%s%N)
ok 'force while libxdp is at work' weir detach dev v0 xdp force
[ $((($(date +%s%N) - begun) / 1000000)) -ge 400 ]
verdict $? 'waits for its lock'
is "$(find "$XDP" -name 'dispatch*')" '' 'and leaves nothing'

ok 'xdp-loader loads after weir' load native "$PROGS/attach_others.o"
ok 'and unloads' ns "$A" xdp-loader unload -a v0
is "$(weir -j show dev v0)" '[]' 'all'

done_testing
