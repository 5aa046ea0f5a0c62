#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# weir capture: packets between namespaces in the file as they were sent, with verdicts; and
# that the interface is as before, however a capture ends.

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

netns_add A B
jumbo=9000 gate=gate_frags_1
kernel_has frags || { jumbo=1500 gate=gate_xdp_1; }
veth_pair "$A" va "$B" vb $jumbo
W=("$WEIR" -n "$B" capture dev vb)
COUNT=$BUILD/bpf/count.o

# start NAME WORDS...: a capture on vb, once it stands. Its process is $bg.
start() {
	local name=$1
	shift
	background "${W[@]}" "$@" >"$TMP/$name" 2>"$TMP/$name.err"
	wait_for 20 grep -q -e capturing -e '^weir: [^n]' "$TMP/$name.err"
}
# finish NAME [SIGNAL]: it ends; its exit status and what it said.
finish() {
	kill -"${2:-INT}" "$bg" 2>/dev/null
	wait "$bg"
	status=$?
	out=$(tr -d '\0' <"$TMP/$1")
	err=$(cat "$TMP/$1.err")
}
# blocks FILE [KIND]: what is in it
blocks() {
	python3 "$ROOT/selftests/pcapng.py" "$1" | grep "^${2-}"
}
# packets FILE [WORDS]: how many of its packets have this in their line
packets() {
	blocks "$1" packet | grep -c -e "${2-}"
}
pings() {
	ns "$A" ping -q -c 1 -W 1 "$@" >/dev/null
}
attached() {
	"$WEIR" -n "$B" -j show dev vb | jq -c '[.[] | [.hook, .mode, .prog.name, .prog.id]]'
}
pins() {
	find "$BPFFS/weir" -name wrapped 2>/dev/null
	find "$BPFFS/weir/capture" -mindepth 1 2>/dev/null
}

# ---- model ---------------------------------------------------------------------------

fed=$(scaled 100000)
for hook in xdp ingress; do
	ok "$hook: $fed frames, kernel and model agree" \
		"$BUILD/tests/tool_sample" "$BUILD/bpf/sample.o" "$hook" "$fed" "${SAMPLE_SEED:-20260104}"
	like "$out" "fed $fed " "$hook: all of them were fed"
	like "$out" 'sampled [1-9][0-9]* lost [1-9][0-9]* unmatched [1-9]' "$hook: everything happened"
done

# ---- verdicts ------------------------------------------------------------------------

"$WEIR" -n "$B" filter dev vb deny src 10.99.1.1
before=$(attached)
start all write "$TMP/all.pcapng"
like "$(cat "$TMP/all.err")" "capturing at xdp native, program $gate id [0-9]+" 'says where it stands'
fails 'a packet that the filter denies does not pass' pings 10.99.1.2
ok 'IPv6 passes' pings fd99:1::2
send "$A" va vlan/ipv4/udp 2 size 100 >/dev/null
send "$A" va ipv4/udp 2 size $jumbo >/dev/null
ok 'rules can be changed meanwhile' "$WEIR" -n "$B" filter dev vb deny src fd99:1::1
fails 'and hold' pings fd99:1::2
finish all
is "$status" 0 'SIGINT ends it'
like "$err" 'vb: 7 packets seen, 7 captured, 0 lost' 'it reports'
is "$(attached)" "$before" 'the filter is attached as before'
is "$(pins)" '' 'no pin stays'
is "$(blocks "$TMP/all.pcapng" packet | cut -d' ' -f2,3,5- | sed 's/id [0-9]*/id N/')" \
	"98 98 direction 1 queue 0 verdict 1 | hook xdp; verdict XDP_DROP; program $gate id N
118 118 direction 1 queue 0 verdict 2 | hook xdp; verdict XDP_PASS; program $gate id N
100 100 direction 1 queue 0 verdict 2 | hook xdp; verdict XDP_PASS; program $gate id N
100 100 direction 1 queue 0 verdict 2 | hook xdp; verdict XDP_PASS; program $gate id N
$jumbo $jumbo direction 1 queue 0 verdict 2 | hook xdp; verdict XDP_PASS; program $gate id N
$jumbo $jumbo direction 1 queue 0 verdict 2 | hook xdp; verdict XDP_PASS; program $gate id N
118 118 direction 1 queue 0 verdict 1 | hook xdp; verdict XDP_DROP; program $gate id N" \
	'the file has each packet, whole, with its verdict'
