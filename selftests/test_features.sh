#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What weir can do on this kernel: each feature works, with packets or entries to show it,
# or weir says in one line what is missing. README's table (vm/table.sh) is made of this.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

OBJ=$PROGS/attach_a.o
COUNT=$BUILD/bpf/count.o
netns_add A B
# shellcheck disable=SC2153 # set by netns_add
veth_pair "$A" v0 "$B" v1
veth_pair "$A" j0 "$B" j1 9000

weir() {
	"$WEIR" -n "$A" "$@"
}

# hits HOOK: how often the program of attach_a.c at XDP 0, ingress 1, egress 2 has run.
hits() {
	"$WEIR" map get attach_hits "$1" | awk '{ print $2 }'
}
# counted HOOK WORDS...: attached by these words, a program counts three frames.
counted() {
	local hook=$1 before
	shift
	weir attach dev v0 "$@" obj "$OBJ" || return
	before=$(hits "$hook")
	send "$B" v1 ipv4 3 >/dev/null
	if [ "$(($(hits "$hook") - before))" != 3 ]; then
		echo "counted $before, then $(hits "$hook")" >&2
		return 1
	fi
}

# feature NAME PATTERN COMMAND...: one row. When COMMAND fails, what it says on standard
# error must match PATTERN; the cell is then "no", and else what COMMAND has put into
# CELL, or "yes".
note "kernel $(uname -r)"
ROWS=
feature() {
	local name=$1 pattern=$2
	shift 2
	CELL=yes
	run "$@"
	if [ "$status" = 0 ]; then
		verdict 0 "$name: $CELL"
		[ "$CELL" = yes ] || note "$err"
	else
		CELL=no
		like "$err" "$pattern" "$name: no, and weir says so"
		note "$err"
	fi
	note "feature $name: $CELL"
	ROWS+="$name: $CELL"$'\n'
	weir -q detach dev v0 force 2>/dev/null
	weir -q detach dev j0 force 2>/dev/null
	rm -rf "${BPFFS:?}"/tc "${BPFFS:?}"/xdp "${BPFFS:?}"/features
}

# ---- hooks ---------------------------------------------------------------------------

feature 'XDP in the driver' 'v0: ' counted 0 xdp native
feature 'XDP, generic' 'v0: ' counted 0 xdp generic

frags() {
	weir attach dev j0 xdp native obj "$COUNT" prog count_xdp_frags || return
	send "$B" j1 ipv6/udp 3 size 8000 >/dev/null
	weir stat weir_count | grep -E 'xdp_ipv6_udp +3 '
}
feature 'XDP on jumbo frames (xdp.frags)' 'xdp.frags needs Linux 5.18' frags

callbacks() {
	weir attach dev v0 xdp obj "$PROGS/calls_callback.o"
}
feature 'functions given to helpers' 'functions given to helpers need Linux 5.13' callbacks

feature 'tc filters (clsact)' 'v0: ' counted 1 ingress
tcx() {
	counted 1 ingress tcx || return
	if grep -q 'tcx needs Linux 6.6: attached through clsact' "$TMP/err"; then
		CELL=clsact
	fi
}
feature 'tcx' 'v0: ' tcx

block() {
	ns "$A" tc qdisc add dev j0 ingress_block 7 ingress &&
		weir tc filter add block 7 bpf da obj "$OBJ" sec tc/ingress || return
	send "$B" j1 ipv4 3 >/dev/null
	[ "$(hits 1)" = 3 ]
	local bad=$?
	ns "$A" tc qdisc del dev j0 ingress
	return "$bad"
}
feature 'tc blocks of several interfaces' 'block' block

action() {
	ns "$A" tc qdisc add dev v0 clsact
	weir tc filter add dev v0 ingress bpf bytecode '1,6 0 0 1' action bpf obj "$OBJ" sec tc/ingress || return
	send "$B" v1 ipv4 3 >/dev/null
	[ "$(hits 1)" = 3 ]
}
feature 'tc actions (act_bpf)' 'Failed to load TC action module' action

