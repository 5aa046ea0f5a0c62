#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# weir test: programs and packets, without an interface.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$TMP" || exit 1
T=$BUILD/tests/tool_packets
OBJ=$PROGS/packets.o
cases=$ROOT/tests/packets/count.txt
expect=$ROOT/tests/packets/count.expect

# ---- packets in words ------------------------------------------------------------

sed '/what cannot be/,$d' "$cases" >good.txt
"$T" pcap good.txt 'ipv4 10.0.0.1 > 10.0.0.2 ttl 1 udp 53 len 100' >cases.pcap
run tcpdump -nvvr cases.pcap
unlike "$out" 'bad|incorrect' 'tcpdump finds every checksum right'
like "$out" '10.0.0.1.12345 > 10.0.0.2.53:' 'and the addresses and ports that were said'
like "$out" 'ttl 1, id 1, .*proto UDP \(17\), length 86' 'and the TTL'
netns_add A B
veth_pair "$A" va "$B" vb
"$WEIR" -n "$B" -q attach dev vb xdp obj "$BUILD/bpf/count.o" prog count_xdp
is "$(ns "$A" "$T" send va 'ipv4 udp len 90 times 3' 'ipv6 tcp')" 'sent 4 344' 'frames of words onto a link'
counted() {
	"$WEIR" -n "$B" stat dev vb | grep -q 'xdp_ipv6_tcp  *1 '
}
wait_for 5 counted
run "$WEIR" -n "$B" -j stat dev vb
is "$(jq -c '[.[].counters[] | [.name, .packets, .bytes]]' <<<"$out" | head -n 1)" \
	'[["xdp_ipv4_udp",3,270],["xdp_ipv6_tcp",1,74]]' 'where they are counted'
"$WEIR" -n "$B" -q detach dev vb

# ---- the library's programs ---------------------------------------------------------

for form in "$BUILD/bpf/count.o" "$BUILD/bpf/legacy/count.o"; do
	skip_unless 'kernel_has frags' 'xdp.frags needs Linux 5.18' 2 || continue
	ok "${form#"$BUILD/"}: count_xdp_frags does what is expected, a jumbo frame too" \
		"$WEIR" test "$form" prog count_xdp_frags in "$cases" expect "$expect"
	like "$out" '1\.\.77$' 'every packet is a test'
done
# Without frags the jumbo frame is not run; at tc by a new kernel only.
cp "$expect" long.expect
sed '/^77 /s/.*/77 NOT_RUN 9000/; /^  count .* 9000$/d' "$expect" >xdp.expect
ok 'count_xdp' "$WEIR" test "$BUILD/bpf/count.o" prog count_xdp in "$cases" expect xdp.expect
kernel_has long-runs || cp xdp.expect long.expect
for hook in ingress egress; do
	sed "s/XDP_PASS/TC_ACT_UNSPEC/; s/xdp_/${hook}_/" long.expect >tc.expect
	ok "count_$hook" "$WEIR" test "$BUILD/bpf/count.o" prog "count_$hook" in "$cases" expect tc.expect
done
fails 'a program that does something else' \
	"$WEIR" test "$BUILD/bpf/count.o" prog count_ingress in "$cases" expect "$expect"
is "$status" 1 'exit status 1'
like "$out" 'not ok 1 - TC_ACT_UNSPEC arp len 60' 'says which packet'
like "$out" '# verdict TC_ACT_UNSPEC, expected XDP_PASS' 'and what is wrong'
is "$(grep -c '^ok\|^not ok' <<<"$out")" 77 'goes on to the last'

# filter_prog HOOK: id of the filter's program, with the rules of the cases in a set for HOOK.
filter_prog() {
	"$WEIR" filter set cases "$1" load "$ROOT/tests/packets/filter.rules" &&
		"$WEIR" -j map dump "$BPFFS/tc/globals/weir_filter-cases" | jq '.[0].value.id'
}
expect=$ROOT/tests/packets/filter.expect
sed '/^73 /s/.*/73 NOT_RUN 9000/; /^  count .* 9000$/d' "$expect" >short.expect
cp "$expect" xdp.expect
kernel_has frags || cp short.expect xdp.expect
ok 'filter, xdp: every packet has its rule or reason' "$WEIR" test id "$(filter_prog xdp)" \
	in "$ROOT/tests/packets/filter.txt" expect xdp.expect