like "$(blocks "$TMP/all.pcapng" interface)" "^interface vb \\| xdp native, program $gate id [0-9]+ \\| - \\| snap 65536\$" \
	'and the interface'
is "$(blocks "$TMP/all.pcapng" statistics)" 'statistics seen 7 lost 0' 'and how many there were'
now=$(date +%s)
at=$(blocks "$TMP/all.pcapng" packet | head -n 1 | cut -d' ' -f4)
[ $((now - at / 1000000000)) -ge 0 ] && [ $((now - at / 1000000000)) -lt 60 ]
verdict $? 'times are the clock'"'"'s' "$at, now $now"
ok 'tcpdump reads it' tcpdump -enr "$TMP/all.pcapng"
is "$(wc -l <<<"$out")" 7 'all of it'
like "$out" 'vlan 5, p 0.*192.0.2.1' 'with VLAN tags'
is "$("$WEIR" -n "$B" filter dev vb show | sed 's/ *#.*//' | tr '\n' '|')" \
	'|default allow|deny src 10.99.1.1|deny src fd99:1::1|||' 'the rules are as they were left'

start drops write "$TMP/drops.pcapng" verdict drop
pings 10.99.1.2
send "$A" va ipv4/udp 5 >/dev/null
finish drops
like "$err" 'vb: 6 packets seen, 1 matched, 1 captured' 'verdict drop: only what is dropped'
is "$(packets "$TMP/drops.pcapng" 'XDP_DROP')" 1 'it is in the file'
"$WEIR" -n "$B" filter dev vb off

# ---- whatever is attached ------------------------------------------------------------

start none write "$TMP/none.pcapng"
send "$A" va ipv4/udp 3 >/dev/null
finish none
is "$(packets "$TMP/none.pcapng" '| hook xdp; verdict XDP_PASS$')" 3 'with nothing attached packets pass'
is "$(attached)" '[]' 'and nothing stays'

# old KIND ATTACH...: a program attached by other means is captured from, and put back
others() {
	local kind=$1 was
	was=$(attached)
	fails "$kind: not without force" "${W[@]}" count 1
	like "$err" "xdp (native|generic) holds program .* not weir's; force runs it" "$kind: it is named"
	is "$(pins)$(attached)" "$was" "$kind: nothing changed"
	start others write "$TMP/others.pcapng" force
	send "$A" va ipv4/udp 3 >/dev/null
	finish others
	is "$status $(packets "$TMP/others.pcapng" "$2")" '0 3' "$kind: with force its verdicts are captured"
	is "$(attached)" "$was" "$kind: it is back"
}
ip -n "$B" link set vb mtu 1500
ip -n "$A" link set va mtu 1500
ns "$B" ip link set vb xdpdrv obj "$PROGS/replace_drop.o" sec xdp
others 'of ip' 'verdict XDP_DROP; program'
ns "$B" ip link set vb xdpdrv off
ns "$B" ip link set vb xdpgeneric obj "$PROGS/replace_drop.o" sec xdp
others 'of ip, generic' 'verdict XDP_DROP; program'
ns "$B" ip link set vb xdpgeneric off
"$WEIR" -q -n "$B" attach dev vb xdp obj "$PROGS/attach_others.o" prog xdp_dispatcher
mkdir "$BPFFS/others"
bpftool prog pin id "$("$WEIR" -n "$B" -j show dev vb | jq '.[0].prog.id')" "$BPFFS/others/prog"
"$WEIR" -q -n "$B" detach dev vb
ns "$B" "$BUILD/tests/tool_attach" xdp-link vb "$BPFFS/others/prog" "$BPFFS/others/link"
fails 'by a BPF link: not even with force' "${W[@]}" force count 1
like "$err" "held by BPF link id [0-9]+ pinned at $BPFFS/others/link .*remove that pin" 'the link is named'
is "$(pins)" '' 'no pin stays'
rm "$BPFFS/others/"*
rmdir "$BPFFS/others"
for object in "$COUNT" "$BUILD/bpf/legacy/count.o"; do
	"$WEIR" -q -n "$B" attach dev vb xdp generic obj "$object"
	was=$(attached)
	start ours write "$TMP/ours.pcapng" snaplen 50
	send "$A" va ipv4/udp 3 size 200 >/dev/null
	finish ours
	is "$(blocks "$TMP/ours.pcapng" packet | cut -d' ' -f2,3 | uniq -c | tr -s ' ')" ' 3 50 200' \
		'snaplen cuts, and says how long packets were'
	is "$(attached)" "$was" 'generic mode, as before'
	"$WEIR" -q -n "$B" detach dev vb
