#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# -batch: files in which lines of ours and of the real program stand together run
# in their order, fail where they would, and leak nothing.
# shellcheck disable=SC1003,SC2016 # backslashes and dollars are for others
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

TC=$BUILD/shims/tc
IP=$BUILD/shims/ip
netns_add A B
# shellcheck disable=SC2153 # set by netns_add
veth_pair "$A" b0 "$B" b1
FILE=$TMP/lines

reset() {
	ns "$A" tc qdisc del dev b0 clsact 2>/dev/null
	ns "$A" tc qdisc del dev b0 root 2>/dev/null
	ns "$A" tc qdisc add dev b0 clsact
}

# twin DESCRIPTION [OPTIONS]: $FILE through tc and through the shim: as a file, as
# standard input, through a pipe. Same output, same status, same state.
twin() {
	local what=$1 how
	shift
	for how in file stdin pipe; do
		reset
		one tc "$how" "$@"
		local want="$status
$out
-- $err"
		state=$(ns "$A" tc -d -j qdisc show dev b0; ns "$A" tc -j filter show dev b0 ingress)
		reset
		one "$TC" "$how" "$@"
		is "$status
$out
-- $err" "$want" "$what ($how $*): output and exit status"
		is "$(ns "$A" tc -d -j qdisc show dev b0; ns "$A" tc -j filter show dev b0 ingress)" "$state" \
			"$what ($how $*): what is left"
	done
}

one() {
	local cmd=$1 how=$2
	shift 2
	case $how in
	file) run ns "$A" "$cmd" "$@" -batch "$FILE" ;;
	stdin) run ns "$A" bash -c '"$@" -b - <"$0"' "$FILE" "$cmd" "$@" ;;
	pipe) run ns "$A" bash -c 'cat "$0" | "$@" -b -' "$FILE" "$cmd" "$@" ;;
	esac
}

F='filter add dev b0 ingress protocol ip pref'
P="bpf da bytecode '1,6 0 0 0'"

# ---- no line is ours ----------------------------------------------------------------------

printf '%s\n' '# nothing' '' '   ' >"$FILE"
twin 'an empty one'
: >"$FILE"
twin 'a file of no bytes'
printf '%s\n' 'class show dev b0' '' 'qdisc show dev nowhere' 'class show dev b0' >"$FILE"
twin 'a failing line'
twin 'a failing line' -force
printf '%s\n' 'class show dev b0' 'class frobnicate' 'help' 'qdisc show dev b0' >"$FILE"
twin 'a wrong word'
twin 'a wrong word' -force
printf 'class show dev "b0' >"$FILE"
twin 'a quote without its end'
printf '%s' 'class show dev b0 \' >"$FILE"
twin 'a continuation without its line'
printf 'class show \\\ndev b0 \\\n' >"$FILE"
twin 'a text that ends in a continuation'
{
	printf 'class show'
	printf ' x%.0s' $(seq 600)
	echo
} >"$FILE"
twin 'more words than a line can have'
run "$TC" -batch "$TMP/none"
exits 1 'a file that is not there'
is "$err" "Cannot open file \"$TMP/none\" for reading: No such file or directory" 'is told as tc does'
run "$TC" -n nowhere -batch "$FILE"
exits 255 'a namespace that is not there'

# ---- ours among others ------------------------------------------------------------------------

printf '%s\n' 'qdisc add dev b0 root handle 1: pfifo' "$F 5 handle 1 $P" \
	'filter show dev b0 ingress' 'class show dev b0' 'qdisc show dev b0 clsact' \
	'filter add dev b0 ingress protocol ip pref 9 u32 match u32 0 0 flowid 1:1' \
	'filter show dev b0 ingress' "$F 6 handle 2 $P" 'class show dev b0' >"$FILE"
twin 'both kinds in turn'
twin 'both kinds in turn' -j
twin 'both kinds in turn' -force -d
printf '%s\r\n' "$F 5 $P" 'qdisc show dev b0' 'filter show dev b0 ingress' >"$FILE"
twin 'lines that end in CR LF'
printf '%s\n%s' "$F 5 $P" 'filter show dev b0 ingress' >"$FILE"
twin 'no newline at the end'
printf '%s\n%s' 'filter show dev b0 ingress' 'qdisc show dev b0' >"$FILE"
twin 'no newline at the end of a foreign line'
cat >"$FILE" <<'L'
	# a comment
  filter   add dev b0 ingress \
	protocol ip   # in the middle \
	pref 0x7 \
	bpf da bytecode "1,6 0 0 0"   # and at the end
