#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Loading, attaching, every refusal, and the lines of tc and ip again with a weir under ASan and UBSan:
# no bad access, no leak on any way out.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

# A leak or a bad access ends with a status that no test expects.
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=halt_on_error=1:exitcode=99
export WEIR=$BUILD/weir-asan
export TWIN_HOW=weir # a shim would be the other build
for name in load errors exec callers ip twin; do
	run bash "$ROOT/selftests/test_$name.sh"
	verdict "$status" "test_$name.sh passes under sanitizers" "$(grep -A12 '^not ok' "$TMP/out" | head -n 60)"
	[ "$(grep -c '^ok ' "$TMP/out")" -gt 30 ]
	verdict $? "test_$name.sh ran"
done

done_testing