done
fails 'native, where generic is' bash -c "'$WEIR' -q -n '$B' attach dev vb xdp generic obj '$COUNT' && '$WEIR' -n '$B' capture dev vb native count 1"
like "$err" 'attached in generic mode' 'is refused with the cause'
"$WEIR" -q -n "$B" detach dev vb
rm -f "$BPFFS/tc/globals/weir_count"
ip -n "$A" link set va mtu 9000
ip -n "$B" link set vb mtu 9000

# ---- numbers -------------------------------------------------------------------------

start many write "$TMP/many.pcapng" one-in 64 snaplen 64
send "$A" va ipv4/udp 100000 >/dev/null
finish many
n=$(packets "$TMP/many.pcapng")
[ "$n" -ge 1484 ] && [ "$n" -le 1641 ]
verdict $? 'one in 64 of 100000, within 5 percent' "$n"
like "$err" "100000 packets seen, $n captured, 0 lost" 'the report agrees'
start ten write "$TMP/ten.pcapng" count 10
send "$A" va ipv4/udp 1000 >/dev/null
wait "$bg"
is "$? $(packets "$TMP/ten.pcapng")" '0 10' 'count 10: ten packets'
is "$(attached)" '[]' 'and nothing stays'
begin=$(date +%s%N)
ok 'seconds 0.5' "${W[@]}" seconds 0.5
took=$((($(date +%s%N) - begin) / 1000000))
[ "$took" -ge 500 ]
verdict $? 'takes as long' "$took ms"
start full write "$TMP/full.pcapng" buffer 1
kill -STOP "$bg"
send "$A" va ipv4/udp 2000 size 1500 >/dev/null
kill -CONT "$bg"
finish full
lost=$(sed -n 's/.* \([0-9]*\) lost$/\1/p' "$TMP/full.err")
n=$(packets "$TMP/full.pcapng")
[ "$lost" -gt 0 ] && [ $((lost + n)) = 2000 ]
verdict $? 'a full ring: what is lost is counted' "$n captured, $lost lost"
is "$(blocks "$TMP/full.pcapng" statistics)" "statistics seen 2000 lost $lost" 'in the file, too'

start flood
capture=$bg
background ns "$A" "$BUILD/tests/tool_send" va ipv4/udp 3000000 >/dev/null
sender=$bg bg=$capture
sleep 0.5
begin=$SECONDS
finish flood
stop "$sender"
[ "$status" = 0 ] && [ $((SECONDS - begin)) -lt 10 ]
verdict $? 'a flood does not keep it from ending' "status $status after $((SECONDS - begin)) s"
is "$(attached)" '[]' 'and nothing stays'

# ---- lines, JSON, pipes --------------------------------------------------------------

