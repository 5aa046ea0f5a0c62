#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# weir serve among clients that take what there is: connections, time, memory. Others are
# served all the same. And each of its two processes when the other one hangs.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

weir() {
	"$WEIR" "$@"
}
netns_add A
PORT=9777
STARTED=0

# start WORDS...: serves, and waits until it answers; the note is in $said
start() {
	said=$TMP/said-$((++STARTED))
	background ns "$A" "$WEIR" -n "$A" serve "$@" 2>"$said"
	parent=$bg
	wait_for 5 grep -q 'serving on' "$said"
	child=$(pgrep -P "$parent")
}
clients() {
	ns "$A" python3 "$ROOT/selftests/serve_clients.py" "$PORT" "$@"
}
# status_of PATH [PORT]
status_of() {
	ns "$A" curl -sS -m 5 -o /dev/null -w '%{http_code}' "http://127.0.0.1:${2:-$PORT}$1"
}
is_live() {
	[ "$(status_of /metrics "$1")" = 200 ]
}
gone() {
	! kill -0 "$1" 2>/dev/null
}

# ---- what takes its time --------------------------------------------------------

weir map create many type hash key u32 value '{u64 packets; u64 bytes}' max 20000
seq 12000 | sed 's/$/ packets=1/' | weir -q map import many -
start listen 127.0.0.1:9778
aside=$parent
PORT=9778 clients linger >"$TMP/linger" &
lingering=$!
start listen 127.0.0.1:9779 interval 0.2
hung=$parent hung_child=$child hung_said=$said
kill -STOP "$hung_child"
start listen 127.0.0.1:9780 interval 0.2
still=$parent
kill -STOP "$still"

start listen 127.0.0.1:9781 interval 0.1 dev lo
unheard=$parent
PORT=9781 clients unheard >"$TMP/unheard" &
listening=$!

# ---- slow readers, connections ----------------------------------------------------

start interval 0.2
like "$(clients trickle)" '^2100 True' 'more than there is room for, a byte now and then: others are served soon'
is "$(status_of /metrics 9780) $(status_of /api/v1/board 9780) $(status_of /metrics 9778)" '503 200 200' 'numbers that are old are not told as if they were not'
kill -CONT "$still"
ok 'until there are new ones' wait_for 3 is_live 9780
stop "$still"
read -r grown served age <<<"$(clients versions "$child")"
[ "$grown" -lt 32768 ]
verdict $? "60 slow readers, each of another snapshot, take little: $grown kB"
is "$served $((age < 9))" '60 1' "others are served, with what is new: $age seconds old"

# ---- one that hangs -----------------------------------------------------------------

kill -STOP "$child"
sleep 1
kill -TERM "$parent"
ok 'SIGTERM ends both, also when one is stopped' wait_for 3 gone "$child"
wait_for 3 gone "$parent" || kill -KILL "$parent"
wait "$parent"
is "$?" 0 'which is no error'
wait_for 10 gone "$hung"
gone "$hung" || kill -KILL "$hung"
wait "$hung"
is "$? $(tail -n 1 "$hung_said")" '1 weir: serve: the process that serves takes no snapshots any more' 'one that hangs is an error'
ok 'and ends, too' wait_for 2 gone "$hung_child"

# ---- streams -------------------------------------------------------------------------

start interval 60
wait_for 5 is_live "$PORT"
sleep 0.5
is "$(clients left)" "{'200'} 200" 'streams that are closed leave their places at once'
stop "$parent"
wait "$listening"
like "$(cat "$TMP/unheard")" '^503 64 ([0-9]|1[0-9]|2[0-5])$' 'those that nobody reads soon'
stop "$unheard"

# ---- one address ------------------------------------------------------------------------

for n in 1 2 3; do
	ip -n "$A" addr add "10.9.9.$n/32" dev lo
done
echo 0123456789abcdef >"$TMP/token"
start listen 10.9.9.1:9782 token "$TMP/token"
ns "$A" python3 -c '
import socket, time
held = [socket.create_connection(("10.9.9.1", 9782), 5, ("10.9.9.2", 0)) for _ in range(300)]
time.sleep(1)
def is_open(one):
    one.setblocking(False)
    try:
        return one.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
print(sum(map(is_open, held)), flush=True)
time.sleep(5)' >"$TMP/held" &
holding=$!
wait_for 5 grep -q . "$TMP/held"
is "$(cat "$TMP/held")" 256 'beyond loopback an address has so many connections'
is "$(ns "$A" curl -sS -m 5 -o /dev/null -w '%{http_code}' --interface 10.9.9.3 -H 'Authorization: Bearer 0123456789abcdef' http://10.9.9.1:9782/metrics)" 200 'and another one is served'
kill "$holding"
wait "$holding" 2>/dev/null
stop "$parent"

wait "$lingering"
like "$(cat "$TMP/linger")" '^(29|3[0-9])$' 'an answer has half a minute'
stop "$aside"

done_testing
