#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The ground that every selftest stands on. A test begins with
#
#	# shellcheck source=selftests/lib.sh
#	. "$(dirname "$0")/lib.sh"
#
# and from then on runs in a mount namespace of its own: a fresh bpffs on
# /sys/fs/bpf and an empty /run, both private, so that nothing it makes is
# visible outside and all of it goes when the last process ends, however it ends.
# Network namespaces are made in that /run/netns.
#
# Given:  BUILD  the build directory (default: build beside this folder)
# Gives:  ROOT   the source tree          WEIR   the command under test
#         PROGS  compiled test objects    TMP    a private directory, in memory
#         BPFFS  the mounted bpffs
#
# Packets are exact: no ARP, no neighbour discovery, no duplicate address
# detection, no router solicitation, no multicast report ever leaves a veth
# made here, so that what is counted is what the test sent.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$(realpath -m "${BUILD:-$ROOT/build}")
WEIR=${WEIR:-$BUILD/weir}
PROGS=$BUILD/progs
BPFFS=/sys/fs/bpf
TMP=/run/weir-selftest
export ROOT BUILD WEIR PROGS BPFFS
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
unset TC_BPF_MNT

TAP_COUNT=0
TAP_FAILED=0
NETNS=()
PIDS=()
AT_EXIT=()
VETHS=0
# Of the last run: exit status, standard output, standard error.
status=0
out=
err=

# ---- TAP ---------------------------------------------------------------------

# note TEXT: lines of diagnostics.
note() {
	local line
	while IFS= read -r line; do
		printf '# %s\n' "$line"
	done <<<"$1"
}

# verdict 0|1 DESCRIPTION [DIAGNOSTICS]: one TAP line; returns the verdict.
verdict() {
	TAP_COUNT=$((TAP_COUNT + 1))
	# A '#' would begin a TAP directive.
	if [ "$1" = 0 ]; then
		printf 'ok %d - %s\n' "$TAP_COUNT" "${2//#/ }"
		return 0
	fi
	local text
	TAP_FAILED=$((TAP_FAILED + 1))
	text=$(
		printf 'not ok %d - %s\n' "$TAP_COUNT" "${2//#/ }"
		note "at ${BASH_SOURCE[2]##*/}:${BASH_LINENO[1]}"
		[ -z "${3-}" ] || note "$3"
	)
	printf '%s\n' "$text"
	printf '%s\n' "$text" >&2 # which prove shows
	return 1
}

# run COMMAND...: sets status, out and err; never ends the test.
run() {
	"$@" >"$TMP/out" 2>"$TMP/err" </dev/null
	status=$?
	out=$(tr -d '\0' <"$TMP/out")
	err=$(tr -d '\0' <"$TMP/err")
	return 0
}

# exits STATUS DESCRIPTION: about the last run.
exits() {
	local ok=0
	[ "$status" = "$1" ] || ok=1
	verdict $ok "$2" "exit status $status, wanted $1
stdout: $out
stderr: $err"
}

# ok DESCRIPTION COMMAND...: the command succeeds.
ok() {
	local what=$1 bad=0
	shift
	run "$@"
	[ "$status" = 0 ] || bad=1
	verdict $bad "$what" "exit status $status of: $*
stdout: $out
stderr: $err"
}

# fails DESCRIPTION COMMAND...: the command ends with a status that is neither
# 0 nor the shell's for a signal or a command that is not there.
fails() {
	local what=$1 bad=0
	shift
	run "$@"
	if [ "$status" = 0 ] || [ "$status" -ge 126 ]; then
		bad=1
	fi
	verdict $bad "$what" "exit status $status of: $*
stdout: $out
stderr: $err"
}

# is GOT WANT DESCRIPTION
is() {
	local bad=0
	[ "$1" = "$2" ] || bad=1
	verdict $bad "$3" "got:  $1
want: $2"
}

# like TEXT REGEX DESCRIPTION: extended regular expression, anywhere in TEXT.
like() {
	local bad=0
	[[ $1 =~ $2 ]] || bad=1
	verdict $bad "$3" "text:    $1
pattern: $2"
}

unlike() {
	local bad=0
	[[ $1 =~ $2 ]] && bad=1
	verdict $bad "$3" "text: $1
must not match: $2"
}

