#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Stock tc and ip in one namespace, weir's in its twin: each line of
# selftests/twin/*.txt gives the same exit status, output and kernel state.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck source=selftests/twin/sides.sh
. "$ROOT/selftests/twin/sides.sh"
MAN=$ROOT/cli/weir.8

# Numbers of the running kernel, not of the program.
normal() {
	sed -E -e 's/\bid [0-9]+/id N/g' -e 's/"id": ?[0-9]+/"id":N/g' \
		-e 's/(load_time"?:?) ?[0-9]+/\1 N/g' -e 's/(btf_id"?:?) ?[0-9]+/\1 N/g' \
		-e 's/(xdp\/id:)[0-9]+/\1N/g' -e 's/(installed|used|firstused) [0-9]+ sec/\1 N sec/g' \
		-e 's/("(installed|last_used|first_used)":) ?[0-9]+/\1N/g' \
		-e 's/(lifetime|rcv|expires) [0-9]+/\1 N/g'
}

state() {
	# shellcheck disable=SC2016 # the inner shell expands
	enter "$1" bash -c 'for dev in v0 v1; do
		tc qdisc show dev $dev
		for hook in ingress egress root; do tc -d filter show dev $dev $hook; done
		tc chain show dev $dev ingress
		done
		for block in 5 6; do tc -d filter show block $block; done
		ip -d link show; ip route show; ip -6 route show
		# Folders that a failed load leaves behind are no state.
		cd /sys/fs/bpf && find . -type f | sort' 2>&1 | normal
}

# one SIDE HOW: runs WORDS; leaves SIDE.out, SIDE.err, SIDE.code.
one() {
	local side=$1 how=$2 run=()
	case $how in
	stock) run=("${WORDS[@]}") ;;
	weir) run=("$WEIR" "${WORDS[@]}") ;;
	shim) run=(env "PATH=$BUILD/shims:$PATH" "${WORDS[@]}") ;;
	esac
	# shellcheck disable=SC2016 # the inner shell expands
	enter "$side" timeout 20 bash -c 'cd "$1"; shift; exec "$@"' - "$TMP/twin" "${run[@]}" \
		>"$TMP/$side.out" 2>"$TMP/$side.err" </dev/null
	echo $? >"$TMP/$side.code"
	for f in out err; do
		normal <"$TMP/$side.$f" >"$TMP/$side.$f.n"
	done
}

# differences HOW KIND: what is not equal of the last pair; nothing when all is.
differences() {
	cmp -s "$TMP/$A.code" "$TMP/$B.code" ||
		echo "exit status: stock $(cat "$TMP/$A.code"), weir $(cat "$TMP/$B.code")"
	diff "$TMP/$A.out.n" "$TMP/$B.out.n" | sed 's/^/stdout: /'
	if [ "$1" = '+' ]; then
		diff "$TMP/$A.err.n" <(head -n "$(wc -l <"$TMP/$A.err.n")" "$TMP/$B.err.n") |
			sed 's/^/stderr: /'
	elif [ "$1" != '~' ]; then
		diff "$TMP/$A.err.n" "$TMP/$B.err.n" | sed 's/^/stderr: /'
	elif [ -s "$TMP/$A.err" ] && [ ! -s "$TMP/$B.err" ]; then
		echo 'stderr: weir says nothing'
	fi
	# What a refused load of stock's leaves pinned is no state to follow.
	[ "$(cat "$TMP/$A.code")" = 0 ] || enter "$A" rm -rf /sys/fs/bpf/tc /sys/fs/bpf/ip
	[ "$(cat "$TMP/$A.code")" = 0 ] || enter "$B" rm -rf /sys/fs/bpf/tc /sys/fs/bpf/ip
	if [ "$2" = changes ]; then
		diff <(state "$A") <(state "$B") | sed 's/^/state: /'
	fi
}

# Lines that only look leave no state to compare.
kind_of() {
	case $1 in
	*' show'* | *' list'* | *' ls'* | *' help'* | *' get'* | *' -V'*) echo looks ;;
	*) echo changes ;;
	esac
}

# row HOW MARK NAME LINE
row() {
	local how=$1 name=$3 line=$4 got
	one "$A" stock
	one "$B" "$how"
	got=$(differences "$2" "$(kind_of "$line")")
	if [ -n "$name" ]; then
		grep -q "^\\.It Sy $name\$" "$MAN"
		verdict $? "$how: $line: $name is in the manual"
		[ -n "$got" ]
		verdict $? "$how: $line: differs as said: $name"
	else
		[ -z "$got" ]
		verdict $? "$how: $line" "$got
weir: $(cat "$TMP/$B.err")"
	fi
}

# TWIN_HOW: only by `weir`, or only by the shims. An emulated guest has the time for one of both.
for how in ${TWIN_HOW:-weir $([ "$SCALE" != 1 ] || echo shim)}; do
	rows row "$how"
done
done_testing