"filter" 'show' "dev" b0 ingress#here
qdisc \
show dev \
b0
L
twin 'comments, continuations and quotes'

printf '%s\n' "$F 5 handle 1 $P" 'class show dev b0' "$F 5 handle 1 $P" "$F 6 $P" 'class show dev b0' >"$FILE"
twin 'one of ours fails'
twin 'one of ours fails' -force
printf '%s\n' "$F 5 handle 1 $P" '' '# here' 'class show \' 'dev b0' 'qdisc del dev b0 parent 9:' \
	'class show dev b0' "$F 6 $P" 'class show dev b0' >"$FILE"
twin 'a foreign one fails'
twin 'a foreign one fails' -force
printf '%s\n' "$F 5 $P" 'qdisc del dev b0 parent 9:' "$F 6 $P" 'qdisc del dev b0 parent 8:' \
	'filter del dev b0 ingress pref 5' 'filter del dev b0 ingress pref 77' 'class show dev b0' >"$FILE"
twin 'several fail' -force
printf '%s\n' "$F 5 $P" 'class show dev b0' 'class show dev' "$F 6 $P" >"$FILE"
twin 'a foreign line lacks its last word'
twin 'a foreign line lacks its last word' -force
printf '%s\n' "$F 5 $P" 'class show dev "b0' "$F 6 $P" >"$FILE"
twin 'a quote without its end behind one of ours' -force
printf '%s\n' "$F 5 $P" 'class show dev b0 \' >"$FILE"
truncate -s -1 "$FILE"
twin 'a lone backslash at the end'
printf '%s\n' "$F 5 $P" '-batch x' "$F 6 $P" >"$FILE"
twin 'an option as a line'

# A wrong word in one of ours ends tc at once, without a line number; here it is a
# failed line.
printf '%s\n' 'class show dev b0' "$F 70000 $P" "$F 6 $P" >"$FILE"
reset
run ns "$A" "$TC" -force -batch "$FILE"
exits 1 'a wrong word in a line of ours'
like "$err" "Command failed $FILE:2\$" 'is told with its place'
is "$(ns "$A" tc -j filter show dev b0 ingress pref 6 | jq length)" 2 'and does not end a batch with -force'

# Words come through the pipe as they were.
mkdir "$TMP/fake"
cat >"$TMP/fake/tc" <<'SH'
#!/bin/sh
printf '<%s>' "$@" >>/run/weir-selftest/args
echo >>/run/weir-selftest/args
cat >>/run/weir-selftest/got
SH
chmod 755 "$TMP/fake/tc"
cat >"$FILE" <<'L'
filter show dev b0 ingress
class  show	'a b' "it's a" '"' "" x'y"z \t
L
run ns "$A" env PATH="$TMP/fake:$PATH" "$TC" -s -force -batch "$FILE"
is "$(cat "$TMP/args")" '<-s><-force><-batch><->' 'the real one gets our options and -batch -'
is "$(cat "$TMP/got")" "class show \"a b\" \"it's a\" '\"' \"\" x'y\"z \\t " 'and the words of its lines'

# A batch in which nothing is ours is the real program, from the start.
rm "$TMP/args" "$TMP/got"
printf '%s\n' 'class show dev b0' >"$FILE"
run ns "$A" env PATH="$TMP/fake:$PATH" "$TC" -batch "$FILE"
is "$(cat "$TMP/args")" "<-batch><$FILE>" 'a foreign batch is handed on whole'
# also from the middle of an input that is shared
printf '%s\n' first 'class show dev b0' >"$FILE"
ns "$A" env PATH="$TMP/fake:$PATH" bash -c 'read -r _; exec "$0" -b -' "$TC" <"$FILE"
is "$(cat "$TMP/got")" 'class show dev b0' 'from where the input stood'
printf '#!/bin/sh\nread -r line\nexit 77\n' >"$TMP/fake/tc"
printf '%s\n' 'qdisc show dev b0 clsact' 'class show' 'class show' 'qdisc show dev b0 clsact' >"$FILE"
run ns "$A" env PATH="$TMP/fake:$PATH" "$TC" -force -batch "$FILE"
exits 77 'a real one that goes takes the batch with it'
is "$(grep -c clsact <<<"$out")" 1 'before the next of ours'
printf '#!/bin/sh\nkill -9 $$\n' >"$TMP/fake/tc"
run ns "$A" env PATH="$TMP/fake:$PATH" "$TC" -batch "$FILE"
exits 137 'killed, as well'