route() {
	weir ip route add 10.98.0.0/24 encap bpf out obj "$PROGS/ip_lwt.o" sec out dev v0 || return
	ns "$A" ping -q -c 2 -W 0.1 -i 0.01 10.98.0.1 >/dev/null
	[ "$("$WEIR" map get lwt_hits 2)" = '2 2' ]
}
feature 'routes through BPF (encap bpf)' 'encap' route

# ---- programs of weir's own --------------------------------------------------------------

# knows_maps STEP: where its program looks up in a map, the verifier knows in which, so that what the
# kernel runs is that kind's look-up, or its instructions; not one that finds the map's kind first.
knows_maps() {
	local slot id
	for slot in "$BPFFS/tc/globals/weir_$1"-*; do
		id=$(weir -j map dump pinned "$slot" | jq '.[0].value.id')
		bpftool prog dump xlated id "$id" >"$TMP/xlated"
		[ -s "$TMP/xlated" ] || return
		if grep 'call bpf_map_lookup_elem#' "$TMP/xlated" >&2; then
			return 1
		fi
	done
}
# loads STEP HOOK: an older verifier may know less of the tables. One of everything, and what is
# decided by ports and types alone, for which programs have a way of their own.
printf '%s\n' 'deny src 192.0.2.0/24' 'deny src 2001:db8:a::/48' 'deny proto tcp dport 443 flags syn/syn' \
	'allow proto udp sport 1024-65535 dport 53' 'deny proto icmp icmp 8' >"$TMP/filter.rules"
printf 'limit %s rate 1pps\n' 'proto tcp dport 443' 'proto udp sport 1024-65535 dport 53' \
	'proto icmp' >"$TMP/police.rules"
loads() {
	local dir
	for dir in "$ROOT/tests/packets" "$TMP"; do
		weir -q "$1" dev v0 "$2" load "$dir/$1.rules" && knows_maps "$1" || return
	done
}
filtered() {
	weir filter dev v0 "$1" deny proto udp || return
	send "$B" v1 ipv4/udp 3 >/dev/null
	weir filter dev v0 "$1" show | grep -q '^deny proto udp .* 3 packets'
	local bad=$?
	loads filter "$1" || bad=1
	weir -q filter dev v0 "$1" off
	return "$bad"
}
feature 'weir filter at XDP' 'filter' filtered xdp
feature 'weir filter at tc' 'filter' filtered ingress
# policed HOOK: of a rule's packets none pass, and are counted
policed() {
	local bad
	weir police dev v0 "$1" limit proto udp rate 0 || return
	send "$B" v1 ipv4/udp 3 >/dev/null
	[ "$(weir -j police dev v0 show | jq .reasons.drop_exceed.packets)" = 3 ]
	bad=$?
	loads police "$1" || bad=1
	weir -q police dev v0 "$1" off
	return "$bad"
}
feature 'weir police at XDP' 'police' policed xdp
feature 'weir police at tc' 'police' policed ingress
# forwarded HOOK...: a packet goes from one interface to the other
forwarded() {
	local bad
	ns "$A" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	weir forward dev v0 "$@" on && weir -q forward to j0 on || return
	ns "$B" "$BUILD/tests/tool_packets" send v1 \
		"eth 02:00:00:00:00:01 > $(veth_mac "$A" v0) ipv4 10.99.1.2 > 10.99.2.2 udp len 100" >/dev/null
	[ "$(weir -j forward show | jq .reasons.sent.packets)" = 1 ]
	bad=$?
	knows_maps forward || bad=1
	weir forward show >&2
	weir -q forward off
	return "$bad"
}
feature 'weir forward at XDP' 'forward' forwarded xdp generic
feature 'weir forward at tc' 'forward' forwarded ingress
# captured HOOK WORDS...: a packet that is dropped behind it, at XDP with its verdict, is in the file
captured() {
	local capture bad
	weir -q filter dev v0 "$1" deny proto udp
	background "$WEIR" -n "$A" capture dev v0 "$@" count 1 write "$TMP/one.pcapng" 2>"$TMP/capture.err"
	capture=$bg
	wait_for 20 grep -q -e capturing -e '^weir: [^n]' "$TMP/capture.err"
	send "$B" v1 ipv4 1 >/dev/null
	send "$B" v1 ipv4/udp 1 >/dev/null
	wait_for 10 grep -q ' 1 captured' "$TMP/capture.err" || stop "$capture" INT
	cat "$TMP/capture.err" >&2
	python3 "$ROOT/selftests/pcapng.py" "$TMP/one.pcapng" | grep -q "^packet .*hook $1"
	bad=$?
	weir -q filter dev v0 "$1" off
	return "$bad"
}
feature 'weir capture, with verdicts at XDP' 'capture' captured xdp verdict drop
feature 'weir capture at tc' 'capture' captured ingress
# by a program of the kernel's, or as before
added_up() {
	"$WEIR" map create features type percpu_array key u32 value '{u64 packets; u64 bytes}' max 1000 || return
	"$WEIR" map set features 7 packets=1,bytes=2 || return
	background "$WEIR" -j stat features interval 0.05 >"$TMP/sums"
	local reader=$bg
	wait_for 20 sh -c "[ \$(wc -l <$TMP/sums) -gt 6 ]"
	bpftool prog show | grep -q ' name weir_sums ' || CELL='in batches'
	stop "$reader" INT
	[ "$(jq -r '.maps[0].counters[] | "\(.name) \(.bytes / .packets)"' "$TMP/sums" | sort -u)" = '7 2' ]
}
feature 'counters of all CPUs added up in the kernel' 'stat' added_up
packets() {
	[ "$("$WEIR" test "$BUILD/bpf/legacy/count.o" prog count_xdp in "$ROOT/tests/packets/count.txt" | grep -c XDP_PASS)" -gt 3 ]
}
feature 'weir test' 'test' packets