start lines
pings 10.99.1.2
finish lines
like "$out" '^[0-9:]{8}\.[0-9]{9} XDP_PASS ipv4 10.99.1.1 > 10.99.1.2 .*icmp .*len 98$' 'without write: a line a packet'
background "$WEIR" -j -n "$B" capture dev vb snaplen 60 >"$TMP/json" 2>"$TMP/json.err"
wait_for 10 grep -q capturing "$TMP/json.err"
pings fd99:1::2
finish json
is "$(jq -c '[.dev, .hook, .verdict, .bytes, .kept_bytes]' "$TMP/json")" '["vb","xdp","XDP_PASS",118,60]' 'JSON'
background bash -c "'$WEIR' -n '$B' capture dev vb write - 2>'$TMP/pipe.err' | tcpdump -nr - -c 2 2>/dev/null >'$TMP/pipe'; echo \${PIPESTATUS[0]} >'$TMP/pipe.status'"
wait_for 10 grep -q capturing "$TMP/pipe.err"
send "$A" va ipv4/udp 3 >/dev/null
ok 'a reader that ends, ends it' wait_for 10 test -s "$TMP/pipe.status"
is "$(wc -l <"$TMP/pipe")" 2 'tcpdump had its packets from the pipe'
like "$(cat "$TMP/pipe.status") $(cat "$TMP/pipe.err")" '^1 .*standard output: Broken pipe' 'that is said'
is "$(attached)" '[]' 'and nothing stays'
fails 'a file that cannot be written' "${W[@]}" write /nonexistent/x
is "$(attached)$(pins)" '[]' 'leaves nothing'

start fulldisk write /dev/full
send "$A" va ipv4/udp 3 >/dev/null
ok 'a full disk ends it' wait_for 10 grep -q 'No space left' "$TMP/fulldisk.err"
wait "$bg"
is "$? $(attached)" '1 []' 'with status 1, and nothing stays'

# ---- a reader that stops reading --------------------------------------------------------

# start_unread WORDS...: a capture into a pipe whose $reader has stopped, until there is no room
# in it.
start_unread() {
	exec 9> >(exec cat >"$TMP/unread")
	reader=$!
	kill -STOP "$reader"
	background "${W[@]}" write - "$@" >&9 2>"$TMP/unread.err"
	exec 9>&-
	wait_for 20 grep -q capturing "$TMP/unread.err"
	send "$A" va ipv4/udp 500 size 1500 >/dev/null
}
nothing_stays() {
	[ "$(attached)" = '[]' ]
}
lives() {
	kill -0 "$bg"
}

start_unread
is "$(attached | jq length)" 1 'a reader that has stopped reading'
kill -INT "$bg"
ok 'a signal: the interface is as before' wait_for 10 nothing_stays
ok 'what was captured waits for the reader' lives
kill -CONT "$reader"
wait "$bg"
is "$?" 0 'who has it all'
tail -f --pid="$reader" /dev/null
is "$(packets "$TMP/unread")" 500 'none is lost'
start_unread
kill -INT "$bg"
wait_for 10 nothing_stays
kill -TERM "$bg"
wait "$bg"
like "$? $(cat "$TMP/unread.err")" '^1 .*standard output: nobody reads it' 'a second signal: it ends'
kill -KILL "$reader"
start_unread seconds 1
ok 'its time is over: the interface is as before' wait_for 10 nothing_stays
ok 'what was captured waits for the reader' lives
kill -KILL "$reader"
wait "$bg"
like "$? $(cat "$TMP/unread.err")" '^1 .*standard output: Broken pipe' 'who goes'

# ---- tc ------------------------------------------------------------------------------

"$WEIR" -q -n "$B" attach dev vb ingress obj "$COUNT"
before=$(attached)
for hook in ingress egress; do
	start tc "$hook" write "$TMP/$hook.pcapng"
	ok "$hook: a ping" pings 10.99.1.2
	send "$A" va vlan/ipv4/udp 2 size 100 >/dev/null
	finish tc
	is "$(attached)" "$before" "$hook: as before"
done
is "$(blocks "$TMP/ingress.pcapng" packet | cut -d' ' -f2,3,5-)" \
	"98 98 direction 1 queue 0 verdict - | hook ingress
100 100 direction 1 queue 0 verdict - | hook ingress
100 100 direction 1 queue 0 verdict - | hook ingress" 'ingress: packets as they were sent, VLAN tags too'
is "$(blocks "$TMP/egress.pcapng" packet | cut -d' ' -f2,3,5,6,9-)" '98 98 direction 2 verdict - | hook egress' \
	'egress: the answer'
