#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page of weir serve in a real browser: its numbers are the packets that were sent, its
# plots move, nothing is fetched from elsewhere, and nothing is complained of. Takes the
# pictures of the README when SHOTS names a directory for them.
# shellcheck disable=SC2016 # expressions are the browser's
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

netns_add A B
veth_pair "$A" v0 "$B" eth0
veth_pair "$A" v1 "$B" eth1
ip -n "$B" link set lo up
PORT=9777
URL=http://127.0.0.1:$PORT/
SHOTS=${SHOTS:-$TMP}

"$WEIR" -n "$B" -q attach dev eth0 xdp generic obj "$BUILD/bpf/count.o"
"$WEIR" -n "$B" -q attach dev eth0 ingress obj "$BUILD/bpf/count.o"
"$WEIR" -n "$B" -q attach dev eth0 egress obj "$BUILD/bpf/count.o"
"$WEIR" -n "$B" filter dev eth1 deny proto udp
"$WEIR" -n "$B" police dev eth1 limit proto tcp rate 250pps
"$WEIR" map create allowed type hash key ipv4 value '{u64 packets; u64 bytes}' max 2000
seq 1 1500 | awk '{ printf "10.0.%d.%d packets=%d,bytes=%d\n", $1 / 250, $1 % 250, $1, $1 * 60 }' | "$WEIR" -q map import allowed -
background ns "$B" "$WEIR" -n "$B" serve interval 0.3 2>"$TMP/said"
serve=$bg
wait_for 5 grep -q 'serving on' "$TMP/said"

# shellcheck source=selftests/browser.sh
. "$ROOT/selftests/browser.sh"
cell() {
	printf 'Number(document.querySelector(`[data-map="%s"] [data-counter="%s"] [data-cell="%s"]`)?.dataset.value)' "$1" "$2" "$3"
}

is "$(browser size 1280 900 light)" true 'a window'
is "$(browser open $URL)" true 'the page opens'
is "$(browser wait 10 'document.documentElement.dataset.live === "1"')" true 'and is live'
send "$A" v0 ipv4 321 >/dev/null
is "$(browser wait 10 "$(cell weir_count xdp_ipv4_other packets) === 321")" true 'packets are those that were sent'
is "$(browser eval "$(cell weir_count ingress_ipv4_other packets)")" 321 'at the next hook, too'
is "$(browser eval "$(cell weir_count xdp_ipv4_other bytes)")" "$("$WEIR" -j stat weir_count | jq '.[0].counters[] | select(.name == "xdp_ipv4_other").bytes')" 'bytes as in the map'
is "$(browser eval 'document.querySelector(`[data-dev="eth0"]`).textContent.match(/count_xdp[^]*count_ingress[^]*count_egress/) !== null')" true 'programs in their order'
is "$(browser eval 'document.querySelector(`[data-dev="eth1"]`).textContent.match(/gate[^]*filter_xdp[^]*weir_filter_hit[^]*police_xdp[^]*weir_exceed/) !== null')" true 'and what a gate runs, each with its counters'
before=$(browser eval 'window.weirPoints()')
is "$(browser wait 10 "window.weirPoints() > $before + 2")" true 'a plot moves'
is "$(browser eval 'document.querySelectorAll(`[data-map="allowed"] [data-counter]`).length')" 500 'of thousands of rows some are shown'
is "$(browser eval 'document.documentElement.scrollWidth <= innerWidth')" true 'nothing is wider than the window'

# Traffic of some kinds, so that a picture shows something.
traffic() {
	local n
	for ((n = 0; n < 40; n++)); do
		send "$A" v0 ipv4/udp $((20 + n % 7 * 13)) >/dev/null
		send "$A" v0 ipv4/tcp $((60 + n % 5 * 7)) >/dev/null
		send "$A" v1 ipv4/udp $((10 + n % 9 * 8)) >/dev/null
		send "$A" v1 ipv6/tcp $((20 + n % 11 * 5)) >/dev/null
		sleep 0.1
	done
}
traffic
light=$(browser eval 'getComputedStyle(document.body).backgroundColor')
browser eval 'document.querySelector(`[data-dev="lo"]`).open = false' >/dev/null
browser size 1280 1200 light >/dev/null
is "$(browser shot "$SHOTS/page.png") $(browser size 1280 900 dark) $(browser shot "$TMP/page-dark.png")" 'true true true' 'pictures'
unlike "$(browser eval 'getComputedStyle(document.body).backgroundColor')" "^${light//[()]/.}\$" 'dark is another colour'
browser size 360 740 light >/dev/null
is "$(browser wait 5 'document.documentElement.scrollWidth <= innerWidth')" true 'on a phone, too'
browser shot "$SHOTS/page-phone.png" >/dev/null

