# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A headless Chromium in namespace $B, for tests of the page. Sourced behind netns_add.
# shellcheck disable=SC2154 # lib.sh's

coproc BROWSER { exec nsenter --net="/run/netns/$B" python3 "$ROOT/selftests/browser.py" "$TMP/profile" 2>"$TMP/browser"; }
exec {to_browser}>&"${BROWSER[1]}" {from_browser}<&"${BROWSER[0]}"

# browser COMMAND...: its answer (browser.py)
browser() {
	printf '%s\n' "$*" >&"$to_browser"
	read -r -t 40 answer <&"$from_browser" || answer='failed: no answer'
	printf '%s\n' "$answer"
}
browser_end() {
	eval "exec ${BROWSER[1]}>&- {to_browser}>&-"
	wait "$BROWSER_PID"
}
