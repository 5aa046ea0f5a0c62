#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# One process, thousands of loads: no fd, no memory, no program stays behind.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

LINES=${LINES_OF_BATCH:-3000}
netns_add A
veth_pair "$A" v0 "$A" v1
tc -n "$A" qdisc add dev v0 clsact

# Objects, bytecode and a wrong line by turns; a mark in the middle and at the end.
for ((i = 0; i < LINES / 3; i++)); do
	echo "filter replace dev v0 ingress pref 1 handle 1 bpf da obj $BUILD/bpf/legacy/count.o"
	echo "filter add dev v0 egress pref 7 bpf obj $PROGS/bench_small.o da"
	echo "filter del dev v0 egress pref 7"
done >"$TMP/lines"

sample() {
	awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
	find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l
}
programs() {
	bpftool -j prog show | jq length
}

before=$(programs)
mkfifo "$TMP/pipe"
# shellcheck disable=SC2016 # the inner shell expands
background ns "$A" bash -c 'ulimit -n 32; exec "$@" <"$0"' "$TMP/pipe" "$WEIR" tc -batch -
pid=$bg
exec 9>"$TMP/pipe"
head -n 300 "$TMP/lines" >&9
# The process is through when its last filter is the one that the lines end with.
settle() {
	local last=
	for _ in $(seq 300); do
		now=$(grep -s ctxt "/proc/$1/status")
		[ "$now" = "$last" ] && return
		last=$now
		sleep 0.2
	done
}
settle "$pid"
mapfile -t early < <(sample "$pid")
tail -n +301 "$TMP/lines" >&9
settle "$pid"
mapfile -t late < <(sample "$pid")
exec 9>&-
wait "$pid"
is $? 0 "$LINES lines with 32 fds allowed: status"
note "RSS ${early[0]} kB after 300 lines, ${late[0]} kB after $LINES; fds ${early[1]}, ${late[1]}"
is "${late[1]}" "${early[1]}" 'as many fds at the end as at the beginning'
[ "${late[0]}" -le $((early[0] + 512)) ]
verdict $? 'and as much memory' "${early[0]} kB, ${late[0]} kB"
ns "$A" tc filter del dev v0 ingress
gone() {
	[ "$(programs)" -le "$before" ]
}
ok 'programs go with their filters' wait_for 10 gone
done_testing
