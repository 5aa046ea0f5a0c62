#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# weir serve: what it tells Prometheus, who is let in, clients that mean no good, and maps that
# come and go meanwhile.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

weir() {
	"$WEIR" "$@"
}
netns_add A B
veth_pair "$A" v0 "$B" v1
ip -n "$B" link set lo up
PORT=9777
URL=http://127.0.0.1:$PORT

get() {
	ns "$B" curl -sS -m 5 --path-as-is "$@"
}
status_of() {
	get -o /dev/null -w '%{http_code}' "$@"
}
# metric LINE-WITHOUT-VALUE: its value
metric() {
	get "$URL/metrics" | grep -F "$1" | awk '{ print $NF }'
}
clients() {
	ns "$B" python3 "$ROOT/selftests/serve_clients.py" "$PORT" "$1"
}
# start WORDS...: serves, and waits until it answers; the note is in $TMP/said
start() {
	background ns "$B" "$WEIR" -n "$B" serve interval 0.2 "$@" 2>"$TMP/said"
	parent=$bg
	wait_for 5 grep -q 'serving on' "$TMP/said"
	child=$(pgrep -P "$parent")
}
gone() {
	! kill -0 "$1" 2>/dev/null
}
# The answer has what was counted.
counted() {
	[ "$(metric "$1")" = "$2" ]
}

weir -n "$B" -q attach dev v1 xdp generic obj "$BUILD/bpf/count.o"
weir -n "$B" -q attach dev v1 ingress obj "$BUILD/bpf/count.o"

# ---- metrics ------------------------------------------------------------------

start
is "$(cat "$TMP/said")" 'weir: note: serving on http://127.0.0.1:9777/' 'says where it serves'
send "$A" v0 ipv4 123 >/dev/null
PIN=$BPFFS/tc/globals/weir_count
KEY="{map=\"weir_count\",dev=\"v1\",hook=\"xdp,ingress\",pin=\"$PIN\",key=\"xdp_ipv4_other\"}"
ok 'packets that were sent are there' wait_for 5 counted "weir_packets_total$KEY" 123
is "$(metric "weir_bytes_total$KEY")" "$(weir -j stat "$PIN" | jq '.[0].counters[] | select(.name == "xdp_ipv4_other").bytes')" 'bytes as in the map'
is "$(metric 'weir_interface_receive_packets_total{dev="v1"}')" 123 'of the interface, too'
like "$(get "$URL/metrics")" 'weir_program_attached\{dev="v1",hook="xdp",how="generic",program="count_xdp",id="[0-9]+",position="1"\} 1' 'programs in their order'
like "$(get "$URL/metrics")" 'weir_program_attached\{dev="v1",hook="ingress",[^}]*position="2"\} 1' 'one behind the other'
get "$URL/metrics" >"$TMP/metrics"
ok 'promtool takes them' promtool check metrics <"$TMP/metrics"
is "$(promtool check metrics <"$TMP/metrics" 2>&1)" '' 'and finds nothing to say'
is "$(get "$URL/metrics" | grep ^weir_interval_seconds) $(get "$URL/api/v1/board" | jq .interval)" 'weir_interval_seconds 0.2 0.2' 'how often they are read, here and in JSON'
weir map create names type hash key 'char[16]' value '{u64 packets}' max 9
weir map set names '"a\"b\\c"' packets=5
wait_for 5 counted 'packets_total{map="names"' 5
like "$(get "$URL/metrics" | grep names)" 'weir_packets_total\{map="names",pin="[^"]*",key="[^ ]*a[^ ]*b[^ ]*c[^ ]*"\} 5' 'a key with quotes'
get "$URL/metrics" >"$TMP/metrics"
ok 'is taken, too' promtool check metrics <"$TMP/metrics"

# ---- JSON, streams --------------------------------------------------------------

is "$(get "$URL/api/v1/board" | jq -c '.devs[] | select(.name == "v1") | [.rx_packets, (.programs | map([.hook, .name]))]')" \
	'[123,[["xdp","count_xdp"],["ingress","count_ingress"]]]' 'JSON: interfaces and their programs'