like "$out" '1\.\.73$' 'every packet is a test'
"$WEIR" filter set cases off
cp "$expect" long.expect
kernel_has long-runs || cp short.expect long.expect
sed 's/XDP_PASS/TC_ACT_UNSPEC/; s/XDP_DROP/TC_ACT_SHOT/' long.expect >tc.expect
ok 'filter, tc: the same' "$WEIR" test id "$(filter_prog ingress)" \
	in "$ROOT/tests/packets/filter.txt" expect tc.expect
"$WEIR" filter set cases off

# Damaged packets: what the program counts is what it said of each, and every run the same.
"$T" pcap random 2000 7 good.txt >random.pcap
is "$("$T" pcap random 2000 7 good.txt | cmp - random.pcap && echo same)" same 'damage is the same for the same seed'
run "$WEIR" test "$BUILD/bpf/count.o" prog count_xdp in random.pcap
is "$(grep -c '^[0-9]* XDP_PASS [0-9]* unchanged' <<<"$out")" 2000 'count passes whatever it is given'
is "$(awk '$1 == "count" && $4 == 1 { n++ } END { print n }' <<<"$out")" 2000 'and counts each once'
is "$(awk '/XDP_PASS/ { len = $3 } $1 == "count" && $5 != len' <<<"$out")" '' 'with its length'

# ---- verdicts, changes, counts ------------------------------------------------------

cat >ports.txt <<-'END'
	ipv4 10.0.0.1 > 10.0.0.2 udp 7 len 60	# routed
	ipv4 10.0.0.1 > 10.0.0.2 udp 8 len 60	# tagged
	ipv4 10.0.0.1 > 10.0.0.2 udp 9 len 60	# jumps
	ipv4 10.0.0.1 > 10.0.0.2 udp 53 len 60
	ipv4 10.0.0.1 > 10.0.0.2 udp 54 len 60
	eth cut 13
END
cat >xdp.want <<-'END'
	1 XDP_TX 60  # ipv4 10.0.0.1 > 10.0.0.2 udp 7 len 60
	  count reasons routed 1 60
	  change eth dst 02:00:00:00:be:ef > 02:00:00:00:be:02
	  change ipv4 ttl 64 > 63
	  change ipv4 sum 0x66bc > 0x67bc
	2 XDP_PASS 60 > 64  # ipv4 10.0.0.1 > 10.0.0.2 udp 8 len 60
	  count reasons tagged 1 60
	  change eth type 0x0800 > 0x8100
	  change +4 at 14 vlan 5
	3 XDP_DROP 60 unchanged  # ipv4 10.0.0.1 > 10.0.0.2 udp 9 len 60
	  count reasons jumped 1 60
	4 XDP_ABORTED 60 unchanged  # ipv4 10.0.0.1 > 10.0.0.2 udp 53 len 60
	  count reasons listed 1 60
	5 77 60 unchanged  # ipv4 10.0.0.1 > 10.0.0.2 udp 54 len 60
	  count reasons listed 1 60
	6 NOT_RUN 13 uncounted  # eth cut 13: less than an Ethernet header
END
ok 'XDP' "$WEIR" test "$OBJ" prog act_xdp in ports.txt set ports 53 0 set ports 54 77 out xdp.pcapng save xdp.save
is "$out" "$(cat xdp.want)" 'verdicts, counts, changes, a tail call'
is "$(cat xdp.save)" "$out" 'save has the same'
ok 'what was saved is met' "$WEIR" test "$OBJ" prog act_xdp in ports.txt set ports 53 0 set ports 54 77 expect xdp.save
for edit in 's/ttl 64 > 63/ttl 64 > 62/' 's/tagged 1 60/tagged 1 64/' 's/XDP_DROP 60 unchanged/XDP_DROP 60/; s/jumped 1/jumped 2/' \
	's/> 64/> 60/' '/^1 /,/^2 /d' 's/^5 77 60 unchanged/5 78/' '/^6 /s/.*/7 XDP_PASS/' 's/change +4 at 14 vlan 5/change +4 at 14 vlan 6/'; do
	sed "$edit" xdp.save >broken
	fails "an expectation that is wrong: $edit" \
		"$WEIR" test "$OBJ" prog act_xdp in ports.txt set ports 53 0 set ports 54 77 expect broken
	is "$status" 1 'exit status 1'
