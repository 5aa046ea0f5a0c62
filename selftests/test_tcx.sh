#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# tcx links: attach, replace in place, detach, pins of links that died, and
# kernels without tcx.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

OBJ=$PROGS/attach_a.o
OTHERS=$PROGS/attach_others.o
TOOL=$BUILD/tests/tool_attach
PINS=$BPFFS/weir/tcx

netns_add A B
# shellcheck disable=SC2153 # set by netns_add
veth_pair "$A" v0 "$B" v1

weir() {
	"$WEIR" -n "$A" "$@"
}

hits() {
	bpftool -j map dump pinned "$BPFFS/tc/globals/attach_hits" |
		jq ".[$1].value | to_entries | map((.value | ltrimstr(\"0x\") | explode |
			map(if . > 90 then . - 87 else . - 48 end) | .[0] * 16 + .[1]) *
			pow(256; .key)) | add"
}

tcx() {
	weir -j show dev v0 | jq -r '.[] | select(.kind == "tcx") | "\(.hook) \(.link_id) \(.prog.id)"'
}

count_pins() {
	find "$PINS" -type f | wc -l
}

# A kernel without it answers EINVAL to the first question, which strace can say, too.
ok 'without tcx in the kernel' strace -qq -o /dev/null -e inject=bpf:error=EINVAL:when=1 \
	"$WEIR" -n "$A" attach dev v0 ingress tcx obj "$OBJ"
like "$err" 'note: v0: ingress: tcx needs Linux 6.6: attached through clsact' 'clsact does it'
like "$(ns "$A" tc filter show dev v0 ingress)" 'attach_in' 'and tc sees the filter'
weir detach dev v0

# The note speaks of what has happened: not when nothing was attached.
fails 'and when the program is refused' strace -qq -o /dev/null -e inject=bpf:error=EINVAL:when=1 \
	"$WEIR" -n "$A" attach dev v0 ingress tcx obj "$PROGS/bad_packet.o"
unlike "$err" 'attached through' 'nothing is said to be attached'

if ! skip_unless 'kernel_has tcx' 'tcx needs Linux 6.6' 1; then
	run weir attach dev v0 ingress tcx obj "$OBJ"
	like "$err" 'tcx needs Linux 6.6: attached through clsact' 'the kernel itself has none: clsact does it'
	done_testing
fi

ok 'ingress attaches' weir attach dev v0 ingress tcx obj "$OBJ"
ok 'egress attaches' weir attach dev v0 egress tcx obj "$OBJ"
is "$(ns "$A" tc qdisc show dev v0 clsact)" '' 'without a qdisc'
is "$(count_pins)" 2 'each link has a pin'
in_before=$(hits 1) out_before=$(hits 2)
ok 'packets pass' ns "$A" ping -q -c 6 -i 0.01 -W 2 10.99.1.2
is "$(($(hits 1) - in_before)) $(($(hits 2) - out_before))" '6 6' 'each counted once in each direction'
one=$(tcx | grep ^ingress)
ok 'attaching again' weir attach dev v0 ingress tcx obj "$OBJ"
two=$(tcx | grep ^ingress)
is "${two% *}" "${one% *}" 'keeps the link'
unlike "$two" " ${one##* }\$" 'and changes the program'
ok 'another slot' weir attach dev v0 ingress tcx name 'b.c/d' obj "$OBJ"
is "$(tcx | grep -c ^ingress)" 2 'is another link'
ok 'detach by slot' weir detach dev v0 ingress tcx name 'b.c/d'
is "$(tcx | grep ^ingress)" "$two" 'takes that one'
ok 'detach' weir detach dev v0
is "$(tcx) $(count_pins)" ' 0' 'takes links and pins'
ok 'detach again is no error' weir detach dev v0

many() {
	local n pids=() sum=0
	for ((n = 0; n < $1; n++)); do
		weir attach dev v0 ingress tcx obj "$OBJ" >/dev/null &
		pids+=($!)
	done
	for n in "${pids[@]}"; do
		wait "$n" || sum=$((sum + 1))
	done
	return "$sum"
}
ok 'eight attaches at once' many 8
is "$(tcx | wc -l) $(count_pins)" '1 1' 'one link, one pin'

# ---- others ------------------------------------------------------------------------

bpftool prog loadall "$OTHERS" "$BPFFS/others"
ok 'somebody updates our link' "$TOOL" update "$PINS"/*ingress* "$BPFFS/others/cil_from_netdev"
fails 'that is not replaced' weir attach dev v0 ingress tcx obj "$OBJ"
like "$err" "ingress tcx link id [0-9]+ holds program cil_from_netdev of Cilium.*not weir's" 'but named'
fails 'nor detached' weir detach dev v0 ingress
ok 'force replaces' weir attach dev v0 ingress tcx force obj "$OBJ"
ok 'and then it is ours' weir detach dev v0 ingress
is "$(tcx)" '' 'and gone'

ok 'a program without a link' ns "$A" "$TOOL" tcx-prog v0 "$BPFFS/others/cil_from_netdev"
is "$(weir -j show dev v0 | jq -r '.[0].via')" prog 'is shown as such'
ok 'ours goes beside it' weir attach dev v0 ingress tcx obj "$OBJ"
is "$(tcx | wc -l)" 2 'two'
ok 'detach takes ours' weir detach dev v0
is "$(tcx | wc -l)" 1 'theirs stays'
ok 'force takes theirs' weir detach dev v0 ingress tcx force
is "$(tcx)" '' 'none'

# ---- interfaces that go --------------------------------------------------------------

ip -n "$A" link add w0 index 777 type veth peer name w1
ok 'on an interface' weir attach dev w0 ingress tcx obj "$OBJ"
ip -n "$A" link del w0
is "$(count_pins)" 1 'that went: its pin is left'
ip -n "$A" link add w0 index 777 type veth peer name w1
ok 'and came again with the same index' weir attach dev w0 ingress tcx obj "$OBJ"
is "$(weir -j show dev w0 | jq length) $(count_pins)" '1 1' 'attached anew'
ip -n "$A" link del w0
ok 'attaching elsewhere' weir attach dev v0 ingress tcx obj "$OBJ"
is "$(count_pins)" 1 'clears the pins of dead links'
weir detach dev v0

done_testing
