#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Attach, replace, detach and show of XDP and clsact, with stock ip, tc and
# bpftool as witnesses and as the owners of what is not weir's.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

OBJ=$PROGS/attach_a.o
OTHERS=$PROGS/attach_others.o
TOOL=$BUILD/tests/tool_attach

netns_add A B
# shellcheck disable=SC2153 # set by netns_add
veth_pair "$A" v0 "$B" v1

weir() {
	"$WEIR" -n "$A" "$@"
}

xdp_id() {
	ns "$A" ip -j link show dev v0 | jq -r '.[0].xdp.prog.id // "none"'
}

xdp_free() {
	[ "$(xdp_id)" = none ]
}

# filters HOOK: "pref handle name id" a line, as tc sees them.
filters() {
	ns "$A" tc -j filter show dev v0 "$1" | jq -r '.[] | select(.options.handle) |
		"\(.pref) \(.options.handle) \(.options.bpf_name) \(.options.prog.id)"'
}

qdisc() {
	ns "$A" tc qdisc show dev v0 | awk '$2 == "clsact" || $2 == "ingress" { print $2 }'
}

hits() {
	bpftool -j map dump pinned "$BPFFS/tc/globals/attach_hits" |
		jq ".[$1].value | to_entries | map((.value | ltrimstr(\"0x\") | explode |
			map(if . > 90 then . - 87 else . - 48 end) | .[0] * 16 + .[1]) *
			pow(256; .key)) | add"
}

ping_b() {
	ns "$A" ping -q -c "$1" -i 0.01 -W 2 10.99.1.2
}

# ---- XDP ---------------------------------------------------------------------------

ok 'xdp attaches' weir attach dev v0 xdp obj "$OBJ"
like "$out" '^v0: xdp native attach_a_program_of_long_name id [0-9]+' 'and says mode, whole name and id'
first=$(xdp_id)
like "$first" '^[0-9]+$' 'ip sees the program'
before=$(hits 0)
ok 'packets pass' ping_b 5
is $(($(hits 0) - before)) 5 'and each is counted once'
ok 'attaching again' weir -j attach dev v0 xdp obj "$OBJ"
is "$(jq .replaced_id <<<"$out" 2>/dev/null)" "$first" 'replaces the first program'
second=$(xdp_id)
unlike "$second" "^$first\$" 'which is gone from the interface'
ok 'attaching the attached program' weir -j attach dev v0 xdp id "$second"
is "$(jq .unchanged <<<"$out")" true 'changes nothing'
fails 'another mode is refused' weir attach dev v0 xdp generic obj "$OBJ"
# shellcheck disable=SC2016 # the quotes are weir's
like "$err" 'native.*without a gap; `weir detach dev v0 xdp` comes first' 'with reason and remedy'
is "$(xdp_id)" "$second" 'and without effect'
ok 'programs of others' bpftool prog loadall "$OTHERS" "$BPFFS/others"
fails 'a tc program is not for xdp' weir attach dev v0 xdp pinned "$BPFFS/others/cil_from_netdev"
like "$err" 'v0: xdp: program cil_from_netdev .* is of type sched_cls; this hook takes xdp' 'says why'
is "$(xdp_id)" "$second" 'and leaves what was there'
ok 'xdp detaches' weir detach dev v0 xdp
is "$(xdp_id)" none 'and ip sees none'
ok 'detaching again is no error' weir detach dev v0 xdp
ok 'generic on request' weir attach dev v0 xdp generic obj "$OBJ"
is "$(ns "$A" ip -j link show dev v0 | jq .[0].xdp.mode)" 2 'ip agrees'
ok 'best keeps the mode of what is attached' weir attach dev v0 xdp obj "$OBJ"
like "$out" 'xdp generic' 'generic'
weir detach dev v0 xdp

# A veth refuses native XDP when the peer's frames do not fit a page.
netns_add C
# shellcheck disable=SC2153
veth_pair "$C" big0 "$B" big1 9000
ok 'a driver that refuses native' "$WEIR" -n "$C" attach dev big0 xdp obj "$OBJ"
like "$err" 'note: big0: xdp generic: the driver refused native mode: .*MTU' 'gets generic, and a word why'
fails 'native on request is not softened' "$WEIR" -n "$B" attach dev big1 xdp native obj "$OBJ"
like "$err" 'big1: xdp native: .*MTU' "and has the driver's own words"

# ---- XDP of others -----------------------------------------------------------------