done
printf '%s\n' '* XDP_PASS' '1 XDP_TX' '3 XDP_DROP' '6 NOT_RUN' >less
ok 'less is enough' "$WEIR" test "$OBJ" prog act_xdp in ports.txt expect less
printf '%s\n' '1 XDP_TX' '2-5 XDP_PASS' '3 XDP_DROP' >broken
fails 'two lines for one packet' "$WEIR" test "$OBJ" prog act_xdp in ports.txt expect broken
like "$err" 'broken:2 and 3: both speak of packet 3' 'names both'

run tcpdump -nevr xdp.pcapng
is "$(grep -c ethertype <<<"$out")" 2 'out has what was passed and sent on'
like "$out" 'vlan 5, p 0, ethertype IPv4' 'as it was then'
like "$out" 'ttl 63' 'and the other'
is "$("$WEIR" test "$OBJ" prog bare_xdp in xdp.pcapng | grep -c XDP_PASS)" 2 'which we read, too'
is "$(grep -aoE 'XDP_TX; reasons routed 1 60|XDP_PASS; reasons tagged 1 60' xdp.pcapng | wc -l)" 2 'comments say verdict and counts'
"$WEIR" test "$OBJ" prog act_xdp in ports.txt out - >piped.pcapng
is "$(tcpdump -nr piped.pcapng 2>/dev/null | wc -l)" 4 'out - is the capture alone'

run "$WEIR" test "$OBJ" prog act_tc in ports.txt set ports 53 2 mark 3
like "$out" '1 TC_ACT_OK 60 .*change ipv4 ttl 64 > 63.*change skb mark 3 > 8.*change skb priority 0 > 7' 'tc: mark and priority'
like "$out" '2 TC_ACT_PIPE ' 'tc: another verdict'
like "$out" '4 TC_ACT_SHOT 60 unchanged' 'tc: a rule drops'
if kernel_has xdp-context; then
	run "$WEIR" -n "$B" test "$OBJ" prog act_tc in ports.txt dev vb
	like "$out" '5 TC_ACT_UNSPEC' 'tc: the interface that packets come in on'
	run "$WEIR" -n "$B" test "$OBJ" prog act_xdp in ports.txt dev vb
	like "$out" '1 XDP_TX' 'XDP: an interface of another namespace'
else
	for kind in tc xdp; do
		fails "$kind: no interface can be told" "$WEIR" -n "$B" test "$OBJ" prog act_$kind in ports.txt dev vb
		like "$err" 'dev vb: .* know of no interface; Linux 5.1[56] is needed' 'which is said'
		fails 'nor in a bench' "$WEIR" -n "$B" bench "$OBJ" prog act_$kind in ports.txt dev vb
	done
fi

# ---- JSON, JUnit ---------------------------------------------------------------------

run "$WEIR" -j test "$OBJ" prog act_xdp in ports.txt
is "$(jq -c '.[1] | [.packet, .bytes, .verdict, .bytes_out, .counts, .changes[1]]' <<<"$out")" \
	'[2,60,"XDP_PASS",64,[{"map":"reasons","counter":"tagged","packets":1,"bytes":60}],"+4 at 14 vlan 5"]' 'JSON'
echo '* XDP_PASS' >all
run "$WEIR" -j test "$OBJ" prog act_xdp in ports.txt expect all junit out.xml
exits 1 'JSON with an expectation'
is "$(jq -c 'map(.ok)' <<<"$out")" '[false,true,false,true,true,false]' 'says of each whether it is met'
is "$(python3 -c 'import xml.etree.ElementTree as e; r = e.parse("out.xml").getroot(); print(r.get("tests"), r.get("failures"), len(r.findall("testcase")), len(r.findall("testcase/failure")))')" \
	'6 3 6 3' 'JUnit'

# ---- maps: never those of others -------------------------------------------------------

