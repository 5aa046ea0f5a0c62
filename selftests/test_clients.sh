#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# weir serve among clients that take what there is: connections, time, memory. Others are
# served all the same.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

weir() {
	"$WEIR" "$@"
}
netns_add A
PORT=9777

# start: serves, and waits until it answers; the note is in $TMP/said
start() {
	background ns "$A" "$WEIR" -n "$A" serve 2>"$TMP/said"
	parent=$bg
	wait_for 5 grep -q 'serving on' "$TMP/said"
}
clients() {
	ns "$A" python3 "$ROOT/selftests/serve_clients.py" "$PORT" "$@"
}

# ---- connections ----------------------------------------------------------------

start
like "$(clients trickle)" '^2100 True' 'more than there is room for, a byte now and then: others are served soon'

stop "$parent"

done_testing
