#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each line of selftests/twin/*.txt, by stock tc or ip and by weir, asks the same of
# the kernel: the same requests, byte for byte, in the same order.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/requests.sh
. "$ROOT/selftests/requests.sh"
# shellcheck source=selftests/twin/sides.sh
. "$ROOT/selftests/twin/sides.sh"

# RTM_NEW, DEL and GET of qdisc 24-26, filter 2c-2e and action 30-32; changes of
# links 10 and 13, routes 18 and 19, next hops 68.
TYPES='10|13|18|19|2[4-6]|2[c-e]|3[0-2]|68'

# requests SIDE COMMAND...: what it asks.
requests() {
	local side=$1
	shift
	rm -f "$TMP/trace"
	enter "$side" timeout 20 strace "${STRACE[@]}" -o "$TMP/trace" "$@" >/dev/null 2>&1 </dev/null
	trace_of "$TMP/trace" "$TYPES"
}

# row MARK NAME LINE. A line that differs on purpose is test_twin.sh's matter.
row() {
	local line=$3 stock weir
	stock=$(requests "$A" "${WORDS[@]}")
	weir=$(requests "$B" "$WEIR" "${WORDS[@]}")
	SENT=$((SENT + $(grep -c . <<<"$stock")))
	[ -z "$2" ] || return 0
	# Before a filter goes to egress weir asks what qdisc is there.
	case $line in
	*' egress '* | *'ffff:fff3 '*) weir=$(sed -e '1{/^.\{8\}26/d}' <<<"$weir") ;;
	esac
	is "$weir" "$stock" "$line"
}

SENT=0
for TABLE in "$ROOT"/selftests/twin/*.txt; do
	rows row
done
[ "$SENT" -gt 230 ]
verdict $? "stock was seen to ask: $SENT requests"
done_testing
