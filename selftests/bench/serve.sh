#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What watching costs. Sourced by run.sh.
# shellcheck disable=SC2154 # run.sh's

"$WEIR" map create c1k type percpu_array key u32 value '{u64 packets; u64 bytes}' max 1000
pair '1,000 counters of all CPUs once, JSON (goal: 0.30x); peer: bpftool map dump' \
	"$W -j stat $BPFFS/tc/globals/c1k all" true "bpftool -j map dump pinned $BPFFS/tc/globals/c1k" true

# cpu_ns PID...: CPU time of processes
cpu_ns() {
	for pid in "$@"; do
		cut -d' ' -f1 "/proc/$pid/schedstat" "/proc/$pid"/task/*/schedstat | sed 1d
	done | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}
rss_kb() {
	for pid in "$@"; do
		awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"
	done | awk '{ sum += $1 } END { print sum }'
}
# serve_with WORDS...: two process ids in $pids
serve_with() {
	background ns "$A" "$WEIR" -n "$A" serve "$@" 2>"$TMP/serving"
	wait_for 5 grep -q 'serving on' "$TMP/serving"
	pids=("$bg" "$(pgrep -P "$bg")")
}
scrape() {
	ns "$A" curl -s -o /dev/null -w '%{time_total}\n' http://127.0.0.1:9777/metrics
}

echo
echo "weir serve, scraped once a second: 10 programs, 1,045 counters of all CPUs (goal: 0.1 % of a core)"
ip -n "$A" link set lo up
for n in 1 2 3 4 5; do
	ns "$A" ip link add "b$n" type veth peer name "c$n"
	ns "$A" ip link set "b$n" up
	for hook in ingress egress; do
		ns "$A" "$WEIR" -q attach dev "b$n" "$hook" obj "$NEW"
	done
done
serve_with
scrape >/dev/null
sleep 2
# cpu_percent: of a core, of both processes, while scraped for twenty seconds
cpu_percent() {
	local before n
	before=$(cpu_ns "${pids[@]}")
	for n in $(seq 20); do
		scrape >/dev/null
		sleep 1
	done
	awk -v ns="$(($(cpu_ns "${pids[@]}") - before))" 'BEGIN { printf "%.3f\n", ns / 1e7 / 20 }'
}
echo "  CPU $(cpu_percent) % of a core, both processes; RSS $(rss_kb "${pids[@]}") kB"
awk '/collect_cpu/ && !/#/ { print "  reading counters: " $2 * 1000 / 23 " ms of CPU a second" }' \
	<(ns "$A" curl -s http://127.0.0.1:9777/metrics)
ns "$A" "$WEIR" -q filter dev b1 deny proto udp dport 53
ns "$A" "$WEIR" -q police dev b1 limit proto tcp rate 10mbit
sleep 5
echo "  CPU $(cpu_percent) % of a core with a filter and a limiter beside"
ns "$A" "$WEIR" -q police dev b1 off
ns "$A" "$WEIR" -q filter dev b1 off
# cpu_ms: CPU time of a hundred million packets through a program whose counters are watched.
# Who serves and who scrapes may use the same CPU: their time is in the line above.
head -c 100 /dev/zero >"$TMP/packet"
watched=$(ns "$A" "$WEIR" -n "$A" -j show dev b1 | jq '[.. | .id? // empty][0]')
cpu_ms() {
	local TIMEFORMAT='%U %S'
	{ time taskset -c 0 bpftool prog run id "$watched" data_in "$TMP/packet" repeat 100000000 >/dev/null; } 2>&1 |
		awk '{ printf "%d\n", ($1 + $2) * 1000 }'
}
scrapes() {
	while sleep 0.5; do
		scrape >/dev/null
		sleep 0.5
	done
}
# In turn, since the machine's speed changes. Of 31 ratios, the median of many lies between the 10th
# and the 22nd with a probability of 0.97.
for n in $(seq 31); do
	kill -CONT "${pids[@]}"
	scrapes &
	scraping=$!
	watched_ms=$(cpu_ms)
	kill "$scraping"
	wait "$scraping" 2>/dev/null
	kill -STOP "${pids[@]}"
	echo "$watched_ms $(cpu_ms)"
done | awk '{ printf "%.3f\n", $1 / $2 }' | sort -n | awk '{ r[NR] = $1 }
	END {
		verdict = r[10] >= 0.97 && r[22] <= 1.03 ? "yes" : r[10] > 1.03 || r[22] < 0.97 ? "no" : "noisy"
		printf "  a packet while that goes on: %.3fx of one that nobody watches, surely %.3f to %.3f (goal: 0.97 to 1.03): %s\n", r[16], r[10], r[22], verdict
	}'
kill -CONT "${pids[@]}"
stop "${pids[0]}"

"$WEIR" map create c10k type hash key u32 value '{u64 packets; u64 bytes}' max 10000
seq 9000 | sed 's/$/ packets=1/' | "$WEIR" -q map import c10k -
serve_with interval 0.05 series 20000
echo "weir serve with 10,045 series, read 20 times a second"
for n in $(seq 31); do
	scrape
done | sort -n | awk '{ t[NR] = $1 } END { printf "  a scrape: median %.1f ms, worst %.1f ms\n", t[int((NR + 1) / 2)] * 1000, t[NR] * 1000 }'
sleep 5
early=$(rss_kb "${pids[@]}")
sleep 15
echo "  RSS $early kB, 300 readings later $(rss_kb "${pids[@]}") kB"
stop "${pids[0]}"
rm "$BPFFS"/tc/globals/c1*
for n in 1 2 3 4 5; do
	ns "$A" ip link del "b$n"
done