ok 'ip attaches its own' ns "$A" ip link set dev v0 xdp obj "$OTHERS" sec xdp
foreign=$(xdp_id)
rm -f "$BPFFS/tc/globals/attach_hits"
fails 'which is not replaced' weir attach dev v0 xdp obj "$OBJ"
like "$err" "^weir: v0: xdp native holds program xdp_dispatcher of libxdp \(id $foreign, loaded [0-9]+s ago by uid 0\), not weir's; \`weir detach dev v0 xdp force\` removes it, force on attach replaces it\$" 'the refusal names it'
ok 'and nothing was loaded for it' [ ! -e "$BPFFS/tc/globals/attach_hits" ]
fails 'nor removed' weir detach dev v0 xdp
like "$err" "xdp_dispatcher.*not weir's" 'with its name'
ok 'detach of all passes it over' weir detach dev v0
is "$(xdp_id)" "$foreign" 'it is still there'
ok 'force replaces it' weir attach dev v0 xdp force obj "$OBJ"
unlike "$(xdp_id)" "^$foreign\$|none" 'atomically, by ours'
ok 'ours goes without force' weir detach dev v0 xdp
ns "$A" ip link set dev v0 xdp obj "$OTHERS" sec xdp
ok 'force removes' weir detach dev v0 xdp force
is "$(xdp_id)" none 'the foreign program'

ok 'a BPF link on xdp' ns "$A" "$TOOL" xdp-link v0 "$BPFFS/others/xdp_dispatcher" "$BPFFS/holder"
fails 'even force does not break a link' weir attach dev v0 xdp force obj "$OBJ"
like "$err" "held by BPF link id [0-9]+ pinned at $BPFFS/holder .*remove that pin" 'the link is named'
fails 'nor does detach' weir detach dev v0 xdp force
like "$err" "BPF link.*$BPFFS/holder" 'with the same words'
run weir -j show dev v0
is "$(jq -r '.[0].via' <<<"$out")" link 'show knows that it is a link'
rm "$BPFFS/holder"
ok 'free again' wait_for 5 xdp_free

ok 'a program that weir has not loaded' weir attach dev v0 xdp pinned "$BPFFS/others/xdp_dispatcher"
ok 'attached again' weir -j attach dev v0 xdp pinned "$BPFFS/others/xdp_dispatcher"
is "$(jq .unchanged <<<"$out")" true 'changes nothing'
ok 'goes with force' weir detach dev v0 xdp force
ok 'the same on ingress' weir attach dev v0 ingress pinned "$BPFFS/others/cil_from_netdev"
ok 'attached again' weir -j attach dev v0 ingress pinned "$BPFFS/others/cil_from_netdev"
is "$(jq .unchanged <<<"$out")" true 'changes nothing'
ok 'goes with force' weir detach dev v0 ingress force

# ---- clsact ------------------------------------------------------------------------

is "$(qdisc)" '' 'no qdisc to begin with'
ok 'ingress attaches' weir attach dev v0 ingress obj "$OBJ"
is "$out$err" '' 'quietly'
is "$(qdisc)" clsact 'the qdisc was made'
like "$(filters ingress)" '^49152 0x1 attach_a.o:\[tc/ingress\] [0-9]+$' 'tc sees the filter'
one=$(filters ingress)
ok 'ingress attaches again' weir attach dev v0 ingress obj "$OBJ"
is "$(filters ingress | cut -d' ' -f1-3)" "${one% *}" 'in the same place'
unlike "$(filters ingress)" " ${one##* }\$" 'with the new program'
ok 'egress attaches' weir attach dev v0 egress obj "$OBJ"
in_before=$(hits 1) out_before=$(hits 2)
ok 'packets pass' ping_b 7
is "$(($(hits 1) - in_before)) $(($(hits 2) - out_before))" '7 7' 'each counted once in each direction'
ok 'a pref and handle of its own' weir attach dev v0 ingress pref 5 handle 0x33 name mine obj "$OBJ"
like "$(filters ingress)" '5 0x33 mine' 'is where it was asked for'
ok 'another pref moves the slot' weir attach dev v0 ingress pref 9 name mine obj "$OBJ"
is "$(filters ingress | awk '$3 == "mine" { print $1 }')" 9 'and leaves no second one'
ok 'detach by name' weir detach dev v0 ingress name mine
is "$(filters ingress | wc -l)" 1 'takes that one'
ok 'detach ingress' weir detach dev v0 ingress
is "$(qdisc)" clsact 'egress still needs the qdisc'
ok 'detach egress' weir detach dev v0 egress
is "$(qdisc)" '' 'the last user took the qdisc along'
ok 'no mark is left' [ -z "$(ls -A "$BPFFS/weir/clsact")" ]

