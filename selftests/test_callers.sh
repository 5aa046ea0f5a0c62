#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What scripts, orchestrators and agents that call tc and ip rely on; and each
# kind of object that some build of iproute2 refuses, through weir's.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

OLD=$BUILD/bpf/legacy/count.o
netns_add A
veth_pair "$A" v0 "$A" v1
TC() {
	ns "$A" "$WEIR" tc "$@"
}
IP() {
	ns "$A" "$WEIR" ip "$@"
}
first() {
	head -n 1 "$TMP/err"
}

# ---- the kernel's own text, first -------------------------------------------------
run TC filter add dev v0 ingress bpf da obj "$PROGS/tail_unpinned.o" sec xdp
exits 2 'the kernel refuses a filter: status 2'
like "$(first)" '^Error: Parent Qdisc' 'its text is the first line, before any note'
is "$(tail -n 1 "$TMP/err")" 'We have an error talking to the kernel' 'tc says so behind it'
ok 'a qdisc' TC qdisc add dev v0 clsact
is "$out$err" '' 'success is silent'
run TC qdisc add dev v0 clsact
exits 2 'again: status 2'
is "$err" 'Error: Exclusivity flag on, cannot modify.' 'and the text'
for json in '' -j '-j -p'; do
	# shellcheck disable=SC2086 # words
	ok "filter add $json" TC $json filter add dev v0 ingress bpf da obj "$OLD"
	is "$out$err" '' "nothing is printed on success${json:+ with $json}"
done
run TC filter add dev v0 ingress bpf da obj "$OLD" sec nosuch
exits 1 'no such section: status 1'
run TC filter add dev v0 ingress bpf da obj /nosuch.o
exits 1 'no such file: status 1'
is "$(tail -n 1 "$TMP/err")" 'Unable to load program' 'tc says so'
run TC actions add action bpf obj /nosuch.o
exits 255 'actions: status 255'
run IP link set dev v0 xdp obj /nosuch.o
exits 255 'ip: status 255'
run IP link set dev nosuch xdp off
exits 1 'ip: no such device: status 1'
ok 'xdp off, nothing there' IP link set dev v0 xdp off
ok 'and again' IP link set dev v0 xdp off
ok 'xdp' IP link set dev v0 xdp obj "$OLD" sec xdp
run IP link set dev v0 xdp obj "$OLD" sec xdp
exits 2 'over a program without -force: status 2'
like "$(first)" '^Error: ' 'with the text first'
ok 'with -force' IP -force link set dev v0 xdp obj "$OLD" sec xdp
run IP link show dev v0
like "$out" 'prog/xdp id [0-9]+ name count_xdp tag [0-9a-f]{16} jited' 'ip link show'
run IP -j link show dev v0
is "$(jq -c '.[0].xdp | [.mode, (.prog.id > 0), (.attached | length)]' <<<"$out")" '[1,true,1]' \
	'xdp in JSON: mode, prog, attached'
ok 'off' IP link set dev v0 xdp off

# ---- verbose ------------------------------------------------------------------------
run TC filter add dev v0 ingress bpf da obj "$OLD" verbose
exits 0 'verbose'
like "$err" 'processed [0-9]+ insns' 'the verifier log is on standard error'
is "$out" '' 'and only there'
run IP link set dev v0 xdp obj "$PROGS/bad_packet.o" sec xdp verbose
exits 255 'a program that the verifier refuses'
like "$err" 'invalid access to packet' 'says why'
like "$err" 'processed [0-9]+ insns' 'with the whole log'
run IP link set dev v0 xdp obj "$PROGS/bad_packet.o" sec xdp
like "$err" 'invalid access to packet' 'without verbose the lines that matter'
unlike "$err" 'processed [0-9]+ insns' 'and no more'

# ---- lines that scripts split --------------------------------------------------------
run TC filter show dev v0 ingress
like "$out" '^filter protocol all pref [0-9]+ bpf chain 0 ' 'filter show: parent is left out when it was given'
like "$out" ' handle 0x1 count.o:\[classifier\] direct-action not_in_hw id [0-9]+ name count_ingress tag [0-9a-f]{16} jited ' \
	'handle, base name and section, in_hw, id, tag'
id=$(awk '{ for (i = 1; i < NF; i++) if ($i == "id") { print $(i + 1); exit } }' <<<"$out")
ok 'the id is one' bpftool prog show id "$id"
ok 'da before the object' TC filter add dev v0 egress pref 1 bpf da obj "$OLD" sec tc
ok 'da behind the object' TC filter add dev v0 egress pref 2 bpf obj "$OLD" sec tc da
ok 'delete by pref, as scripts do' TC filter del dev v0 egress pref 1
ok 'programs of section .text' IP link set dev v0 xdp obj "$PROGS/calls_text.o" sec .text
ok 'off' IP link set dev v0 xdp off
ok 'sections with a slash' TC filter add dev v0 egress bpf da obj "$PROGS/maps_tail.o" sec 10/0
for program in tc ip; do
	for how in "$WEIR $program" "$BUILD/shims/$program"; do
		# shellcheck disable=SC2086 # words
		run $how -V
		like "$out" "^$program utility, iproute2-[0-9.]+, libbpf [0-9.]+\$" "$how -V"
	done
