#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a line of tc or ip costs in system calls, and that what is not asked of the
# kernel is asked when the answer is not known.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

netns_add A
ip -n "$A" link add v0 type veth peer name v1
ns "$A" tc qdisc add dev v0 clsact
SMALL=$PROGS/bench_small.o

# calls WORDS...: how many calls, into $n; the lines in $TMP/trace.
calls() {
	run ns "$A" strace -f -q -o "$TMP/trace" "$@"
	n=$(grep -vc '+++' "$TMP/trace")
}
at_most() {
	[ "$status" = 0 ] && [ "$n" -gt 10 ] && [ "$n" -le "$1" ]
	verdict $? "$2: at most $1 system calls ($n)" "status $status: $err"
}
calls "$WEIR" tc filter add dev v0 ingress bpf da obj "$SMALL"
at_most 80 'tc filter add'
calls "$WEIR" ip link set dev v0 xdp obj "$SMALL" sec xdp
at_most 80 'ip link set xdp'
ns "$A" ip link set dev v0 xdp off
calls "$WEIR" tc filter show dev v0 ingress
at_most 80 'tc filter show'
ns "$A" tc filter del dev v0 ingress

# ---- questions -----------------------------------------------------------------------

# asked: programs and BTF that were loaded
asked() {
	grep -cE 'BPF_(PROG|BTF)_LOAD' "$TMP/trace"
}
is_static() {
	! readelf -d "$WEIR" | grep -q NEEDED
}
if skip_unless is_static 'libc or libbpf has no archive' 4; then
	calls "$WEIR" tc filter add dev v0 ingress bpf da obj "$SMALL"
	if skip_unless 'kernel_has enum64' 'libbpf need not ask where BTF has enums of 64 bits (Linux 6.0)'; then
		is "$(asked)" 3 'one question, the BTF, the program'
	fi
	# Without BTF_KIND_ENUM64 (before Linux 6.0) libbpf asks all of its own.
	run ns "$A" strace -f -q -o "$TMP/trace" -e trace=bpf -e inject=bpf:error=EINVAL:when=1 \
		"$WEIR" tc filter add dev v0 ingress bpf da obj "$SMALL"
	exits 0 'a kernel that does not have the newest'
	[ "$(asked)" -gt 8 ]
	verdict $? 'is asked for each' "$(cat "$TMP/trace")"
	is "$(ns "$A" tc -j filter show dev v0 ingress | jq '[.[] | select(.options)] | length')" 2 'and both programs are there'
fi

# ---- names of interfaces ----------------------------------------------------------------

# Short ones are asked for by ioctl, alternative ones and long ones by a message.
ip -n "$A" link property add dev v0 altname short-alt
ip -n "$A" link property add dev v0 altname an-alternative-name-of-34-characters
for name in v0 short-alt an-alternative-name-of-34-characters; do
	ok "by the name $name" ns "$A" "$WEIR" tc filter replace dev "$name" ingress pref 7 handle 1 bpf da obj "$SMALL"
done
for name in v0:1 v '' v00 an-alternative-name-of-34-character; do
	run ns "$A" "$WEIR" tc filter add dev "$name" ingress bpf da obj "$SMALL"
	exits 1 "no interface '$name'"
	like "$err" "^Cannot find device \"$name\"" 'is said'
done
done_testing