is "$(get "$URL/api/v1/board" | jq -c '.devs[1].programs[0].maps[0] as $m | .maps[$m].counters[] | select(.name == "xdp_ipv4_other").packets')" 123 'programs and their maps'
like "$(get "$URL/api/v1/history" | jq -c '[(.times | length), (.devs[1].rx_pps | length)]')" '^\[([0-9]+),\1\]$' 'history, as long as its times'
background ns "$B" curl -sSN "$URL/api/v1/stream" >"$TMP/stream"
stream=$bg
events() {
	[ "$(grep -c '^event: board' "$TMP/stream")" -ge "$1" ]
}
ok 'a stream of events' wait_for 5 events 3
send "$A" v0 ipv4 100 >/dev/null
streamed() {
	tail -n 3 "$TMP/stream" | sed -n 's/^data: //p' | tail -n 1 | jq -e '.devs[] | select(.name == "v1").rx_packets == 223' >/dev/null
}
ok 'which tells what is new' wait_for 5 streamed
is "$(sed -n 's/^data: //p' "$TMP/stream" | head -n 3 | jq -c '.devs | length' | sort -u | wc -l)" 1 'each whole in itself'
stop "$stream"
is "$(get "$URL/api/v1/history" | jq .every) $(get "$URL/api/v1/history?every=720" | jq -c '[.every, .times]')" '1 [720,[]]' 'history says of how many readings its points are'
coarse() {
	[ "$(get "$URL/api/v1/history?every=30" | jq '[(.times | length), (.devs[1].rx_pps | length), (.devs[1].rx_pps | add > 0)] == [(.times | length), (.times | length), true]')" = true ]
}
ok 'coarser ones, with the means of what was sent' wait_for 12 coarse
is "$(status_of "$URL/api/v1/history?every=7") $(status_of "$URL/api/v1/history?every=") $(status_of "$URL/api/v1/history?every=30&every=7")" '400 400 200' 'and no others'

# ---- names that are hard to tell apart -----------------------------------------------

weir map create bad type hash key 'char[4]' value '{u64 packets}' max 9
weir map create long type hash key 'char[300]' value '{u64 packets}' max 9
weir map set bad hex 61 ff 00 00 value packets=1
weir map set bad hex 61 fe 00 00 value packets=2
for end in b c d; do
	weir map set long "$(printf 'a%.0s' {1..290})$end" packets=3
done
distinct() {
	get "$URL/metrics" >"$TMP/metrics"
	[ "$(grep -cE '_total\{map="(bad|long)"' "$TMP/metrics")" = 5 ] &&
		[ "$(grep -oE '_total\{map="(bad|long)".*\}' "$TMP/metrics" | sort -u | wc -l)" = 5 ]
}
ok 'keys that are no UTF-8, or begin alike for very long, are series of their own' wait_for 12 distinct
is "$(promtool check metrics <"$TMP/metrics" 2>&1)" '' 'which promtool takes'
get "$URL/api/v1/board" >"$TMP/board"
ok 'and JSON has' jq -e '[.maps[] | select(.name == "bad" or .name == "long").counters[].name] | unique | length == 5' "$TMP/board"
rm "$BPFFS/tc/globals/bad" "$BPFFS/tc/globals/long"

# ---- who is let in -----------------------------------------------------------------

is "$(status_of "$URL/")" 200 'the page'
is "$(status_of "$URL/nosuch") $(status_of "$URL/../../etc/passwd") $(status_of "$URL/%2e%2e/etc/passwd") $(status_of "$URL//metrics")" '404 404 404 404' 'nothing else'
is "$(status_of -X POST "$URL/metrics") $(status_of -X DELETE "$URL/") $(status_of -I "$URL/metrics")" '405 405 200' 'GET and HEAD alone'
is "$(status_of -X GET -d x=1 "$URL/metrics") $(status_of -d x=1 "$URL/metrics") $(status_of -X GET -H 'Transfer-Encoding: chunked' -d x=1 "$URL/metrics")" '413 405 413' 'a body is refused, and that is answered'
is "$(head -c 60000 /dev/zero | status_of -X GET --data-binary @- "$URL/metrics") $(status_of -X GET -d '' "$URL/metrics")" '413 200' 'a larger one, too; one of no bytes is none'
is "$(status_of -I "$URL/api/v1/stream") $(status_of -I "$URL/api/v1/board") $(status_of -I "$URL/")" '200 200 200' 'HEAD of all that GET has'
is "$(status_of "$URL/metrics%00") $(status_of "$URL/%00") $(status_of "$URL/metrics%00/x")" '404 404 404' 'no path ends early'
is "$(clients twice)" 400 'one name, not two'
# told COUNTER: its value
told() {
	get "$URL/metrics" | awk -v name="weir_http_$1_total" '$1 == name { print $2 }'
}
sleep 0.5 # until there is a snapshot with all before
requests=$(told requests) turned_away=$(told refused)
for _ in {1..20}; do
	status_of -X POST "$URL/" >/dev/null