# ---- further back ------------------------------------------------------------------------

span() {
	printf 'document.querySelector(`#span button[value="%s"]`)' "$1"
}
spans='[1, 30, 720].map((n) => document.querySelector(`#span button[value="${n}"]`).textContent).join()'
is "$(browser wait 10 "$spans === 'live,18 min,7 h'")" true 'how far back plots can go, at 0.3 s a reading'
browser eval "$(span 30).click()" >/dev/null
is "$(browser wait 25 'window.weirPoints() >= 2 && Math.abs(window.weirStep() - 9) < 1')" true 'points of 30 readings, 9 s apart'
before=$(browser eval 'window.weirPoints()')
is "$(browser wait 15 "window.weirPoints() > $before")" true 'which go on'
is "$(browser eval 'document.documentElement.scrollWidth <= innerWidth')" true 'and fit the phone'
browser eval "$(span 1).click()" >/dev/null
is "$(browser wait 5 'window.weirStep() < 2')" true 'and back'

# ---- what comes and goes ---------------------------------------------------------------

"$WEIR" map create fresh type array key u32 value '{u64 packets}' max 3
"$WEIR" map set fresh 1 packets=5
is "$(browser wait 15 'document.querySelector(`[data-map="fresh"]`) !== null')" true 'a new map'
rm "$BPFFS/tc/globals/fresh"
is "$(browser wait 15 'document.querySelector(`[data-map="fresh"]`) === null')" true 'goes when it is gone'
"$WEIR" map create html type hash key 'char[32]' value '{u64 packets}' max 3
"$WEIR" map set html '"<img src=x onerror=alert(1)>"' packets=7
is "$(browser wait 15 'document.querySelector(`[data-map="html"] [data-counter]`) !== null') $(browser eval 'document.querySelectorAll(`[data-map="html"] img`).length')" 'true 0' 'a name is text'
stop "$serve"
is "$(browser wait 10 'document.documentElement.dataset.live !== "1" || /reconnecting/.test(document.getElementById("state-text").textContent)')" true 'an end of the stream is shown'
background ns "$B" "$WEIR" -n "$B" serve interval 0.3 2>"$TMP/said"
serve=$bg
is "$(browser wait 20 'document.documentElement.dataset.live === "1" && !/reconnecting/i.test(document.body.innerText)')" true 'and it goes on by itself'

# While nobody listened the browser says that it could not connect; nothing else.
is "$(browser complaints | jq -c 'map(select(test("ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|ERR_ABORTED") | not))')" '[]' 'no complaint'
is "$(browser requests)" "[\"${URL%/}\"]" 'no request to elsewhere'

# ---- a terminal's picture, and what of it is colour --------------------------------------------

# picture NAME COMMAND: of a terminal in which COMMAND runs
picture() {
	tmux -u -S "$TMP/tmux" -f /dev/null new-session -d -x 108 -y "$2" "LC_ALL=C.UTF-8 TERM=screen-256color exec $3"
	traffic
	tmux -u -S "$TMP/tmux" capture-pane -e -p >"$TMP/$1.screen"
	tmux -u -S "$TMP/tmux" kill-server
	python3 "$ROOT/selftests/terminal.py" <"$TMP/$1.screen" >"$TMP/$1.html"
	browser size 940 $(($2 * 19 + 24)) light >/dev/null
	browser open "file://$TMP/$1.html" >/dev/null
	browser shot "$SHOTS/$1.png"
}
rm "$BPFFS/tc/globals/allowed" "$BPFFS/tc/globals/html"
is "$(picture top 28 "$WEIR -n $B top interval 0.5")" true 'a picture of weir top'
like "$(browser eval 'document.body.innerText')" 'eth0 rx.*xdp_ipv4_udp.*eth1 rx.*deny proto udp' 'shows what is counted'
is "$(picture stat 20 "$WEIR -n $B stat dev eth0 interval 1")" true 'and of weir stat'
like "$(browser eval 'document.body.innerText')" 'pkt/s +bit/s.*xdp_ipv4_udp' 'too'
browser size 1280 900 light >/dev/null

# ---- tokens ----------------------------------------------------------------------------------

stop "$serve"
echo 0123456789abcdef0123456789abcdef >"$TMP/token"
background ns "$B" "$WEIR" -n "$B" serve interval 0.3 token "$TMP/token" 2>"$TMP/said"
wait_for 5 grep -q 'serving on' "$TMP/said"
browser open about:blank >/dev/null
is "$(browser open "${URL}#token=0123456789abcdef0123456789abcdef") $(browser wait 10 'document.documentElement.dataset.live === "1"')" 'true true' 'a token in the address'
is "$(browser eval 'location.href.includes("token")')" false 'which is not left there'

browser_end
done_testing
