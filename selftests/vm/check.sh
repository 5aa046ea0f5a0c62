#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# check.sh KERNEL...: the selftests in virtual machines of Debian's kernels (kernel.sh
# has their names), two at a time; `make vmcheck` runs it.
#
# Given:  BUILD      the build directory, which the guests see read-only
#         SUITES     test_attach vm/test_links@6.1 ...: files below selftests/ without .sh,
#                    behind the @ the only kernel that is to run it
#         VM_CACHE   where kernels are kept
# Leaves  BUILD/vm/KERNEL/: of each suite NAME.tap, NAME.err and NAME.end (exit status
#         and seconds), of the guest its console and dmesg.
#
# Per kernel prove replays what the suites said: failing tests with their diagnostics and
# one summary. Exit status: 0 when no test of any kernel failed, and of several kernels none
# was skipped on all.
set -uo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$here/../.." && pwd)
BUILD=$(realpath -m "${BUILD:-$ROOT/build}")
VM_CACHE=$(realpath -m "${VM_CACHE:-${XDG_CACHE_HOME:-${HOME:-$BUILD}/.cache}/weir/vm}")
JOBS=${VM_JOBS:-2}

if [ $# = 0 ] || [ -z "${SUITES:-}" ]; then
	echo 'vm/check: no kernel, or no SUITES' >&2
	exit 2
fi
for suite in $SUITES; do
	if [ ! -f "$ROOT/selftests/${suite%@*}.sh" ]; then
		echo "vm/check: SUITES: no selftests/${suite%@*}.sh" >&2
		exit 2
	fi
done

# What the guest's own /tmp and /run would hide.
for tree in "$ROOT" "$BUILD"; do
	case $tree in
	/tmp/* | /run/*) VM_TREES="${VM_TREES:-} $tree" ;;
	esac
done
export VM_TREES="${VM_TREES:-}"

# suites_of KERNEL: those that it runs
suites_of() {
	local suite
	for suite in $SUITES; do
		[[ $suite == *@* && $suite != *"@$1" ]] || echo "${suite%@*}"
	done
}

# guest KERNEL: fetches it, boots it and waits; a line for each suite that has ended.
guest() {
	local kernel=$1 share=$BUILD/vm/$1 suite runner suites
	suites=$(suites_of "$1")
	rm -rf "$share"
	for suite in $suites; do
		mkdir -p "$(dirname "$share/$suite")"
		: >"$share/$suite.tap"
	done
	: >"$share/log"
	bash "$here/kernel.sh" "$kernel" "$VM_CACHE" || return
	cp "$VM_CACHE/$kernel/release" "$share/"
	printf 'export BUILD=%q\nexec bash %q %s\n' "$BUILD" "$here/suites.sh" "${suites//$'\n'/ }" >"$share/guest.sh"
	bash "$here/run.sh" "$VM_CACHE/$kernel" "$share" &
	runner=$!
	tail -n +1 -s 1 -f --pid=$runner "$share/log" | sed -u "s/^/  VM      $kernel: /"
	wait $runner
}

# machine SHARE: TAP about the guest itself.
machine() {
	local bad=0
	echo 1..2
	if [ -s "$1/status" ]; then
		echo 'ok 1 - the guest has come to its end'
	else
		bad=1
		echo 'not ok 1 - the guest has come to its end'
		tail -n 20 "$1/console" 2>/dev/null | tr -d '\r' | sed 's/^/# /' | tee /dev/stderr
	fi
	if [ ! -s "$1/complaints" ]; then
		echo 'ok 2 - its kernel had no complaint'
	else
		bad=1
		echo 'not ok 2 - its kernel had no complaint'
		sed 's/^/# /' "$1/complaints" | tee /dev/stderr
	fi
	return $bad
}

# told KERNEL: what its suites said, by prove.
told() {
	local share=$BUILD/vm/$1 suite taps=(machine.tap)
	for suite in $(suites_of "$1"); do
		taps+=("$suite.tap")
	done
	if [ ! -f "$share/release" ]; then
		printf '\nLinux %s: nothing has run\n' "$1"
		return 1
	fi
	machine "$share" >"$share/machine.tap" 2>"$share/machine.err"
	echo "$? 0" >"$share/machine.end"
	printf '\nLinux %s, in %s\n' "$(cat "$share/release")" "$share"
	(cd "$share" && prove --exec "bash $here/replay.sh" "${taps[@]}")
}

running=0
for kernel; do
	if [ "$running" -ge "$JOBS" ]; then
		wait -n
		running=$((running - 1))
	fi
	guest "$kernel" &
	running=$((running + 1))
done
wait
failed=0
for kernel; do
	told "$kernel" || failed=1
done
if [ $# -gt 1 ]; then
	bash "$here/skipped.sh" "${@/#/$BUILD/vm/}" || failed=1
fi
exit $failed