done
status_of "$URL/nosuch" >/dev/null
all_counted() {
	[ $(($(told refused) - turned_away)) = 21 ]
}
ok 'those that are refused are counted by the next snapshot' wait_for 5 all_counted
[ "$(($(told requests) - requests))" -ge 21 ]
verdict $? 'and requests are all of them'
is "$(status_of -H 'Host: evil.example' "$URL/metrics") $(status_of -H "Host: localhost:$PORT" "$URL/metrics")" '403 200' 'no names but those of loopback'
is "$(for host in localhost. "LOCALHOST:$PORT" 127.0.0.1 '[::1]' '[::1]:1' localhost.evil.example localhost:x 'localhost:1.evil.example' 127.0.0.1.evil '[::1'; do status_of -H "Host: $host" "$URL/metrics"; echo; done | xargs)" '200 200 200 200 200 403 403 403 403 403' 'with any port, or none'
headers=$(get -D - -o /dev/null "$URL/")
like "$headers" "Content-Security-Policy: default-src 'none'; script-src 'self'" 'a policy for its content'
like "$headers" 'X-Content-Type-Options: nosniff' 'types are what they say'
is "$(get -o /dev/null -w '%{num_connects}' "$URL/metrics" --next -o /dev/null -w '%{num_connects}' "$URL/metrics" 2>/dev/null)" 10 'a connection is used again'
is "$(awk '/^Cap(Prm|Eff)/ { print $2 }' "/proc/$child/status" | sort -u) $(awk '/^Uid/ { print $2 }' "/proc/$child/status")" '0000000000000000 65534' 'who serves has no capability, and is nobody'
is "$(find "/proc/$child/fd" -lname '*bpf-*' | wc -l)" 0 'nor a map'
is "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$parent/status" "/proc/$child/status" | sort -u)" 1 'and gets none again'

stop "$parent"
exec {inherited}<"$TMP/metrics"
start
exec {inherited}<&-
is "$(find "/proc/$child/fd" -lname '*metrics' | wc -l) $(awk '/^CapBnd/ { print $2 }' "/proc/$child/status")" '0 0000000000000000' 'who serves has no file of others, and no way to a capability'

# ---- clients that mean no good -------------------------------------------------------

rss_kb() {
	awk '/^VmRSS/ { print $2 }' "/proc/$child/status"
}
rss=$(rss_kb)
is "$(clients idle)" '1000 5' 'a thousand that say nothing: others are served'
is "$(clients slow)" True 'one that is slow'
is "$(clients garbage)" True 'garbage'
like "$(clients large)" '^(414|closed) (431|413|closed) (431|413|closed) (405|413|closed) True$' 'long URLs, headers, bodies'
is "$(clients deaf)" '64 6 True' 'streams that nobody reads: so many, and no more'
now=$(rss_kb)
[ "$now" -lt $((rss + 32768)) ]
verdict $? "memory is bounded: $rss kB before, $now kB after"
get "$URL/metrics" >"$TMP/metrics"
ok 'metrics after all that' promtool check metrics <"$TMP/metrics"

# ---- maps that come and go -------------------------------------------------------------

weir map set names '"a\"b\\c"' packets=50
ok 'a map changes' wait_for 5 counted 'packets_total{map="names"' 50
rm "$BPFFS/tc/globals/names"
weir map create names type hash key 'char[16]' value '{u64 packets}' max 9
weir map set names x packets=7
replaced() {
	counted "map=\"names\",pin=\"$BPFFS/tc/globals/names\",key=\"x\"" 7
}
ok 'another one at its pin' wait_for 12 replaced
rm "$BPFFS/tc/globals/names"
is_gone() {
	[ "$(get "$URL/metrics" | grep -c "$1")" = 0 ]
}
ok 'one that is gone' wait_for 12 is_gone 'map="names"'
weir -n "$B" -q detach dev v1 xdp
ok 'a program that is gone' wait_for 12 is_gone 'program="count_xdp"'
ip -n "$B" link set v1 down
ip -n "$B" link set v1 name w.1
ok 'an interface with another name' wait_for 12 is_gone 'dev="v1"'
like "$(get "$URL/metrics")" 'weir_interface_receive_packets_total\{dev="w.1"\} 223' 'goes on'
is "$(status_of "$URL/metrics")" 200 'all of it without an end'