like "$(tcpdump -enr "$TMP/ingress.pcapng" vlan 5 2>/dev/null)" 'vlan 5' 'the tag that is beside the frame is in the file'
start tc ingress write "$TMP/x.pcapng"
like "$(cat "$TMP/tc.err")" 'capturing at ingress (tcx|clsact pref [0-9]+), before all others' 'it stands before others'
fails 'one at a time' "${W[@]}" ingress count 1
like "$err" 'vb: ingress is captured from by another weir capture' 'says why'
finish tc KILL
ok 'killed: nothing stays, or the next one clears it' "${W[@]}" ingress seconds 0.1
is "$(attached)" "$before" 'as before'
"$WEIR" -q -n "$B" detach dev vb
rm -f "$BPFFS/tc/globals/weir_count"

# A kernel without tcx answers EINVAL when its programs are asked for: the second time by attach.
ns "$B" tc qdisc add dev vb clsact
ns "$B" tc filter add dev vb ingress pref 7 bpf da obj "$COUNT" sec classifier
before=$(ns "$B" tc filter show dev vb ingress)
n=$(strace -f -e trace=bpf -o "$TMP/calls" "${W[@]}" ingress seconds 0.01 2>/dev/null &&
	grep -n BPF_PROG_QUERY "$TMP/calls" | sed -n '2s/:.*//p')
old_kernel=(strace -f -qqq -o /dev/null -e trace=bpf -e "inject=bpf:error=EINVAL:when=$n")
background "${old_kernel[@]}" "${W[@]}" ingress count 2 write "$TMP/clsact.pcapng" 2>"$TMP/clsact.err"
wait_for 10 grep -q capturing "$TMP/clsact.err"
like "$(cat "$TMP/clsact.err")" 'capturing at ingress clsact pref 6, before all others' \
	'clsact: before the first filter'
pings 10.99.1.2
pings fd99:1::2
wait "$bg"
is "$? $(packets "$TMP/clsact.pcapng")" '0 2' 'clsact: packets are captured'
is "$(ns "$B" tc filter show dev vb ingress)" "$before" 'clsact: as before'
background "${old_kernel[@]}" "${W[@]}" ingress 2>"$TMP/clsact.err"
wait_for 10 grep -q capturing "$TMP/clsact.err"
kill -KILL "$(pgrep -P "$bg")"
wait "$bg"
like "$(ns "$B" tc filter show dev vb ingress)" weir-capture 'clsact: killed, its filter stays'
ok 'clsact: off clears it' "${W[@]}" ingress off
is "$(ns "$B" tc filter show dev vb ingress)" "$before" 'clsact: as before'
ns "$B" tc qdisc del dev vb clsact
rm -f "$BPFFS/tc/globals/weir_count"

# ---- expressions ---------------------------------------------------------------------

mix() {
	local words
	for words in ipv4/udp ipv4/tcp ipv6/tcp ipv6/hbh/dst/udp arp vlan/ipv4/udp qinq/vlan/ipv6/udp \
		vlan/ipv4/tcp ipv4opt/tcp ipv4/icmp ipv6/icmp frag4last/udp lldp ipv6/frag/udp; do
		send "$A" va "$words" 2 >/dev/null
	done
	send "$A" va ipv4/udp 2 size 8000 >/dev/null
}
for hook in xdp ingress; do
	start mix $hook write "$TMP/mix.pcapng"
	mix
	finish mix
	wrong=
	while read -r expression; do
		start one $hook write "$TMP/one.pcapng" match "$expression"
		mix
		finish one
		want=$(tcpdump -ttr "$TMP/mix.pcapng" -nxx "$expression" 2>/dev/null | grep '^	' | md5sum)
		got=$(tcpdump -ttr "$TMP/one.pcapng" -nxx 2>/dev/null | grep '^	' | md5sum)
		[ "$status $got" = "0 $want" ] || wrong+="$expression: $(packets "$TMP/one.pcapng") $err;"
	done <<-'EOE'
		udp
		not ip
		tcp port 80 or arp
		vlan 5 and tcp
		vlan and vlan and ip6
		ip6 proto 58 or greater 5000
		ether[7990:4] = 0 or tcp[13] & 2 != 0
		ip[ip[0] & 1 + 8] = 64
		len > 60 and not vlan
	EOE
	is "$wrong" '' "$hook: each expression finds what tcpdump finds"