# ---- other owners --------------------------------------------------------------------

xdp_link() {
	mkdir "$BPFFS/features" && bpftool prog loadall "$PROGS/attach_others.o" "$BPFFS/features/all" &&
		ns "$A" "$BUILD/tests/tool_attach" xdp-link v0 "$BPFFS/features/all/xdp_dispatcher" "$BPFFS/features/link" || return
	weir show dev v0
	weir -j show dev v0 | jq -e '.[0].link_id > 0' >/dev/null
}
feature 'links of others at XDP' 'xdp' xdp_link

dispatcher() {
	ns "$A" xdp-loader load -m skb v0 "$PROGS/attach_others.o" -s xdp >/dev/null || return
	weir -j show dev v0 | jq -e '.[0].prog.name == "xdp_dispatcher"' >/dev/null || return
	weir -j show dev v0 | jq -e '.[0].prog.components | length == 1' >/dev/null ||
		{ weir show dev v0 >&2; CELL='without components'; }
}
if have xdp-loader && kernel_has tracing; then
	feature 'dispatchers of libxdp' 'xdp' dispatcher
else
	# Programs in place of others' functions are refused here: nobody has a dispatcher.
	feature 'dispatchers of libxdp' 'freplace' sh -c 'echo no freplace >&2; false'
fi

# ---- the card ------------------------------------------------------------------------

# on_card WORDS...: a program that is made for the card, and attached by these words.
on_card() {
	if [ ! -w /sys/bus/netdevsim/new_device ]; then
		echo 'no netdevsim' >&2
		return 1
	fi
	ns "$B" sh -c 'echo "9 1" >/sys/bus/netdevsim/new_device' || return
	local dev bad
	dev=$(ip -n "$B" -br link show | awk '$1 !~ /^(lo|[vj]1@.*)$/ { print $1 }')
	ns "$B" ethtool -K "$dev" hw-tc-offload on
	"$WEIR" -n "$B" attach dev "$dev" "$@" obj "$PROGS/offload.o" &&
		"$WEIR" -n "$B" -j show dev "$dev" | jq -e '.[0] | .mode == "offload" or .in_hw' >/dev/null
	bad=$?
	# its own program is known by BTF, which Linux 5.10 does not keep for a card
	if [ "$bad" = 0 ] && ! "$WEIR" -n "$B" attach dev "$dev" "$@" obj "$PROGS/offload.o"; then
		"$WEIR" -n "$B" attach dev "$dev" "$@" force obj "$PROGS/offload.o"
		bad=$?
		CELL='replaced by force'
	fi
	echo 9 >/sys/bus/netdevsim/del_device
	return "$bad"
}
feature 'XDP on the card (netdevsim)' 'no netdevsim' on_card xdp offload
feature 'tc on the card (netdevsim)' 'no netdevsim' on_card ingress skip_sw