# Maps that come and go while they are read and asked for, each with entries that do.
churn() {
	local n
	for ((n = 0; n < 40; n++)); do
		weir map create "churn$((n % 3))" type hash key u32 value '{u64 packets}' max 2000
		seq 1000 | sed 's/$/ packets=1/' | weir -q map import "churn$((n % 3))" -
		weir -q map clear "churn$((n % 3))"
		rm "$BPFFS/tc/globals/churn$((n % 3))"
	done
}
churn &
churning=$!
answers=0 bad=0
while kill -0 "$churning" 2>/dev/null; do
	get "$URL/metrics" >"$TMP/metrics" && promtool check metrics <"$TMP/metrics" >/dev/null 2>&1 || bad=$((bad + 1))
	answers=$((answers + 1))
done
wait "$churning"
[ "$answers" -gt 5 ] && [ "$bad" = 0 ]
verdict $? "maps that are removed during scrapes: $answers scrapes, $bad bad"

# ---- many ------------------------------------------------------------------------------------

weir map create many type hash key u32 value '{u64 packets; u64 bytes}' max 20000
seq 12000 | sed 's/$/ packets=1/' | weir map import many -
cut_off() {
	counted 'weir_series_cut{map="many"' 2045
}
ok 'more than 10,000 counters are cut, and that is counted' wait_for 12 cut_off
is "$(get "$URL/metrics" | grep -c '^weir_packets_total')" 10000 'at so many'
is "$(clients unread)" '200 True True' 'many that ask for so much and do not read: others are served, and little waits for each'
rm "$BPFFS/tc/globals/many"
parent_kb() {
	awk '/^VmRSS/ { print $2 }' "/proc/$parent/status"
}
before=$(parent_kb)
weir map create huge type hash key u32 value '{u64 packets; u64 bytes}' max 600000
huge=$(scaled 500000)
seq "$huge" | sed 's/$/ packets=1/' | weir -q map import huge -
huge_cut() {
	counted 'weir_series_cut{map="huge"' $((huge - 9955))
}
ok "of $huge as many are shown" wait_for 40 huge_cut
cpu_ms() {
	awk '{ print int($1 / 1000000) }' "/proc/$parent/schedstat"
}
from=$(cpu_ms)
sleep 3
spent=$(($(cpu_ms) - from))
now=$(parent_kb)
[ "$now" -lt $((before + 8192)) ]
verdict $? "in as much memory: $before kB before, $now kB with them"
[ "$spent" -lt $((${WEIR_EMULATED:-0} ? 5000 : 500)) ]
verdict $? "and as much time: $spent ms in 15 readings"
rm "$BPFFS/tc/globals/huge"

stop "$parent"
bpftool map create "$BPFFS/tc/globals/legacy" type hash key 4 value 16 entries 8 name legacy
export WEIR_TYPES=$TMP/types
weir map dump legacy key ipv4 value '{u64 packets; u64 bytes}' keep >/dev/null
weir map set legacy 10.0.0.1 packets=7,bytes=9
start
ok 'a map without BTF counts by the types that were kept' wait_for 5 counted \
	"weir_packets_total{map=\"legacy\",pin=\"$BPFFS/tc/globals/legacy\",key=\"10.0.0.1\"}" 7
unset WEIR_TYPES
stop "$parent"
ip -n "$B" link add x0 type veth peer name x1
start series 7 dev x0
is "$(get "$URL/metrics" | grep -c '^weir_packets_total') $(get "$URL/api/v1/board" | jq -c '.devs | map(.name)')" '0 ["x0"]' 'one interface alone, and what its programs count'
ip -n "$B" link del x0
is_empty() {
	[ "$(get "$URL/api/v1/board" | jq -c '.devs')" = '[]' ]
}
ok 'an interface that is gone' wait_for 5 is_empty
ip -n "$B" link add x0 type veth peer name x1
weir -n "$B" -q attach dev x0 xdp generic obj "$BUILD/bpf/count.o"
back() {
	[ "$(get "$URL/api/v1/board" | jq -c '.devs | map([.name, .programs[].name])')" = '[["x0","count_xdp"]]' ]
}
ok 'and comes again' wait_for 5 back
ip -n "$B" link del x0
stop "$parent"
start series 7
is "$(get "$URL/metrics" | grep -c '^weir_packets_total')" 7 'as many series as are asked for'