done
start rate match 'vlan 5' one-in 10 write "$TMP/rate.pcapng"
send "$A" va vlan/ipv4/udp 1000 >/dev/null
send "$A" va ipv4/udp 1000 >/dev/null
finish rate
n=$(packets "$TMP/rate.pcapng")
[ "$n" -ge 95 ] && [ "$n" -le 105 ]
verdict $? 'one in ten of those that match' "$n"
like "$err" '2000 packets seen, 1000 matched' 'the report has both'
like "$(blocks "$TMP/rate.pcapng" interface)" '\| vlan 5 \|' 'the file has the expression'

# ---- packets as they can be, and cannot ------------------------------------------------

cases=$ROOT/tests/packets/sample.txt
cp "$ROOT/tests/packets/sample.expect" "$TMP/cases.expect"
kernel_has frags || sed -i '/^5 /s/.*/5 NOT_RUN 9000/; /^  count .* 9000$/d' "$TMP/cases.expect"
start cases match 'ip and udp or vlan' snaplen 64 write "$TMP/cases.pcapng"
id=$("$WEIR" -n "$B" -j show dev vb | jq '.[0].prog.id')
ok 'cases: as expected' "$WEIR" test id "$id" in "$cases" expect "$TMP/cases.expect"
finish cases
is "$(blocks "$TMP/cases.pcapng" packet | cut -d' ' -f3)" \
	"$(sed -n '/^[0-9]/{N;N;s/^[0-9]* XDP_PASS \([0-9]*\).*sampled.*/\1/p}' "$TMP/cases.expect")" \
	'cases: those that are sampled are in the file'

# ---- words ---------------------------------------------------------------------------

while IFS='|' read -r code words cause; do
	# shellcheck disable=SC2086 # words
	run "$WEIR" -n "$B" capture $words
	like "$status $err" "^$code weir: .*$cause" "refused: $words"