rm -rf "${BPFFS:?}"/{tc,ip,xdp}
run "$WEIR" test "$OBJ" prog act_xdp in ports.txt set ports 53 1
is "$(find "$BPFFS" -mindepth 1 -not -name '*.debug')" '' 'a test pins nothing'
"$WEIR" -q convert "$OBJ" -o modern.o
bpftool prog loadall modern.o "$BPFFS/live" # and pins where libbpf does
id=$(bpftool -j prog show pinned "$BPFFS/live/act_xdp" | jq .id)
"$WEIR" map set "$BPFFS/ports" 53 1
mkdir -p "$BPFFS/tc/globals"
bpftool map pin pinned "$BPFFS/ports" "$BPFFS/tc/globals/ports"
run "$WEIR" test "$OBJ" prog act_xdp in ports.txt set ports 54 1
like "$out" '4 XDP_PASS 60.*5 XDP_DROP' 'an object has maps of its own, though one is pinned where it would look'
is "$("$WEIR" map dump "$BPFFS/ports")" '53 1' 'the pinned one is as before'
run "$WEIR" test pinned "$BPFFS/live/act_xdp" in ports.txt
like "$out" '3 XDP_DROP 60 unchanged .*count reasons jumped 1 60' 'a pinned program, and what it jumps to'
like "$out" '4 XDP_DROP 60 unchanged' 'with its live maps'
is "$("$WEIR" -j map dump prog "$id" reasons | jq '[.[].value.packets] | add')" 5 'whose counters move'
ok 'by id' "$WEIR" test id "$id" in ports.txt
fails 'live maps are not filled' "$WEIR" test id "$id" in ports.txt set ports 54 1
like "$err" 'those of a loaded program are in use' 'says why'
"$WEIR" map set "$BPFFS/ports" 54 1
ok 'a snapshot of the live maps' "$WEIR" map snapshot "$TMP/kept"
run "$WEIR" test "$OBJ" prog act_xdp in ports.txt maps "$TMP/kept"
like "$out" '4 XDP_DROP 60.*5 XDP_DROP 60' 'fills those of a test'
like "$out" 'count reasons routed 1 60' 'where counts begin from what was kept'
rm -rf "${BPFFS:?}"/{live,ports,jumps,tc}

# ---- bench ------------------------------------------------------------------------------

run "$WEIR" bench "$OBJ" prog slow_xdp rounds 5 runs 1000
like "$out" '^packets.o:slow_xdp: ns a packet' 'bench: says what is measured'
is "$(awk 'NR == 3 { print NF, $5, $6, $7, $8, $NF }' <<<"$out")" '10 1 again ipv4 udp 64' 'bench: a line'
# bench_ns WORD...: net nanoseconds of each line.
bench_ns() {
	"$WEIR" -j bench "$@" rounds 7 runs 2000 | jq -r '.[] | .net_ns | floor' | paste -sd ' '
}
slow=$(bench_ns "$OBJ" prog slow_xdp)
bare=$(bench_ns "$OBJ" prog bare_xdp)
ok "bench: twenty looks at the clock cost more than none: $slow, $bare ns" [ "$slow" -gt $((bare + 60)) ]
printf '%s\n' 'ipv4 udp 53 len 64' 'ipv4 udp 7 len 64' 'ipv4 udp 8 len 64' >costs.txt
run "$WEIR" -j bench "$OBJ" prog act_xdp in costs.txt rounds 3 runs 100
is "$(jq -c 'map([.packet, .verdict, .method, .flows])' <<<"$out")" \
	'[[1,"XDP_PASS","again",1],[2,"XDP_TX","put back",1],[3,"XDP_PASS","single",1]]' \
	'bench: a way for programs that change nothing, bytes, the length'
is "$err" '' 'bench: all runs end alike'
for prog in act_tc count_ingress; do
	run "$WEIR" -j bench "$([ $prog = act_tc ] && echo "$OBJ" || echo "$BUILD/bpf/count.o")" prog $prog flows 9 rounds 3 runs 100
	is "$(jq -c 'map([.method, .flows])' <<<"$out")" '[["again",1],["put back",9]]' "bench: $prog, many flows"
done
if skip_unless 'kernel_has frags' 'xdp.frags needs Linux 5.18'; then
	run "$WEIR" -j bench "$BUILD/bpf/count.o" prog count_xdp_frags flows 9 rounds 3 runs 100
	is "$(jq length <<<"$out")" 2 'bench: xdp.frags'
