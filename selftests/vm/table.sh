#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# table.sh README TAP...: writes the table of kernels and features into README, between
#                         its two marks, from what test_features.sh has said on each.
# table.sh name RELEASE:  the name of a kernel in the table: the series, where Debian
#                         built it; whoever built another left out what he liked.
set -euo pipefail
export LC_ALL=C

name_of() {
	local series
	series=$(grep -oE '^[0-9]+\.[0-9]+' <<<"$1")
	case $1 in
	*-amd64) echo "$series" ;;
	*) echo "$series, not Debian's" ;;
	esac
}
if [ "$1" = name ]; then
	name_of "$2"
	exit
fi

readme=$1
shift
# Oldest kernel first; a suite that ended early has no table.
taps=$(for tap; do
	grep -q '^1\.\.' "$tap" || {
		echo "vm/table: $tap: did not come to its end" >&2
		exit 1
	}
	echo "$(sed -n 's/^# kernel //p' "$tap") $tap"
done | sort -V | cut -d' ' -f2)
[ -n "$taps" ] || exit 1

row() {
	printf '| %s |\n' "$(printf '%s\n' "$@" | sed ':a;N;$!ba;s/\n/ | /g')"
}
table() {
	local tap names=('feature of weir, Linux') cells feature
	for tap in $taps; do
		names+=("$(name_of "$(sed -n 's/^# kernel //p' "$tap")")")
	done
	row "${names[@]}"
	row "${names[@]//*/---}"
	# shellcheck disable=SC2086 # words
	sed -n 's/^# feature \(.*\): [^:]*$/\1/p' $taps | awk '!seen[$0]++' | while IFS= read -r feature; do
		cells=()
		for tap in $taps; do
			cells+=("$(grep -F "# feature $feature: " "$tap" | sed 's/.*: //')")
		done
		row "$feature" "${cells[@]}"
	done
}

table >"$readme.table"
sed -i -e "/^<!-- support:/,/^<!-- end of support/{/^<!--/!d}" -e "/^<!-- support:/r $readme.table" "$readme"
rm "$readme.table"