done

# ---- surroundings ---------------------------------------------------------------------
ok 'an empty environment, by absolute path' env -i "$BUILD/shims/tc" qdisc show dev lo
ok 'and a line of ours' env -i nsenter --net="/run/netns/$A" "$BUILD/shims/tc" filter add dev v0 \
	egress bpf da obj "$OLD" sec tc
ok 'ip netns exec, where /sys has no bpffs' ip netns exec "$A" "$BUILD/shims/tc" filter add dev v0 \
	egress bpf da obj "$PROGS/bench_small.o"
ok 'and with a map to pin' ip netns exec "$A" "$BUILD/shims/tc" filter add dev v0 egress bpf da \
	obj "$OLD" sec tc
rm -f "$BPFFS/tc/globals/weir_count"
ok 'tc -n' "$BUILD/shims/tc" -n "$A" filter add dev v0 egress bpf da obj "$OLD" sec tc
ok 'keeps the pin' test -f "$BPFFS/tc/globals/weir_count"
ok 'programs that bpftool pinned' bpftool prog loadall "$PROGS/attach_others.o" "$BPFFS/others"
ok 'attach as they are' TC filter add dev v0 egress bpf da pinned "$BPFFS/others/cil_from_netdev"
like "$(tc -n "$A" filter show dev v0 egress)" 'cil_from_netdev:\[\*fsobj\]' 'by their file name'
ok 'at XDP, too' IP link set dev v0 xdp pinned "$BPFFS/others/xdp_dispatcher"
ok 'off' IP link set dev v0 xdp off

# ---- tcx, runs ----------------------------------------------------------------------------
if skip_unless 'kernel_has tcx' 'tcx needs Linux 6.6' 3; then
	"$WEIR" -n "$A" -q attach dev v0 ingress tcx obj "$PROGS/replace_drop.o"
	run TC filter show dev v0 ingress
	like "$(head -n 1 <<<"$out")" '^filter tcx link [0-9]+ id [0-9]+ name drop_tc tag ' 'tcx programs are lines of their own, first'
	ok 'JSON' TC -j filter show dev v0 ingress
	is "$(jq -r '.[0].kind' <<<"$out")" tcx 'with their kind'
	"$WEIR" -n "$A" -q detach dev v0 ingress tcx
fi
sysctl -qw kernel.bpf_stats_enabled=1
ok 'XDP for counting' IP link set dev v1 xdp obj "$OLD" sec xdp
send "$A" v0 ipv4 5 >/dev/null
like "$(IP -s link show dev v1)" 'prog/xdp id [0-9]+ .*run_cnt [1-9][0-9]* run_time_ns [0-9]+' 'ip -s has runs'
is "$(IP -s -j link show dev v1 | jq '.[0].xdp.prog.run_cnt > 0')" true 'in JSON as well'
send "$A" v1 ipv4 5 >/dev/null
like "$(TC -s filter show dev v0 ingress)" 'run_cnt [1-9]' 'tc -s has runs'
sysctl -qw kernel.bpf_stats_enabled=0
IP link set dev v1 xdp off

# ---- what no build of iproute2 takes, or only one of the two ---------------------------------
rm -rf "$BPFFS/tc"
for object in maps_elf maps_16 maps_24 maps_both maps_split maps_inner maps_inner2 maps_outer2 \
	maps_data maps_btf_values calls_global calls_global_nobtf calls_callback; do
	if [ "$object" = calls_callback ]; then
		skip_unless 'kernel_has callbacks' 'functions given to helpers need Linux 5.13' || continue
	fi
	ok "ip link set xdp: $object" IP -force link set dev v0 xdp obj "$PROGS/$object.o" sec xdp
done
ok 'off' IP link set dev v0 xdp off
ok 'all pin scopes' TC filter add dev v0 ingress bpf da obj "$PROGS/maps_pins.o"
sum=$(sha1sum "$PROGS/maps_pins.o" | cut -d' ' -f1)
ok 'one map under the hash of the file' test -d "$BPFFS/tc/$sum"
ok 'tail calls by section' TC filter add dev v0 ingress bpf da obj "$PROGS/maps_tail.o"
jumps=$(find "$BPFFS" -name jumps | head -n 1)
like "$(bpftool map dump pinned "$jumps")" 'key: 00 00 00 00' 'fill their array'
run TC filter add dev v0 ingress bpf da obj "$PROGS/maps_inner_missing.o"
exits 1 'an inner map that is missing: status 1'
done_testing
