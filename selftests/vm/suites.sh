#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# suites.sh NAME...: in the guest, runs selftests/NAME.sh one after the other. Leaves in
# /tmp/share what check.sh tells of; one suite that hangs does not take the others along.
set -u

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
SHARE=/tmp/share
LIMIT=${VM_SUITE_LIMIT:-3600}

export WEIR_EMULATED=1

cd "$ROOT" || exit 1
failed=0
for name; do
	SECONDS=0
	timeout -k 5 "$LIMIT" bash "selftests/$name.sh" >"$SHARE/$name.tap" 2>"$SHARE/$name.err" </dev/null
	code=$?
	[ $code = 0 ] || failed=1
	took=$SECONDS
	echo "$code $took" >"$SHARE/$name.end"
	echo "$name $took s$([ $code = 0 ] || echo ", status $code")" >>"$SHARE/log"
	# What the kernel says of itself while a suite runs is that suite's matter.
	dmesg -c | grep -E 'WARNING:|BUG:|Oops|general protection|suspicious RCU' |
		sed "s,^,$name: ," >>"$SHARE/complaints"
done
exit $failed