# ---- queues, runs ---------------------------------------------------------------------------

stop "$parent"
ip -n "$A" link add q0 numtxqueues 3 numrxqueues 3 type veth peer name q1 numtxqueues 3 numrxqueues 3
ip -n "$A" link set q1 netns "$B"
ip -n "$A" link set q0 up
ip -n "$B" link set q1 up
weir -n "$B" -q attach dev q1 xdp native obj "$BUILD/bpf/count.o"
start
# queue_sum WORD: of all queues of q1
queue_sum() {
	get "$URL/metrics" | awk -v name="weir_interface_queue_receive_$1_total" \
		'index($0, name "{dev=\"q1\"") == 1 { sum += $NF } END { print sum + 0 }'
}
received() {
	metric "weir_interface_receive_packets_total{dev=\"q1\"}"
}
# Each sender's socket has a queue of its own, by its hash.
for n in 1 2 3 4 5 6; do
	send "$A" q0 ipv4 50 >/dev/null
done
same_sums() {
	[ "$(queue_sum packets)" -ge 300 ] && [ "$(queue_sum packets)" = "$(received)" ]
}
ok 'the queues of an interface add up to what it received' wait_for 5 same_sums
is "$(get "$URL/metrics" | grep -c '^weir_interface_queue_receive_packets_total{dev="q1",queue="[012]"}')" 3 'each on its own'
get "$URL/metrics" >"$TMP/metrics"
ok 'which Prometheus accepts' promtool check metrics <"$TMP/metrics"
is "$(get "$URL/api/v1/board" | jq -c '.maps[] | select(.queues) | [.name, .type, .devs, (.counters | map(.name))]')" \
	'["queues","3 rx, 0 tx","q1",["rx_0","rx_1","rx_2"]]' 'and in JSON'
# other tests may have them counted for a moment
no_runs() {
	! grep -q weir_program_runs_total <<<"$(get "$URL/metrics")"
}
ok 'runs are not told while nobody counts them' wait_for 15 no_runs
# BPF_ENABLE_STATS (32), of runs: as long as somebody has this open
background python3 -c 'import ctypes, time
fd = ctypes.CDLL(None).syscall(321, 32, (ctypes.c_uint32 * 32)(0), 4)
assert fd >= 0
print("on", flush=True)
time.sleep(30)' >"$TMP/stats"
counting=$bg
wait_for 5 grep -q on "$TMP/stats"
before=$(weir -n "$B" -j show dev q1 | jq '.[0].prog.run_count')
send "$A" q0 ipv4 40 >/dev/null
has_runs() {
	[ "$(metric 'weir_program_runs_total{dev="q1",hook="xdp"')" = "$1" ]
}
ok 'runs are told when the kernel counts them' wait_for 8 has_runs $((before + 40))
send "$A" q0 ipv4 3 >/dev/null
ok 'and go on' wait_for 2 has_runs $((before + 43))
stop "$counting"
ip -n "$B" link del q1
gone_queues() {
	! grep -q 'queue="' <<<"$(get "$URL/metrics")"
}
ok 'they go with it' wait_for 5 gone_queues

# ---- ends ----------------------------------------------------------------------------------

kill -TERM "$parent"
wait "$parent"
is "$? $(gone "$child" && echo ended)" '0 ended' 'SIGTERM ends both'
start
kill -KILL "$parent"
ok 'who serves ends with its parent' wait_for 5 gone "$child"
start
kill -KILL "$child"
wait "$parent"
is "$? $(tail -n 1 "$TMP/said")" '1 weir: serve: the process that serves has ended' 'and the parent with it, with an error'

mkdir "$TMP/build"
cp "$BUILD/weir" "$BUILD/weir-serve" "$TMP/build/"
chmod -R a+rX "$TMP/build" "$TMP"
background ns "$B" setpriv --reuid 65534 --regid 65534 --clear-groups "$TMP/build/weir" serve 2>"$TMP/said"
ok 'without rights: serves what everybody may see' wait_for 5 grep -q 'serving on' "$TMP/said"
like "$(head -n 1 "$TMP/said")" 'weir: note: programs and maps are not seen: .*run as root' 'and says so'
stop "$bg"
rm -rf "$TMP/build"

# ---- tokens, addresses ------------------------------------------------------------------------