ns "$A" tc qdisc add dev v0 clsact
ok "on somebody else's qdisc" weir attach dev v0 ingress obj "$OBJ"
ok 'comes and goes' weir detach dev v0
is "$(qdisc)" clsact 'the qdisc stays'
ns "$A" tc qdisc del dev v0 clsact

weir attach dev v0 ingress obj "$OBJ"
ns "$A" tc filter add dev v0 egress pref 3 protocol ip u32 match u32 0 0
ok 'detach beside a filter of others' weir detach dev v0
is "$(qdisc)" clsact 'leaves the qdisc to it'
ns "$A" tc filter del dev v0 egress
ok 'detach with nothing to do' weir detach dev v0
is "$(qdisc)" '' 'completes what was left'

# ---- filters of others ---------------------------------------------------------------

ns "$A" tc qdisc add dev v0 clsact
ok 'tc adds a filter' ns "$A" tc filter add dev v0 ingress bpf da obj "$OTHERS" sec tc
theirs=$(filters ingress)
ok 'ours goes beside it' weir attach dev v0 ingress obj "$OBJ"
is "$(filters ingress | wc -l)" 2 'two filters'
fails 'its place is not taken' weir attach dev v0 ingress pref 49152 handle 1 obj "$OBJ"
like "$err" "ingress filter pref 49152 handle 0x1 holds program cil_from_netdev of Cilium .*not weir's; .*force" 'the refusal names it'
fails 'nor its name' weir attach dev v0 ingress name 'attach_others.o:[tc]' obj "$OBJ"
is "$(filters ingress | grep -cFx "$theirs")" 1 'it is as before'
fails 'nor is it removed' weir detach dev v0 ingress pref 49152
like "$err" "cil_from_netdev of Cilium" 'with its name'
ok 'detach takes ours only' weir detach dev v0
is "$(filters ingress)" "$theirs" 'theirs is left'
ok 'force takes the place' weir attach dev v0 ingress pref 49152 handle 1 force obj "$OBJ"
like "$(filters ingress)" '^49152 0x1 attach_a.o' 'in place'
ns "$A" tc filter add dev v0 egress pref 3 protocol ip u32 match u32 0 0
fails 'a pref of another kind' weir attach dev v0 egress pref 3 handle 0x800 force obj "$OBJ"
ok 'force removes others' weir detach dev v0 egress force
is "$(ns "$A" tc filter show dev v0 egress)" '' 'of any kind'
ns "$A" tc qdisc del dev v0 clsact

# Two filters of one name, which tc makes when it is called twice.
weir attach dev v0 ingress obj "$OBJ"
bpftool prog pin id "$(filters ingress | cut -d' ' -f4)" "$BPFFS/twin"
weir detach dev v0
ns "$A" tc qdisc add dev v0 clsact
ns "$A" tc filter add dev v0 ingress bpf da pinned "$BPFFS/twin"
ns "$A" tc filter add dev v0 ingress bpf da pinned "$BPFFS/twin"
rm "$BPFFS/twin"
is "$(filters ingress | wc -l)" 2 'a slot that occurs twice'
ok 'is replaced' weir attach dev v0 ingress name 'twin:[*fsobj]' obj "$OBJ"
is "$(filters ingress | wc -l)" 1 'and is one again'
ns "$A" tc qdisc del dev v0 clsact

ns "$A" tc qdisc add dev v0 ingress
fails 'an ingress qdisc has no egress' weir attach dev v0 egress obj "$OBJ"
like "$err" 'v0: egress: .*"ingress" qdisc.*tc qdisc del dev v0 ingress' 'cause and remedy'
ok 'but ingress' weir attach dev v0 ingress obj "$OBJ"
is "$(weir -j show dev v0 | jq length)" 1 'and is shown once'
weir detach dev v0
is "$(qdisc)" ingress 'the qdisc is not ours'
ns "$A" tc qdisc del dev v0 ingress
ns "$A" tc qdisc add dev v0 ingress_block 22 clsact
fails 'a shared block is not ours to change' weir attach dev v0 ingress obj "$OBJ"
like "$err" 'shared block 22' 'and is named'
ns "$A" tc qdisc del dev v0 clsact

fails 'a program of the wrong type' weir attach dev v0 ingress pinned "$BPFFS/others/xdp_dispatcher"
is "$(qdisc)" '' 'makes no qdisc'
fails 'no such interface' weir attach dev nodev ingress obj "$OBJ"
like "$err" 'nodev: no such interface' 'is said so'

# ---- at once, and under load -----------------------------------------------------------

