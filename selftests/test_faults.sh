#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Load and attach with every allocation and every system call failing once, and
# killed at every call: afterwards the machine is as before, or done, and the
# same command completes the work.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

netns_add left right
veth_pair "$left" fault0 "$right" fault1

# What a failed command may not change: pins, XDP, qdiscs, filters.
machine_state() {
	find "$BPFFS" -mindepth 1 | sort
	ns "$left" ip -o link show dev fault0 | grep -o 'xdp[^ ]*\|prog/xdp.*'
	ns "$left" tc qdisc show dev fault0
	ns "$left" tc filter show dev fault0 ingress
}

ATTACH_BY=$WEIR
# For the same without things that every load makes anew (ids, tags).
reset() {
	ns "$left" "$WEIR" -q detach dev fault0 force >/dev/null 2>&1
	# where symlink() failed, MNT/xdp is a bind mount of MNT/tc
	umount "$BPFFS/xdp" "$BPFFS/ip" 2>/dev/null
	find "$BPFFS" -mindepth 1 -delete 2>/dev/null
}

attach() {
	ns "$left" "$@" "$ATTACH_BY" attach dev fault0 "${hook[@]}" obj "$BUILD/bpf/legacy/count.o"
}

# ---- the nth allocation ----------------------------------------------------------

# A static executable takes no LD_PRELOAD.
fail_allocations() {
	local n bad=0 before ATTACH_BY=$BUILD/weir-shared
	reset
	before=$(machine_state)
	for ((n = 1; n < 5000; n += SCALE)); do
		rm -f "$TMP/mark"
		run attach env "LD_PRELOAD=$BUILD/tests/fault.so" "WEIR_FAIL_ALLOC=$n" \
			"WEIR_FAULT_MARK=$TMP/mark"
		[ -e "$TMP/mark" ] || break
		if [ "$status" = 0 ]; then
			reset # survived without that memory
		elif [ "$status" != 1 ] || [ -z "$err" ]; then
			note "allocation $n: status $status, stderr: $err"
			bad=1
		elif [ "$(machine_state)" != "$before" ]; then
			note "allocation $n left: $(diff <(echo "$before") <(machine_state))"
			bad=1
			reset
		fi
	done
	verdict $bad "attach ${hook[*]}: $FAULT_EACH of $((n - SCALE)) allocations may fail"
	is "$status" 0 "attach ${hook[*]}: then a run without a fault attaches"
	reset
}

# ---- the nth system call ------------------------------------------------------------

# Calls that decide about success; others (mmap, close, ...) are libc's.
CALLS='bpf openat mkdir sendto recvmsg socket newfstatat statfs symlink mount getsockname setsockopt ioctl fcntl'

fail_calls() {
	local call n bad=0 total=0 before
	reset
	before=$(machine_state)
	for call in $CALLS; do
		for ((n = 1; n < 400; n += SCALE)); do
			run attach strace -f -qqq -o "$TMP/trace" -e "trace=$call" \
				-e "inject=$call:error=EPERM:when=$n"
			grep -q INJECTED "$TMP/trace" || break
			total=$((total + 1))
			if [ "$status" = 0 ]; then
				reset
			elif [ "$status" = 127 ]; then
				: # the dynamic linker's own call
			elif [ "$status" != 1 ] || [ -z "$err" ]; then
				note "$call $n: status $status, stderr: $err"
				bad=1
				reset
			elif [ "$(machine_state)" != "$before" ]; then
				note "$call $n ($(tail -n 1 "$TMP/err")) left: $(diff <(echo "$before") <(machine_state))"
				bad=1
				reset
			fi
		done
		reset
	done
	verdict $bad "attach ${hook[*]}: $FAULT_EACH of $((total * SCALE)) system calls may fail"
	[ $((total * SCALE)) -gt 20 ]
	verdict $? "attach ${hook[*]}: system calls were failed at all ($total)"
}

# ---- killed between two steps ----------------------------------------------------------

kill_at_calls() {
	local call n bad=0 total=0
	for call in bpf sendto mkdir; do
		for ((n = 1; n < 400; n += SCALE)); do
			reset
			run attach strace -f -qqq -o "$TMP/trace" -e "trace=$call" \
				-e "inject=$call:signal=SIGKILL:when=$n"
			[ "$status" = 137 ] || break
			total=$((total + 1))
			run attach
			if [ "$status" != 0 ]; then
				note "killed at $call $n, then: status $status: $err"
				bad=1
			fi
			[ "$(ns "$left" "$WEIR" -j show dev fault0 | jq length)" = 1 ] || {
				note "killed at $call $n: not exactly one program: $(ns "$left" "$WEIR" show dev fault0)"
				bad=1
			}
		done
	done
	verdict $bad "attach ${hook[*]}: killed at $FAULT_EACH of $((total * SCALE)) calls, the next run completes"
	[ $((total * SCALE)) -gt 10 ]
	verdict $? "attach ${hook[*]}: it was killed at all ($total)"
	reset
}

for words in "xdp generic" ingress "egress tcx"; do
	read -ra hook <<<"$words"
	fail_allocations
	fail_calls
	kill_at_calls
done

# Between the kernel's list of filters and a look at one's program somebody may have
# replaced it: the list is read again. It was called a stranger's.
reset
hook=(ingress)
attach env
bad=0
for ((n = 1; n <= 40; n += SCALE)); do
	run attach strace -qq -o "$TMP/trace" -e inject=bpf:error=ENOENT:when=$n
	if [[ $err == *'not open to this user'* ]]; then
		note "bpf call $n answers ENOENT: $err"
		bad=1
	fi
done
verdict $bad 'a program that went away meanwhile is nobody else'
reset

done_testing
