#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Changes of whole maps with every allocation and every system call failing once, and killed
# at every call that changes something: afterwards the maps are as before, or done, and
# the same command completes the work.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

PINS=$BPFFS/tc/globals
mkdir -p "$PINS" "$TMP/files"
printf '10.0.0.%d/32 %d\n' 1 10 2 20 7 70 8 80 >"$TMP/files/wanted"
printf '%d %d\n' 1 10 2 20 7 70 8 80 >"$TMP/files/numbers"
printf '%d packets=%d\n' 1 10 2 20 7 70 8 80 >"$TMP/files/counts"

# What there is: the tests' maps anew.
reset() {
	find "$BPFFS/tc" -type f -delete
	rm -rf "$TMP/kept"
	"$WEIR" map create f_lpm type lpm_trie key 'prefix ipv4' value u32 max 20
	"$WEIR" map create f_hash type hash key u32 value '{u32 packets; u64 bytes}' max 4
	"$WEIR" map create f_cpus type percpu_hash key u32 value u64 max 20
	"$WEIR" map create f_outer type array_of_maps key u32 max 2 inner f_hash
	"$WEIR" map set f_outer 0 pinned "$PINS/f_hash"
	printf '10.0.0.%d/32 %d\n' 1 1 2 20 3 30 | "$WEIR" -q map import f_lpm -
	printf '%d %d\n' 1 1 2 20 3 30 | "$WEIR" -q map import f_cpus -
	printf '%d packets=%d\n' 1 1 2 20 3 30 | "$WEIR" -q map import f_hash -
}
# What the command at hand may have changed, and nothing besides.
state() {
	find "$BPFFS" -mindepth 1 -type f | sort
	for map in f_lpm f_hash f_cpus; do
		"$WEIR" map dump "$map" percpu | sort
	done
	[ "$(bpftool -j map dump pinned "$PINS/f_outer" | jq -c '.[0].inner_map_id // .[0].value')" != "$inner" ]
	echo "inner map: $?, copies: $(find "$TMP/kept" -type f 2>/dev/null | wc -l)"
}
begin() {
	reset
	inner=$(bpftool -j map dump pinned "$PINS/f_outer" | jq -c '.[0].inner_map_id // .[0].value')
}

# judge FAULT: after a failed run the state is the one before, after another one the one wanted.
judge() {
	local now
	now=$(state)
	if [ "$status" = 0 ] && [ "$now" = "$after" ]; then
		:
	elif [ "$status" = 1 ] && [ -n "$err" ] && [ "$now" = "$before" ]; then
		return
	else
		note "$1: status $status, stderr: $err; $(diff <([ "$status" = 0 ] && echo "$after" || echo "$before") <(echo "$now"))"
		bad=1
	fi
	begin
}

fail_allocations() {
	local n bad=0
	for ((n = 1; n < 3000; n += SCALE)); do
		rm -f "$TMP/mark"
		run env "LD_PRELOAD=$BUILD/tests/fault.so" "WEIR_FAIL_ALLOC=$n" "WEIR_FAULT_MARK=$TMP/mark" \
			"$BUILD/weir-shared" -q map "$@"
		[ -e "$TMP/mark" ] || break
		judge "allocation $n"
	done
	verdict $bad "$*: $FAULT_EACH of $((n - SCALE)) allocations may fail"
	begin
}

fail_calls() {
	local call n bad=0 total=0
	for call in bpf openat memfd_create write pread64 rename mkdir; do
		for ((n = 1; n < 300; n += SCALE)); do
			run strace -f -qqq -o "$TMP/trace" -e "trace=$call" -e "inject=$call:error=EPERM:when=$n" \
				"$WEIR" -q map "$@"
			grep -q INJECTED "$TMP/trace" || break
			total=$((total + 1))
			judge "$call $n"
		done
		begin
	done
	[ $((total * SCALE)) -gt 5 ] || bad=1
	verdict $bad "$*: $FAULT_EACH of $((total * SCALE)) system calls may fail"
}

kill_at_calls() {
	local call n bad=0 total=0
	for call in bpf rename; do
		for ((n = 1; n < 300; n += SCALE)); do
			run strace -f -qqq -o "$TMP/trace" -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$n" \
				"$WEIR" map "$@"
			[ "$status" = 137 ] || break
			total=$((total + 1))
			run "$WEIR" map "$@"
			if [ "$status" != 0 ] || [ "$(state)" != "$after" ]; then
				note "killed at $call $n, then status $status: $err $(diff <(echo "$after") <(state))"
				bad=1
			fi
			begin
		done
		begin
	done
	[ $((total * SCALE)) -gt 4 ] || bad=1
	verdict $bad "$*: killed at $FAULT_EACH of $((total * SCALE)) calls, the next run completes"
}

while read -ra words; do
	begin
	before=$(state)
	run "$WEIR" map "${words[@]}"
	is "$status" 0 "${words[*]}"
	after=$(state)
	[ "$before" != "$after" ]
	verdict $? "${words[*]}: changes something"
	begin
	fail_allocations "${words[@]}"
	fail_calls "${words[@]}"
	[ "${words[0]}" = snapshot ] || kill_at_calls "${words[@]}"
done <<LINES
import f_lpm $TMP/files/wanted
apply f_lpm $TMP/files/wanted
apply f_cpus $TMP/files/numbers
apply f_hash $TMP/files/counts
swap f_outer 0 $TMP/files/counts
clear f_cpus
snapshot $TMP/kept
migrate f_hash $PROGS/migrate_new.o as mig_hash
LINES

# ---- full in the middle --------------------------------------------------------------

begin
printf '%d packets=%d\n' 1 100 2 200 7 7 8 8 9 9 >"$TMP/files/much"
before=$(state)
run "$WEIR" map import f_hash "$TMP/files/much"
exits 1 'more entries than there is room for'
like "$err" 'f_hash: 8: the map is full; it has room for 4 entries' 'are refused'
is "$(state)" "$before" 'and what was written is taken back'

done_testing
