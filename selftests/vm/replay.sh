#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# replay.sh NAME.tap: says again what a suite has said in a guest, for prove: its TAP, its
# diagnostics, and its exit status.
name=${1%.tap}
cat "$1"
if [ ! -f "$name.end" ]; then
	echo "# $name has not come to its end: the guest came to its own before" >&2
	exit 255
fi
# lib.sh repeats on standard error what fails; the rest of it is of use only then.
read -r code _ <"$name.end"
[ "$code" = 0 ] || cat "$name.err" >&2
exit "$code"