# many N WORDS...: N attaches at the same time; their statuses.
many() {
	local n pids=() sum=0
	for ((n = 0; n < $1; n++)); do
		weir attach dev v0 "${@:2}" obj "$OBJ" >/dev/null 2>>"$TMP/many" &
		pids+=($!)
	done
	for n in "${pids[@]}"; do
		wait "$n" || sum=$((sum + 1))
	done
	return "$sum"
}
ok 'eight attaches of xdp at once' many 8 xdp
like "$(xdp_id)" '^[0-9]+$' 'one program'
ok 'eight attaches of ingress at once' many 8 ingress
is "$(filters ingress | wc -l)" 1 'one filter' "$(cat "$TMP/many")"

weir -q detach dev v0
for ((n = 0; n < 15; n++)); do
	for hook in xdp ingress 'egress tcx'; do
		# shellcheck disable=SC2086 # words
		weir -q attach dev v0 $hook obj "$OBJ" 2>>"$TMP/against" &
	done
	weir -q detach dev v0 2>>"$TMP/against"
done
wait
is "$(cat "$TMP/against")" '' 'attach and detach against each other: no error'
weir -q detach dev v0
is "$(xdp_id) $(qdisc) $(find "$BPFFS/weir" -mindepth 2)" 'none  ' 'and nothing left over'

# The first attachment makes the driver rebuild its queues; those after it replace.
weir attach dev v0 xdp obj "$OBJ" >/dev/null && weir attach dev v0 ingress obj "$OBJ"
ns "$A" ping -q -c 400 -i 0.005 -W 2 10.99.1.2 >"$TMP/ping" &
ping_pid=$!
swaps=0
while kill -0 $ping_pid 2>/dev/null; do
	weir attach dev v0 xdp obj "$OBJ" >/dev/null && weir attach dev v0 ingress obj "$OBJ" &&
		swaps=$((swaps + 1))
done
wait $ping_pid
like "$(cat "$TMP/ping")" '400 received, 0% packet loss' "no packet lost in $swaps replacements of both"
ok 'all go' weir detach dev v0
is "$(xdp_id) $(qdisc)" 'none ' 'at once'

# ---- show, namespaces -------------------------------------------------------------------

weir attach dev v0 xdp obj "$OBJ" >/dev/null
weir attach dev v0 ingress obj "$OBJ"
weir attach dev v0 egress obj "$OBJ"
ns "$A" tc filter add dev v0 egress pref 3 protocol ip u32 match u32 0 0
run weir -j show
# u32 has more than one entry for a filter: its hash table.
is "$(jq -r '.[] | "\(.hook) \(.kind // .mode) \(.prog.name // "")"' <<<"$out" | uniq)" \
	"xdp native attach_a_program_of_long_name
ingress bpf attach_in
egress u32 
egress bpf attach_out" 'show: order, whole names, other kinds'
ok 'by path of the namespace' "$WEIR" -n "/run/netns/$A" show dev v0
ok 'from within' ns "$A" "$WEIR" show dev v0
fails 'no such namespace' "$WEIR" -n nosuch show
# shellcheck disable=SC2016 # the quotes are weir's
like "$err" 'nosuch: no such name; `ip netns` lists them' 'is said so'
: >/run/netns/leftover
fails 'a name without a namespace' "$WEIR" -n leftover show
like "$err" 'left over' 'is said so'
rm /run/netns/leftover
ok 'a pin made for another namespace is here' [ -e "$BPFFS/tc/globals/attach_hits" ]
weir detach dev v0

netns_add MANY
# shellcheck disable=SC2153
for ((n = 0; n < 500; n++)); do
	echo "link add wlongname-$n.$((n % 7)) type veth peer name p$n"
done >"$TMP/links"
ok '1000 interfaces' ip -n "$MANY" -b "$TMP/links"
ok 'attach among them' "$WEIR" -n "$MANY" attach dev wlongname-499.2 ingress obj "$OBJ"
ok 'show among them' "$WEIR" -n "$MANY" -j show
is "$(jq -r '.[].dev' <<<"$out")" wlongname-499.2 'finds the one'
for ((n = 0; n < 500; n++)); do
	echo "link del p$n"
done >"$TMP/links"
ip -n "$MANY" -b "$TMP/links" &
bad=0
while kill -0 $! 2>/dev/null; do
	run "$WEIR" -n "$MANY" -j show
	[ "$status" = 0 ] || { bad=1 && note "$err"; }
done
verdict $bad 'show while interfaces vanish'

ok 'options of a newer library are refused, zeros accepted' "$TOOL" unknown-option

done_testing