# skip_unless PROBE REASON [COUNT]: true when PROBE, words of a command, succeeds; else
# COUNT (1) tests are reported as skipped for REASON. WEIR_NO_SKIP=1 makes a
# skip a failure: for machines that are known to have everything.
#	if skip_unless 'kernel_has tcx' 'tcx needs Linux 6.6' 3; then ... fi
skip_unless() {
	local n
	if $1 >/dev/null 2>&1 </dev/null; then
		return 0
	fi
	for ((n = 0; n < ${3:-1}; n++)); do
		if [ "${WEIR_NO_SKIP:-0}" = 1 ]; then
			verdict 1 "$2" 'skipped, and WEIR_NO_SKIP=1'
		else
			TAP_COUNT=$((TAP_COUNT + 1))
			printf 'ok %d # SKIP %s\n' "$TAP_COUNT" "$2"
		fi
	done
	return 1
}

# done_testing: the plan; the exit status of the test.
done_testing() {
	printf '1..%d\n' "$TAP_COUNT"
	[ "$TAP_FAILED" = 0 ]
	exit
}

# ---- processes -----------------------------------------------------------------

# background [ns NETNS] PROGRAM...: started; its id is in $bg. Ended at the exit,
# and by the kernel when the test is killed.
background() {
	local run_in=()
	if [ "$1" = ns ]; then
		run_in=(nsenter --net="/run/netns/$2")
		shift 2
	fi
	setpriv --pdeathsig KILL -- "${run_in[@]}" "$@" &
	bg=$!
	PIDS+=("$bg")
}