refused() {
	local says=$1 code=$2
	shift 2
	run timeout 5 "$WEIR" serve "$@"
	exits "$code" "serve $*"
	like "$err" "$says" 'says why'
}
refused 'beyond loopback a token is needed' 1 listen 0.0.0.0:9999
refused 'beyond loopback a token is needed' 1 listen '*:9999'
refused 'not ADDR:PORT' 2 listen localhost:0
refused 'not ADDR:PORT' 2 listen 'nowhere:1'
refused 'beyond loopback a token is needed' 1 listen 192.0.2.1:9999
refused 'no such interface|No such device' 1 dev nosuch
sleep 0.2 # of the process that serves nothing is heard either
is "$(wc -l <"$TMP/err")" 1 'in one line'
echo short >"$TMP/token"
refused 'its first line has 5 characters' 1 token "$TMP/token"
refused 'No such file' 1 token "$TMP/none"
for wrong in ' 0123456789abcdef' '0123456789abcdef ' '0123456789\tabcdef' '0123456789abcdef\0x' '0123456789abcd\xc3\xa4' '0123456789\rabcdef'; do
	printf '%b\n' "$wrong" >"$TMP/token"
	refused 'has blanks, or what is not ASCII' 1 token "$TMP/token"
done
TOKEN=0123456789abcdef0123456789abcdef
printf '%s\r\n' $TOKEN >"$TMP/token"
chmod 620 "$TMP/token"
start listen "[::]:$PORT" token "$TMP/token"
is "$(head -n 1 "$TMP/said") $(status_of -H "Authorization: Bearer $TOKEN" "$URL/metrics")" "weir: note: token $TMP/token: others may write it; chmod 600 $TMP/token 200" 'a file that others may change is worth a note'
stop "$parent"
echo $TOKEN >"$TMP/token"
chmod 600 "$TMP/token"
start listen "[::]:$PORT" token "$TMP/token"
is "$(status_of "$URL/metrics") $(status_of "$URL/") $(status_of "$URL/api/v1/board")" '401 200 401' 'without a token only the page'
is "$(status_of -H "Authorization: Bearer $TOKEN" "$URL/metrics") $(status_of -H "Authorization: Bearer $TOKEN" "http://[::1]:$PORT/metrics")" '200 200' 'with it all, at both families'
is "$(status_of -H "Authorization: Bearer ${TOKEN}0" "$URL/metrics") $(status_of -H "Authorization: Bearer ${TOKEN%f}" "$URL/metrics") $(status_of -H "Authorization: Basic $TOKEN" "$URL/metrics")" '401 401 401' 'nothing that is like it'
is "$(tr '\0' ' ' <"/proc/$child/cmdline" | grep -c "$TOKEN")" 0 'which nobody sees in ps'
stop "$parent"
start listen 127.0.0.2:80
is "$(status_of http://127.0.0.2/metrics) $(status_of -H 'Host: 127.0.0.3' http://127.0.0.2/metrics)" '200 403' 'its own address, as its URL has it'
stop "$parent"
start
run timeout 5 nsenter --net="/run/netns/$B" "$WEIR" serve listen "127.0.0.1:$PORT"
exits 1 'an address that is taken'
like "$err" 'Address already in use; another port' 'is said'

# ---- Prometheus ---------------------------------------------------------------------------------

stop "$parent"
weir -n "$B" -q attach dev w.1 xdp generic obj "$BUILD/bpf/count.o"
ip -n "$B" link set w.1 up
start
mkdir "$TMP/prometheus"
cat >"$TMP/prometheus/config.yml" <<YML
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: weir
    static_configs:
      - targets: ['127.0.0.1:$PORT']
YML
background ns "$B" prometheus --config.file="$TMP/prometheus/config.yml" --storage.tsdb.path="$TMP/prometheus/data" \
	--web.listen-address=127.0.0.1:9790 2>"$TMP/prometheus/log"
query() {
	get --get --data-urlencode "query=$1" http://127.0.0.1:9790/api/v1/query | jq -r '.data.result[0].value[1]'
}
send "$A" v0 ipv4 77 >/dev/null
total() {
	[ "$(query 'weir_packets_total{map="weir_count",key="xdp_ipv4_other"}')" = "$1" ]
}
wanted=$(weir -j stat "$PIN" | jq '.[0].counters[] | select(.name == "xdp_ipv4_other").packets')
ok 'a real Prometheus has the numbers' wait_for 20 total "$wanted"
is "$(query up)" 1 'and finds the target well'