# ---- ip -------------------------------------------------------------------------------------------

printf '%s\n' 'link show dev b0' "link set dev b0 xdp obj $BUILD/bpf/count.o sec xdp" \
	'link show dev b0' 'link set dev b0 xdp off' 'link set dev nowhere up' 'link show dev b0' >"$FILE"
run ns "$A" ip -batch "$FILE"
want="$status
$(sed -E 's/id:?[ ]?[0-9]+/id N/' <<<"$out")
$err"
run ns "$A" "$IP" -batch "$FILE"
is "$status
$(sed -E 's/id:?[ ]?[0-9]+/id N/' <<<"$out")
$err" "$want" 'ip, lines of both kinds, one fails'

# ---- lines that come one by one -----------------------------------------------------------------------

reset
mkfifo "$TMP/fifo"
background ns "$A" bash -c "exec '$TC' -batch - <'$TMP/fifo' >'$TMP/live' 2>&1"
live=$bg
exec 9>"$TMP/fifo"
shown() {
	ns "$A" tc qdisc show dev b0 | grep -q "$1"
}
echo 'qdisc add dev b0 root handle 1: pfifo' >&9
ok 'a foreign line acts when it comes' wait_for 5 shown 'pfifo 1:'
echo 'qdisc replace dev b0 root handle 2: pfifo' >&9
ok 'the next as well' wait_for 5 shown 'pfifo 2:'
echo 'qdisc del dev b0 clsact' >&9
ok 'one of ours too' wait_for 5 bash -c "! nsenter --net=/run/netns/$A tc qdisc show dev b0 | grep clsact"
echo 'qdisc show dev b0' >&9
echo 'qdisc del dev b0 parent 9:' >&9
exec 9>&-
wait "$live"
is $? 1 'a failing line ends it'
like "$(cat "$TMP/live")" 'pfifo 2: .*Command failed -:5$' 'with its number'

# ---- many lines -------------------------------------------------------------------------------------------

reset
# lines N: in turn fifty of ours and fifty foreign ones; the last shows the qdisc
lines() {
	awk -v n="$1" -v obj="$BUILD/bpf/legacy/count.o" 'BEGIN {
		for (i = 1; i < n; i++) {
			if (i % 100 >= 50)
				print "class show dev b0"
			else if (i % 1000 == 1)
				print "filter replace dev b0 ingress pref 1 handle 1 bpf da obj " obj
			else if (i % 5 == 0)
				print "filter show dev b0 ingress"
			else
				print "filter replace dev b0 ingress pref 2 handle 1 bpf da bytecode \"1,6 0 0 0\""
		}
		print "qdisc show dev b0 clsact"
	}'
}
rss_kb() {
	awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}
fds() {
	local list=("/proc/$1/fd/"*)
	echo ${#list[@]}
}
done_lines() {
	[ "$(grep -c '^qdisc clsact' "$TMP/many")" = "$1" ]
}
background ns "$A" bash -c "exec '$TC' -batch - <'$TMP/fifo' >'$TMP/many' 2>'$TMP/many.err'"
many=$bg
exec 9>"$TMP/fifo"
lines 2000 >&9
ok '2,000 lines' wait_for 60 done_lines 1
rss=$(rss_kb "$many")
open=$(fds "$many")
lines 18000 >&9
ok '20,000 lines' wait_for 240 done_lines 2
grown=$(($(rss_kb "$many") - rss))
is "$(fds "$many")" "$open" 'leave no descriptor open'
is $((grown < 512)) 1 "and no memory taken ($rss kB, then $grown kB more)"
exec 9>&-
wait "$many"
is $? 0 'all succeed'
is "$(cat "$TMP/many.err")" '' 'in silence'

done_testing