# stop PID [SIGNAL]: ends a background process, and waits for it.
stop() {
	kill -"${2:-TERM}" "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# on_exit COMMAND...: run at the end of the test, last added first.
on_exit() {
	AT_EXIT+=("$(printf '%q ' "$@")")
}

# wait_for SECONDS COMMAND...: true as soon as COMMAND is.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

cleanup() {
	local code=$? n
	trap - EXIT INT TERM HUP
	for ((n = ${#AT_EXIT[@]} - 1; n >= 0; n--)); do
		eval "${AT_EXIT[n]}" >/dev/null 2>&1
	done
	for n in "${PIDS[@]}"; do
		kill "$n" 2>/dev/null
	done
	for n in "${NETNS[@]}"; do
		# Whoever still runs in a namespace that only we know is ours.
		ip netns pids "$n" 2>/dev/null | xargs -r kill -KILL 2>/dev/null
		ip netns del "$n" 2>/dev/null
	done
	wait 2>/dev/null
	exit "$code"
}

# ---- network namespaces and links ------------------------------------------------

# netns_add VARIABLE...: a new network namespace each; its name in VARIABLE.
netns_add() {
	local var name
	for var; do
		name=wx-$$-${#NETNS[@]}
		NETNS+=("$name")
		ip netns add "$name" || return
		# Interfaces inherit these when they are made.
		# shellcheck disable=SC2016 # the inner shell expands
		nsenter --net="/run/netns/$name" bash -c '
			cd /proc/sys/net || exit 1
			for f in all default; do
				echo 0 >ipv6/conf/$f/disable_ipv6
				echo 0 >ipv6/conf/$f/accept_dad
				echo 0 >ipv6/conf/$f/dad_transmits
				echo 0 >ipv6/conf/$f/accept_ra
				echo 0 >ipv6/conf/$f/router_solicitations
				echo 0 >ipv4/conf/$f/rp_filter
			done
			echo 1 >ipv6/conf/default/addr_gen_mode
			echo 0 >ipv4/ping_group_range
		' 2>/dev/null
		ip -n "$name" link set lo up
		printf -v "$var" %s "$name"
	done
}

# ns NETNS COMMAND...: runs in the network namespace, with our mounts: unlike
# `ip netns exec`, which mounts a new /sys and so loses the bpffs and its pins.
ns() {
	local name=$1
	shift
	nsenter --net="/run/netns/$name" "$@"
}

# veth_pair NS_A DEV_A NS_B DEV_B [MTU]: a link, up at both ends. The nth pair of
# the test has 10.99.n.1/24 and fd99:n::1/64 at A, .2 and ::2 at B.
# IFF_NOARP and fixed neighbours keep resolution and multicast groups (and so
# their reports) away.
veth_pair() {
	local ns_a=$1 dev_a=$2 ns_b=$3 dev_b=$4 mtu=${5:-1500} mac_a mac_b n
	VETHS=$((VETHS + 1))
	n=$VETHS
	ip -n "$ns_a" link add "$dev_a" mtu "$mtu" type veth peer name "$dev_b" mtu "$mtu" \
		netns "$ns_b" || return
	mac_a=$(veth_mac "$ns_a" "$dev_a")
	mac_b=$(veth_mac "$ns_b" "$dev_b")
	veth_end "$ns_a" "$dev_a" "$n" 1 2 "$mac_b" && veth_end "$ns_b" "$dev_b" "$n" 2 1 "$mac_a"
}

# takes_xdp NETNS DEV: a veth takes what XDP sends to its other end; before Linux 6.3 only beside
# a program, as far as can be told.
takes_xdp() {
	ns "$1" ethtool -K "$2" gro on tx off >/dev/null
	kernel_has xdp-features || "$WEIR" -n "$1" -q attach dev "$2" xdp native obj "$BUILD/bpf/count.o" prog count_xdp
}

# veth_mac NETNS DEV: its Ethernet address.
veth_mac() {
	ip -n "$1" -br link show dev "$2" | awk '{ print $3 }'
}

veth_end() {
	local name=$1 dev=$2 n=$3 self=$4 peer=$5 mac=$6
	ip -n "$name" link set dev "$dev" arp off up &&
		ip -n "$name" addr add "10.99.$n.$self/24" dev "$dev" &&
		ip -n "$name" addr add "fd99:$n::$self/64" dev "$dev" nodad &&
		ip -n "$name" neigh replace "10.99.$n.$peer" lladdr "$mac" dev "$dev" nud permanent &&
		ip -n "$name" neigh replace "fd99:$n::$peer" lladdr "$mac" dev "$dev" nud permanent
}

# ---- packets -------------------------------------------------------------------

# send NETNS DEV KIND COUNT [WORD VALUE]...: COUNT frames of KIND leave DEV;
# prints "sent PACKETS BYTES", the sender's own count. Kinds and words:
# tests/tool_send.c, `$BUILD/tests/tool_send list`.
send() {
	local name=$1
	shift
	ns "$name" "$BUILD/tests/tool_send" "$@"
}

# ---- probes ----------------------------------------------------------------------

have() {
	command -v "$1" >/dev/null 2>&1
}

# Where a guest is emulated there is a fifth of what takes long.
SCALE=1 FAULT_EACH=each
if [ "${WEIR_EMULATED:-0}" = 1 ]; then
	# shellcheck disable=SC2034 # of the tests
	SCALE=5 FAULT_EACH='each fifth'
fi

# scaled N: of what natively is N, a model's frames or a map's entries.
scaled() {
	echo $(($1 / SCALE))
}

# kernel_has THING: the kernel answers that it has it; THINGs: tests/tool_kernel.c.
kernel_has() {
	"$BUILD/tests/tool_kernel" "$1"
}

# ---- entry -----------------------------------------------------------------------

if [ "$(id -u)" != 0 ]; then
	printf 'not ok 1 - needs root: namespaces, bpffs and BPF programs\n1..1\n'
	exit 1
fi
# exec keeps the process id: a test that is started by another test sees a
# foreign one and gets a namespace of its own.
if [ "${WEIR_SELFTEST_PID:-}" != $$ ]; then
	export WEIR_SELFTEST_PID=$$
	exec unshare --mount --propagation private -- bash "$0" "$@"
fi

mount -t tmpfs -o mode=755 tmpfs /run || {
	printf 'not ok 1 - mounts a tmpfs at /run\n1..1\n'
	exit 1
}
mkdir /run/netns "$TMP"
# those of the machine are not ours to use
while umount -a -t bpf 2>/dev/null && grep -q ' - bpf ' /proc/self/mountinfo; do :; done
mount -t bpf -o mode=700 bpf "$BPFFS" || {
	printf 'not ok 1 - mounts a bpffs at %s\n1..1\n' "$BPFFS"
	exit 1
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