# ---- maps ----------------------------------------------------------------------------

# batches TYPE [KEY]: a thousand entries of such a map are read by few calls, or by many.
batches() {
	local type=$1 key=${2:-u32} max=1000
	# which makes room in time
	[ "$type" = lru_hash ] && max=8000
	mkdir "$BPFFS/features"
	"$WEIR" map create "$BPFFS/features/m" type "$type" key "$key" value u32 max "$max" || return
	for ((n = 0; n < 1000; n++)); do
		case $type in
		lpm_trie) echo "10.0.$((n / 250)).$((n % 250))/32 7" ;;
		*) echo "$n 7" ;;
		esac
	done >"$TMP/entries"
	"$WEIR" -q map import "$BPFFS/features/m" "$TMP/entries" || return
	strace -f -e trace=bpf -o "$TMP/trace" "$WEIR" map dump "$BPFFS/features/m" >"$TMP/dump" || return
	# of all CPUs together, where there is a value for each
	awk '$2 == 0 || $2 % 7 { exit 1 } END { exit NR != 1000 }' "$TMP/dump" || return
	[ "$(grep -c 'BPF_MAP_LOOKUP_ELEM' "$TMP/trace")" -lt 1000 ] || CELL='one by one'
}
for type in hash lru_hash percpu_hash array percpu_array; do
	feature "$type in batches" 'batch' batches "$type"
done
feature 'lpm_trie in batches' 'batch' batches lpm_trie 'prefix ipv4'

create() {
	mkdir "$BPFFS/features"
	"$WEIR" map create "$BPFFS/features/m" "$@"
}
events() {
	create type ringbuf max 4096
}
feature 'ring buffers' 'Linux 5.8' events
bloom() {
	create type bloom_filter value u32 max 100 && "$WEIR" map push "$BPFFS/features/m" 7
}
feature 'bloom filters' 'need Linux 5.16' bloom
user_events() {
	create type user_ringbuf max 4096
}
feature 'user ring buffers' 'need Linux 6.1' user_events
arena() {
	create type arena max 10 flags mmapable
}
feature 'arenas' 'need Linux 6.9' arena

# Of floating point the kernel's BTF knows since 5.13; without, its tools see bytes.
floats() {
	create type hash key u32 value '{float a; double b}' max 10 || return
	"$WEIR" map set "$BPFFS/features/m" 1 a=1.5,b=2.5 || { CELL=bytes; return 0; }
	[ "$("$WEIR" map get "$BPFFS/features/m" 1)" = '1 a=1.5,b=2.5' ]
}
feature 'BTF: floating point' 'BTF' floats
# ---- README's table --------------------------------------------------------------------

table() {
	sed -n '/^<!-- support:/,/^<!-- end of support/p' "$ROOT/README.md" | grep '^|'
}
# column N: "FEATURE: CELL" for the Nth kernel of the table; without N: the features.
column() {
	table | tail -n +3 | awk -F ' *[|] *' -v n="$1" '{ print n ? $2 ": " $(n + 2) : $2 }'
}
mapfile -t KERNELS < <(table | head -n 1 | tr '|' '\n' | grep -o '[0-9][0-9.]*.*[^ ]')
is "$(column)" "$(printf %s "$ROWS" | sed 's/: [^:]*$//')" "README's table has these features; make support writes it"
is "$(table | tr -cd '|\n' | sort -u | wc -l)" 1 \
	'as many columns in each row'
here=$(bash "$ROOT/selftests/vm/table.sh" name "$(uname -r)")
for ((n = 0; n < ${#KERNELS[@]}; n++)); do
	if [ "${KERNELS[n]}" = "$here" ]; then
		is "$(column $((n + 1)))" "${ROWS%$'\n'}" "and says of $here what is so"
	fi
done

done_testing
