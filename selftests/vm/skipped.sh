#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# skipped.sh DIR...: what was skipped on every kernel, for the same reason: a test that
# nothing runs. DIR has a kernel's NAME.tap. A line each; exit status 1 when there are any.
set -uo pipefail
export LC_ALL=C

# reasons DIR: "SUITE: REASON" of its skips
reasons() {
	(
		cd "$1" || exit
		find . -name '*.tap' -size +0 | while IFS= read -r tap; do
			sed -n "s,^ok .*# SKIP ,${tap:2:-4}: ,p" "$tap"
		done | sort -u
	)
}

everywhere=$(reasons "$1")
for dir in "${@:2}"; do
	everywhere=$(comm -12 <(echo "$everywhere") <(reasons "$dir"))
done
[ -n "$everywhere" ] || exit 0
while IFS= read -r test; do
	echo "skipped on every kernel: $test"
done <<<"$everywhere"
exit 1