done <<'EOW'
2||dev DEV
2|dev vb one-in 0|one-in
2|dev vb snaplen 70000|snaplen
2|dev vb ingress verdict drop|verdict
2|dev vb verdict dropped|verdict
2|dev vb ingress native|native
2|dev vb off write x|write
2|dev vb seconds never|seconds
2|dev vb xdp ingress|ingress
1|dev nonexistent|nonexistent
1|dev vb match tcpp|match 'tcpp'
1|dev vb match ip6[|match 'ip6.'
1|dev vb off|vb: xdp: no capture is there
1|dev vb egress off|vb: egress: no capture is there
EOW
is "$("$WEIR" complete capture dev vb verdict '' | tr '\n' ' ')" 'aborted drop pass tx redirect ' 'verdicts complete'
run "${W[@]}" match 'ip6 protochain 17'
like "$status $err" "^1 weir: match 'ip6 protochain 17': it walks headers in a loop" 'refused: loops'
is "$(attached)$(pins)" '[]' 'none of them left anything'
like "$(setpriv --reuid 65534 --clear-groups "$WEIR" capture dev lo 2>&1)" \
	'^weir: .*(root|not permitted|denied)' 'not without privilege'

# ---- however it ends -----------------------------------------------------------------

"$WEIR" -n "$B" filter dev vb deny src 10.99.1.1
before=$(attached)
for signal in TERM HUP QUIT; do
	start sig
	finish sig "$signal"
	is "$status $(attached)$(pins)" "0 $before" "SIG$signal: the filter is back"
done
start kill
finish kill KILL
fails 'kill -9: the filter still denies' pings 10.99.1.2
ok 'and passes the rest' pings fd99:1::2
like "$(attached)" sample_xdp 'behind what the capture left'
fails 'weir detach would lose it' "$WEIR" -n "$B" detach dev vb xdp
like "$err" 'is captured from by weir capture .*weir capture dev vb off' 'and says what helps'
fails 'weir attach, too' "$WEIR" -n "$B" attach dev vb xdp obj "$COUNT"
like "$err" 'is captured from by weir capture .*weir capture dev vb off' 'and says what helps'
rm -f "$BPFFS/tc/globals/weir_count"
fails 'a set off the interface, too' "$WEIR" -n "$B" filter dev vb off
like "$err" 'captured from by weir capture.*weir capture dev vb off' 'and says what helps'
ok 'off puts it back' "${W[@]}" off
is "$(attached)$(pins)" "$before" 'as before'
start kill
finish kill KILL
ok 'the next capture, too' "${W[@]}" seconds 0.1
like "$err" 'what a killed capture had left is put back' 'and says so'
is "$(attached)$(pins)" "$before" 'as before'

start kill
finish kill KILL
rm "$(pins | head -n 1)"
drops() {
	! pings fd99:1::2
}
ok 'killed, and its pin removed: nothing passes, soon' wait_for 5 drops
like "$("$WEIR" -n "$B" stat dev vb)" 'drop_no_program +[1-9]' 'and that is counted'
ok 'off takes it away' "${W[@]}" off
ok 'then packets pass' pings fd99:1::2
"$WEIR" -n "$B" filter dev vb off 2>/dev/null
"$WEIR" -n "$B" filter dev vb deny src 10.99.1.1
before=$(attached)

start first write "$TMP/first.pcapng"
fails 'a second one at once' "${W[@]}" count 1
like "$err" 'vb: xdp is captured from by another weir capture' 'is refused'
ok 'off ends the first' "${W[@]}" off
ok 'which notices' wait_for 10 grep -q 'taken off by somebody else' "$TMP/first.err"
wait "$bg"
is "$? $(attached)$(pins)" "1 $before" 'as before'
both=()
for _ in 1 2 3 4 5 6; do
	"${W[@]}" seconds 0.3 2>/dev/null &
	both+=($!)
done
won=0
for pid in "${both[@]}"; do
	wait "$pid" && won=$((won + 1))
done
[ $won -ge 1 ]
verdict $? 'six at once: at least one captures' "$won"
is "$(attached)$(pins)" "$before" 'as before'

bad=
calls=$(strace -f -e trace=bpf -o "$TMP/calls" "${W[@]}" seconds 0.1 2>/dev/null && wc -l <"$TMP/calls")
for ((i = 1; i < calls; i += 2)); do
	strace -f -o /dev/null -e trace=bpf -e "inject=bpf:signal=KILL:when=$i" "${W[@]}" seconds 0.1 2>/dev/null
	pings 10.99.1.2 && bad+="killed at call $i: the filter does not deny;"
	run "${W[@]}" seconds 0.001
	[ "$(attached)$(pins)" = "$before" ] || bad+="killed at call $i: $(attached)$(pins) $err;"
done
is "$bad" '' "killed at every other of $calls calls: filtered all the time, and cleared by the next"
bad=
for ((i = 1; i < calls; i += 2)); do
	strace -f -o /dev/null -e trace=bpf -e "inject=bpf:error=ENOMEM:when=$i" "${W[@]}" seconds 0.01 2>"$TMP/err"
	pings 10.99.1.2 && bad+="call $i: the filter does not deny;"
	"${W[@]}" off 2>/dev/null
	run "${W[@]}" seconds 0.001
	[ "$(attached)$(pins)" = "$before" ] || bad+="call $i: $(attached)$(pins) $err;"
done
is "$bad" '' 'each other call fails: the same'

start gone write "$TMP/gone.pcapng"
send "$A" va ipv4/udp 3 >/dev/null
ip -n "$B" link del vb
ok 'the interface goes' wait_for 10 grep -q 'vb: the interface is gone' "$TMP/gone.err"
wait "$bg"
is "$? $(packets "$TMP/gone.pcapng") $(pins)" '1 3 ' 'its packets are in the file, no pin stays'

veth_pair "$A" vc "$B" vb
"$WEIR" -n "$B" filter dev vb deny src 10.99.2.1
start left
finish left KILL
ip -n "$B" link del vb
veth_pair "$A" vd "$B" vb
ok 'a capture elsewhere' "${W[@]}" seconds 0.01
is "$(pins)" '' 'sweeps what one that was killed with its interface left'

done_testing
