#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The page of weir serve where things are unusual: large events, strange names, values that
# JavaScript cannot hold; a pause, a page that nobody sees; a server whose clock is set back, that
# stands still, that is slow.
# shellcheck disable=SC2016 # expressions are the browser's
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

netns_add A B
veth_pair "$A" v0 "$B" eth0
ip -n "$B" link set lo up
PORT=9777
URL=http://127.0.0.1:$PORT/

# serve ARGUMENTS...: started; its id is in $bg
serve() {
	background ns "$B" "$WEIR" -n "$B" serve "$@" 2>"$TMP/said"
	wait_for 5 grep -q 'serving on' "$TMP/said"
}
# shellcheck source=selftests/browser.sh
. "$ROOT/selftests/browser.sh"
STATE='document.getElementById("state-text").textContent'
points='window.weirPoints()'
last='window.weirTimes().at(-1)'
gap='Math.max(...window.weirTimes().map((time, i, all) => i ? time - all[i - 1] : 0))'
LIVE='document.documentElement.dataset.live === "1"'

"$WEIR" -n "$B" -q attach dev eth0 xdp generic obj "$BUILD/bpf/count.o"
"$WEIR" map create odd type hash key 'char[16]' value '{u64 packets; u64 bytes}' max 9
# U+202E, which turns the reading direction, and U+2028, which ends a line for JavaScript.
# key LAST: a name of the character U+20LAST and "abc", as map set takes it
key() {
	printf "hex e2 80 $1 61 62 63%s" "$(printf ' 00%.0s' {1..10})"
}
# shellcheck disable=SC2046 # words
{
	"$WEIR" map set odd $(key ae) value packets=1 # U+202E, which turns the reading direction
	"$WEIR" map set odd $(key a8) value packets=2 # U+2028, which ends a line for JavaScript
}
# Before the server, which looks for new maps each four seconds only.
"$WEIR" map create large type array key u32 value '{u64 packets; u64 bytes}' max 2
"$WEIR" map set large 0 packets=9007199254740991,bytes=18446744073709551615
"$WEIR" map set large 1 packets=9007199254740993,bytes=1
"$WEIR" map create alone type array key u32 value '{u64 packets}' max 1
"$WEIR" map set alone 0 packets=3
"$WEIR" map create many type hash key u32 value '{u64 packets; u64 bytes}' max 6000
seq 6000 | sed 's/$/ packets=1,bytes=2/' | "$WEIR" -q map import many -
serve interval 0.3
browser size 1280 900 light >/dev/null
browser open $URL >/dev/null

# ---- what the stream brings ----------------------------------------------------------------

is "$(browser wait 10 "$LIVE")" true 'a name that ends a line for JavaScript ends no event'
# pieces NUMBER: an event in so many pieces of 16 KB; its length, if it took less than 5 s
pieces() {
	printf 'import("/api.js").then(async ({ readEvents }) => { let left = %d, got = 0; const start = performance.now(); const piece = new Uint8Array(16384).fill(97); const body = new ReadableStream({ pull(to) { to.enqueue(left-- ? piece : new TextEncoder().encode("\\n\\nda")); if (left < 0) { to.enqueue(new TextEncoder().encode("ta: b\\r\\n\\r")); to.enqueue(new TextEncoder().encode("\\n")); to.close(); } }, start(to) { to.enqueue(new TextEncoder().encode("data:  ")); } }); await readEvents(body, (event, data) => { got += data.length; }); return performance.now() - start < 5000 && got; })' "$1"
}
is "$(browser eval "$(pieces 1200)")" $((1200 * 16384 + 2)) 'a large event is looked through once'

# ---- names -----------------------------------------------------------------------------------

# filter TEXT: how many rows the table of odd has then
filter() {
	browser eval "(() => { const input = document.querySelector('[data-map=odd] input[type=search]'); input.value = '$1'; input.dispatchEvent(new Event('input')); return document.querySelectorAll('[data-map=odd] tr[data-counter]').length; })()"
}
is "$(filter '\\u{202E}aB')" 1 'a name is found as it is displayed'
is "$(filter '\u202eABC')" 1 'and as it is'
is "$(filter abc) $(filter x) $(filter '')" '2 0 2' 'by a part of it'

# ---- values ----------------------------------------------------------------------------------

# value COUNTER FIELD: what its cell says on being pointed at, and to programs
value() {
	browser eval "['title', 'data-value'].map((name) => document.querySelector('[data-map=large] [data-counter=\"$1\"] [data-cell=$2]').getAttribute(name)).join()"
}
is "$(value 0 packets)" '"9007199254740991,9007199254740991"' 'the largest value that JavaScript is sure of, in full'
is "$(value 1 packets)" '"~9007199254740990,~9007199254740990"' 'beyond that a value is marked as rounded'
is "$(value 0 bytes)" '"~18446744073709600000,~18446744073709600000"' 'and has no digits that are not known'

# ---- little room -----------------------------------------------------------------------------------

send "$A" v0 ipv4 5 >/dev/null
browser size 360 740 light >/dev/null
is "$(browser wait 10 'document.querySelector("[data-map=weir_count] [data-counter=xdp_ipv4_other] th")?.clientHeight < 30')" true 'a name stands in one line on a phone'
is "$(browser wait 10 'document.querySelector("[data-map=alone] .count")?.textContent === "1 counter"')" true 'one counter is one'
browser size 1280 900 light >/dev/null
height() {
	printf 'document.querySelector("[data-dev=eth0] [data-hook=%s]").offsetHeight' "$1"
}
is "$(browser eval "$(height stack) < $(height xdp)")" true 'stages are as high as what is in them'