fi
bpftool prog loadall modern.o "$BPFFS/live"
run "$WEIR" -j bench pinned "$BPFFS/live/source_xdp" flows 100 rounds 3 runs 1000
is "$err" '' 'bench: the packet is put back before each run'
id=$(bpftool -j prog show pinned "$BPFFS/live/source_xdp" | jq .id)
is "$("$WEIR" -j map dump prog "$id" sources | jq length)" 101 'bench: so many flows, and the packet itself'
rm -rf "${BPFFS:?}"/{live,ports,jumps}
echo 'arp' >arp.txt
run "$WEIR" -j bench "$OBJ" prog bare_xdp in arp.txt flows 9 rounds 3 runs 100
like "$err" '^weir: note: packet 1: no flows: it has no IP header$' 'bench: no flows without addresses'
fails 'bench: a packet that the kernel does not take' "$WEIR" bench "$OBJ" prog bare_xdp in <(echo eth cut 13)
like "$err" 'packet 1 is not run: Invalid argument; weir test says why' 'with a reason'

# ---- what cannot be ---------------------------------------------------------------------

refused() {
	local what=$1 pattern=$2
	shift 2
	fails "$what" "$WEIR" test "$@"
	like "$err" "$pattern" 'with its reason'
	is "$(wc -l <<<"$err")" 1 'in one line'
}
"$T" pcap 'ipv4 udp' | python3 -c 'import sys; b = bytearray(sys.stdin.buffer.read()); b[20] = 113; sys.stdout.buffer.write(b)' >cooked.pcap
refused 'another link type' 'cooked.pcap: link type 113 \(LINUX_SLL\)' "$OBJ" prog bare_xdp in cooked.pcap
head -c 50 cases.pcap >cut.pcap
refused 'a capture that ends too early' 'cut.pcap: damaged capture' "$OBJ" prog bare_xdp in cut.pcap
printf '%s\n' '# fine' 'ipv4 wobble' >wrong.txt
refused 'words that are wrong' 'wrong.txt:2: .wobble.: neither a header' "$OBJ" prog bare_xdp in wrong.txt
refused 'no such file' 'none: cannot be read' "$OBJ" prog bare_xdp in none
refused 'programs of several kinds' 'several kinds; choose by prog, sec or type' "$OBJ" in ports.txt
refused 'no such program' "program 'none'|none" "$OBJ" prog none in ports.txt
refused 'no such map' 'declares no map none' "$OBJ" prog bare_xdp in ports.txt set none 1 1
refused 'a value that the map does not take' 'ports' "$OBJ" prog bare_xdp in ports.txt set ports 53 x
refused 'no such interface' 'none: no such interface' "$OBJ" prog bare_xdp in ports.txt dev none
refused 'an output that cannot be written' '/none/x: cannot be written' "$OBJ" prog bare_xdp in ports.txt out /none/x
cp xdp.pcapng same.pcapng
echo 'ipv4 udp' >same.txt
echo '* XDP_PASS' >any
refused 'saving over what is read' 'same.txt: in and save are the same file' "$OBJ" prog bare_xdp in same.txt save ./same.txt
is "$(cat same.txt)" 'ipv4 udp' 'which stays'
refused 'two outputs in one' 'one: save and junit are the same file' "$OBJ" prog bare_xdp in same.txt expect any save one junit one
fails 'no packets are not all packets' "$WEIR" test "$OBJ" prog bare_xdp in /dev/null expect any
like "$out" 'there are no packets' 'which is said'
refused 'writing over what is read' 'same.pcapng: in and out are the same file' "$OBJ" prog bare_xdp in same.pcapng out ./same.pcapng
is "$(cmp xdp.pcapng same.pcapng && echo same)" same 'which is as before'
run "$WEIR" test "$OBJ" prog bare_xdp
exits 2 'no packets: wrong usage'
run "$WEIR" test "$OBJ" prog bare_xdp in ports.txt junit x.xml
exits 2 'junit without expect: wrong usage'
run bash -c "'$T' pcap ports.txt | '$WEIR' test '$OBJ' prog bare_xdp in -"
is "$(grep -c XDP_PASS <<<"$out")" 5 'a capture from standard input'
run bash -c "'$WEIR' test '$OBJ' prog bare_xdp in - <ports.txt"
is "$(grep -c XDP_PASS <<<"$out")" 5 'and words'

done_testing
