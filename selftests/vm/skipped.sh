#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# skipped.sh DIR...: what was skipped on every kernel that ran it, for the same reason: a test
# that nothing runs. DIR has a kernel's NAME.tap. A line each; exit status 1 when there are any.
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

# skips_too DIR: of the lines, those that DIR skips as well, or whose suite it did not run
skips_too() {
	local line here
	here=$(reasons "$1")
	while IFS= read -r line; do
		[ -s "$1/${line%%:*}.tap" ] && ! grep -qxF -- "$line" <<<"$here" || echo "$line"
	done
}

everywhere=$(for dir; do reasons "$dir"; done | sort -u)
for dir; do
	everywhere=$(skips_too "$dir" <<<"$everywhere" | grep .)
done
[ -n "$everywhere" ] || exit 0
while IFS= read -r test; do
	echo "skipped on every kernel: $test"
done <<<"$everywhere"
exit 1