# ---- a pause ---------------------------------------------------------------------------------------

click() {
	browser eval "document.querySelector('$1').click()" >/dev/null
}
eth0='document.querySelector("[data-dev=eth0] [data-cell=rx_packets]").dataset.value'
sleep 1
click '#pause'
stood=$(browser eval "[$last, $eth0].join()" | tr -d '"')
start=$(browser eval "$points")
send "$A" v0 ipv4 77 >/dev/null
sleep 1
before=$(browser heap)
sleep 4
grown=$(($(browser heap) - before))
ok 'a page that is paused keeps no boards' [ $grown -lt 1000000 ]
note "grown by $grown bytes"
click '#units button[value=bytes]'
click '#theme button[value=dark]'
is "$(browser eval "[$last, $eth0].join()")" "\"$stood\"" 'and shows nothing new, also where it is drawn anew'
click '#pause'
is "$(browser eval "$eth0 - ${stood##*,}")" 77 'and at once the newest when it goes on'
is "$(browser eval "$points > $start + 10 && $gap < 2")" true 'with what was meanwhile'
click '#units button[value=bits]'
click '#theme button[value=auto]'
rm "$BPFFS/tc/globals/many"

# ---- a page that nobody sees -----------------------------------------------------------------------

# hidden true|false
hidden() {
	browser eval "Object.defineProperty(document, 'hidden', { configurable: true, get: () => $1 }) && document.dispatchEvent(new Event('visibilitychange'))" >/dev/null
}
# connections: of the browser to the server; idle ones end after 10 s
connections() {
	ns "$B" ss -Htn state established "sport = :$PORT" | wc -l
}
before=$(browser eval "$points")
ok 'a page has a stream' wait_for 15 eval '[ "$(connections)" = 1 ]'
hidden true
ok 'which ends when nobody sees it' wait_for 5 eval '[ "$(connections)" = 0 ]'
sleep 3
hidden false
is "$(browser wait 5 "$LIVE && $points > $before + 7")" true 'and when it is seen again it has what was meanwhile'
is "$(browser eval "$gap < 2")" true 'without a hole'
hidden true
hidden false
is "$(browser wait 0.6 "$STATE === \"reconnecting\"") $(browser wait 5 "$LIVE")" 'false true' 'a glance aside is no failure'

# ---- a clock that is set back ----------------------------------------------------------------------

# What the server says of moments behind window.step is earlier by window.back seconds.
clock='(() => {
	const shift = (time) => time - (time > step ? back : 0);
	const real = fetch;
	window.step = Date.now() / 1000;
	window.back = 7200;
	window.asked = [];
	const transform = (text, to) => to.enqueue(text.replace(/"time":([0-9.]+)/, (all, time) => `"time":${shift(Number(time))}`));
	const shifted = (body) => body.pipeThrough(new TextDecoderStream()).pipeThrough(new TransformStream({ transform })).pipeThrough(new TextEncoderStream());
	window.fetch = async (path, options) => {
		const response = await real(path, options), { headers } = response;
		asked.push(path);
		if (path === "/api/v1/stream")
			return new Response(shifted(response.body), { headers });
		const answer = await response.json();
		if (answer.times)
			answer.times = answer.times.map(shift);
		else
			answer.time = shift(answer.time);
		return new Response(JSON.stringify(answer), { headers });
	};
})()'
browser eval "${clock//$'\n'/ }" >/dev/null
sleep 1.5
hidden true
hidden false
is "$(browser wait 5 "$points > 5 && $last < step - 7000 && $gap < 2")" true 'plots begin anew behind a step back in the history'
browser eval 'document.querySelector("#span button[value=\"30\"]").click()' >/dev/null
browser wait 5 'asked.filter((path) => /every=30$/.test(path)).length === 1' >/dev/null
browser eval 'window.back = 14400' >/dev/null
is "$(browser wait 5 'asked.filter((path) => /every=30$/.test(path)).length === 2')" true 'and the next point of a coarser history is asked for'
browser eval 'document.querySelector("#span button[value=\"1\"]").click()' >/dev/null
is "$(browser wait 5 "$points > 5 && $points < 30 && $last < step - 14000 && $LIVE")" true 'and go on behind a step back of the stream'

# ---- a collector that stands still -----------------------------------------------------------------

kill -STOP "$bg"
is "$(browser wait 10 "/^stale: [5-9] s/.test($STATE) && !($LIVE)")" true 'without new counters the page is stale'
browser open $URL >/dev/null
is "$(browser wait 10 "/^stale: [0-9]+ s/.test($STATE) && !($LIVE)")" true 'and when it is opened then'
is "$(browser wait 15 "/^stale: 1[0-9] s/.test($STATE)")" true 'for as long as there are none'
kill -CONT "$bg"
is "$(browser wait 5 "$LIVE && $STATE === \"live\"")" true 'and live again by itself'

# ---- a long interval ---------------------------------------------------------------------------

stop "$bg"
serve interval 19
browser open $URL >/dev/null
is "$(browser wait 5 "$LIVE") $(browser wait 16 "$STATE !== \"live\"")" 'true false' 'a board each 19 s is no silence'

browser_end
done_testing