# rule_has COUNT: packets of a rule, by its text
rule_has() {
	get "$URL/metrics" | grep -c "^weir_packets_total{map=\"weir_filter_hit\",dev=\"w.1\",hook=\"egress\",.*key=\"allow proto udp\"} $1\$"
}
weir -n "$B" filter dev w.1 egress allow proto udp
send "$B" w.1 ipv4/udp 3 >/dev/null
ok 'rules are counters by their texts' wait_for 10 rule_has 3

# ---- what is in examples -----------------------------------------------------------------------------

ok 'alert rules' promtool check rules "$ROOT/examples/dashboard/weir-alerts.yml"
ok 'which say so when they should' promtool test rules "$ROOT/selftests/alerts.yml"
cp "$ROOT"/examples/dashboard/*.yml "$TMP/prometheus/"
ok 'a scrape job' promtool check config "$TMP/prometheus/prometheus.yml"
# queries: of the dashboard, and of the README
queries() {
	jq -r '.panels[].targets[].expr' "$ROOT/examples/dashboard/grafana.json"
	sed -n 's/^    //p' "$ROOT/examples/dashboard/README.md"
}
get "$URL/metrics" >"$TMP/metrics"
unknown=$(queries | grep -o 'weir_[a-z_]*{' | tr -d '{' | sort -u |
	while read -r name; do grep -q "^$name{" "$TMP/metrics" || echo "$name"; done)
is "$unknown" '' 'dashboard and README ask for metrics that there are'
# What its variables would be here. Of each query the answer has data.
filled() {
	# shellcheck disable=SC2016 # of Grafana
	sed 's/\$__rate_interval/1m/g; s/\$instance/127.0.0.1:9777/g; s/\$map/weir_count/g; s/\$dev/w.1/g; s/eth0/w.1/; s/deny/allow/'
}
unanswered() {
	queries | filled | while read -r expr; do
		get --get --data-urlencode "query=$expr" http://127.0.0.1:9790/api/v1/query |
			jq -e '.data.result | length > 0' >/dev/null || echo "$expr"
	done
}
all_answered() {
	[ -z "$(unanswered)" ]
}
wait_for 20 all_answered
is "$(unanswered)" '' 'each of its queries has an answer'
variables=$(jq -r '.templating.list[].query | strings' "$ROOT/examples/dashboard/grafana.json" | filled | sed -n 's/label_values(\(.*\), \(.*\))/\2 \1/p' |
	while read -r label of; do get --get --data-urlencode "match[]=$of" "http://127.0.0.1:9790/api/v1/label/$label/values" | jq -e '.data | length > 0' >/dev/null && echo "$label"; done)
is "$variables" 'instance
dev
map' 'and each of its variables values'
# shellcheck disable=SC2016 # of Grafana
broken=$(queries | sed 's/\$__rate_interval/1m/g; s/\$[a-z]*/x/g' |
	while read -r expr; do get --get --data-urlencode "query=$expr" http://127.0.0.1:9790/api/v1/query | jq -e '.status == "success"' >/dev/null || echo "$expr"; done)
is "$broken" '' 'and Prometheus takes its queries'

# Two changes, and the number of the rule that went is another's: at once by its name.
weir -n "$B" filter dev w.1 egress del proto udp
weir -n "$B" filter dev w.1 egress allow proto tcp
for _ in 1 2 3 4 5 6; do
	get "$URL/metrics" | grep '^weir_packets_total.*key="allow proto udp"}' | grep -v ' 3$'
	sleep 0.2
done >"$TMP/wrong"
is "$(cat "$TMP/wrong")" '' 'and no reading has a rule by the name of one before'
weir -n "$B" filter dev w.1 egress off
ok 'until they go' wait_for 10 counted 'map="weir_filter_hit"' ''

if skip_unless 'command -v systemd-analyze' 'systemd-analyze' 2; then
	sed "s|/usr/local/bin/weir|$WEIR|" "$ROOT/examples/dashboard/weir-serve.service" >"$TMP/weir-serve.service"
	run systemd-analyze verify --man=no "$TMP/weir-serve.service"
	is "$status $err$out" '0 ' 'the unit is one'
	run systemd-analyze security --offline=yes --threshold=50 "$TMP/weir-serve.service"
	exits 0 'and hardened'
fi

done_testing
