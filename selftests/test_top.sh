#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# weir top, on a terminal of tmux: what it shows, what its keys do, and what it leaves behind.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

GLOBALS=$BPFFS/tc/globals
TERMINAL=(tmux -u -S "$TMP/tmux" -f /dev/null)

screen() {
	"${TERMINAL[@]}" capture-pane -p
}

# shows REGEX...: each is on the screen.
shows() {
	local text regex
	text=$(screen)
	for regex; do
		grep -Eq -- "$regex" <<<"$text" || return
	done
}

hides() {
	! shows "$1"
}

# has DESCRIPTION REGEX...: it will be shown. lacks: it will not be.
has() {
	local what=$1 bad=0
	shift
	wait_for 10 shows "$@" || bad=1
	verdict $bad "$what" "wanted: $*
$(screen)"
}

lacks() {
	local bad=0
	wait_for 10 hides "$2" || bad=1
	verdict $bad "$1" "not wanted: $2
$(screen)"
}

keys() {
	"${TERMINAL[@]}" send-keys "$@"
}

# start WORDS...: a line of the shell, that begins weir top on an empty screen. A word of ours
# is not typed twice: its own line would be found on the screen.
start() {
	keys "clear; $* $WEIR -n $right top interval 0.1" Enter
	wait_for 10 shows '^weir top '
}

at_prompt() {
	[ -z "$(children)" ] && shows '^ready\$ *$'
}

children() {
	pgrep -P "$shell"
}

# is_clean DESCRIPTION: we are gone, the shell is there, and the terminal is as it was: its
# modes, its cursor, its first screen.
is_clean() {
	local state
	wait_for 10 at_prompt
	state=$("${TERMINAL[@]}" display-message -p 'cursor #{cursor_flag} alternate #{alternate_on}')
	rm -f "$TMP/after"
	keys "clear; stty -a >$TMP/after" Enter
	wait_for 10 grep -q echoke "$TMP/after"
	is "$state
$(cat "$TMP/after")" "cursor 1 alternate 0
$(cat "$TMP/before")" "$1"
}

# ---- no terminal ------------------------------------------------------------------

netns_add left right
veth_pair "$left" top0 "$right" top1
for hook in xdp ingress egress; do
	"$WEIR" -n "$right" -q attach dev top1 $hook obj "$BUILD/bpf/count.o"
done
fails 'without a terminal' "$WEIR" top
is "$err" 'weir: top: standard output is not a terminal; weir stat interval 1 prints reports' \
	'it says what to do'
fails 'on a terminal that cannot' script -qec "env TERM=dumb $WEIR top" /dev/null
like "$out" '^weir: top: terminal "dumb" cannot move its cursor; [^'$'\n'']*$' 'it says so, in one line'

for time in 0.05 1000; do
	fails "interval $time" "$WEIR" top interval $time
	is "$status $err" "2 weir: top: 'interval' '$time': not a time from 100ms to 60s" 'is refused'
done

# ---- what it shows ----------------------------------------------------------------

"${TERMINAL[@]}" new-session -d -x 80 -y 24 'PS1="ready$ " LC_ALL=C.UTF-8 exec bash --norc --noprofile'
on_exit "${TERMINAL[@]}" kill-server
shell=$("${TERMINAL[@]}" display-message -p '#{pane_pid}')
wait_for 10 shows '^ready\$'
keys "stty -a >$TMP/before" Enter
wait_for 10 grep -q echoke "$TMP/before"

start
has 'an interface, both ways' '^- top1 rx +.* 0 +0 ' '^  top1 tx'
has 'its programs' '^ +xdp count_xdp id [0-9]+, native' '^ +ingress count_ingress id' \
	'^ +egress count_egress id .*, weir_count above'
has 'in the order in which packets meet them' "$(printf '%s' '^ +xdp')"
is "$(screen | grep -oE '^ +(xdp|ingress|egress) ' | tr -d ' \n')" 'xdpingressegress' 'one below the other'
has 'a map where all is zero' '^ +weir_count percpu_array, all zero'
has 'a line about all of it' '^weir top .* every 0.1 s  2 interfaces  3 programs  45 counters'
has 'the keys' '^q quit .*\? help'

read -r _ packets bytes < <(send "$left" top0 ipv4/udp 700 size 100)
has 'counters are what was sent' "^ +ingress_ipv4_udp .* $packets +$bytes( |\$)" \
	"^ +xdp_ipv4_udp .* $packets +$bytes( |\$)" "^- top1 rx .* $packets "
has 'a map is the sum' "^ +- weir_count percpu_array .* $((2 * packets)) +$((2 * bytes))( |\$)"
lacks 'what is zero is hidden' 'xdp_arp'
has 'rates come to rest' '^ +xdp_ipv4_udp +0 +0 '

background ns "$left" "$BUILD/tests/tool_send" top0 ipv4/udp 100000 size 1000 rate 500
sender=$bg
has 'a title for the past' '^by name .* history *$'
keys t
has 't: of thirty readings each' ' 3 s each *$'
has 'which are there when there were so many' '^ +xdp_ipv4_udp .*[1-9][0-9]{2} .*[▁-█]{2}'
keys t
has 'and of 720' ' 72 s each *$'
keys t
has 'rates follow what is sent' '^ +xdp_ipv4_udp +[1-9][0-9]{2} +[0-9.]+M' '^- top1 rx +[1-9][0-9]{2} '
has 'with their past' '^ +xdp_ipv4_udp .*█'

# ---- keys ------------------------------------------------------------------------

keys Space
has 'pause' '^weir top PAUSED'
before=$(screen)
sleep 0.3
is "$(screen)" "$before" 'stands still'
keys z
has 'but hears: zeros are shown' 'egress_arp ' '^by name, zeros'
keys z Space
lacks 'and goes on' PAUSED
wait_for 10 hides 'zeros,'
stop "$sender"

bpftool prog load "$PROGS/counters.o" $BPFFS/prog type xdp pinmaps $GLOBALS
has 'a map that is pinned, of no interface' '^- maps of no interface here' '^  +lanes .*, all zero'
head -c 100 /dev/zero >"$TMP/packet"
bpftool prog run pinned $BPFFS/prog data_in "$TMP/packet" repeat 7 >/dev/null
has 'and its counters' '^  - lanes ' '^ +right .* 7 +700 '
find $BPFFS/prog $GLOBALS -type f ! -name weir_count -delete
lacks 'until its pin is gone' 'maps of no'

keys s
has 'by packets' '^by pps '
keys s s
has 'by total' '^by total '
ns "$left" ping -q -c 3 -i 0.01 10.99.1.2 >/dev/null
has 'with the largest first' 'xdp_ipv4_icmp .* 3 '
counters() {
	screen | grep -oE '(xdp|ingress|egress)_ipv4_(udp|icmp)' | sed 's/.*_//' | uniq | tr '\n' ' '
}
is "$(counters)" 'udp icmp ' 'counters are in that order'
keys r
has 'reversed' 'by total, reversed'
is "$(counters)" 'icmp udp ' 'the other way'
keys r s
has 'by name again' '^by name '

keys / xdp_ipv4_u
has 'a filter is typed' '^/xdp_ipv4_u_'
lacks 'and hides others' 'ingress_ipv4_udp'
has 'but not the way to what it finds' '^- top1 rx' '^ +xdp count_xdp' '^ +xdp_ipv4_udp'
keys Enter
has 'it stays' 'filter xdp_ipv4_u' '^q quit'
keys Escape
has 'escape clears it' '^ +ingress_ipv4_udp'
keys / nothing-has-this
has 'no name has it' 'nothing has such a name'
keys Escape
has 'and escape ends that, too' '^q quit' '^- top1 rx'

keys '?'
has 'help' 'any key goes back'
keys x
has 'and back' '^- top1 rx'

keys Home Down Down Left
has 'an interface is folded' '^\+ top1 rx' '^  top1 tx'
lacks 'with all below it' 'count_xdp'
keys Enter
has 'and unfolded' '^- top1 rx' 'count_xdp'
keys j j j h
has 'a map as well' '^ +\+ weir_count'
keys l
has 'to the right' '^ +- weir_count'
keys +
has 'slower' 'every 0.2 s'
keys -
has 'faster' 'every 0.1 s'

# ---- sizes -----------------------------------------------------------------------

keys z
"${TERMINAL[@]}" resize-window -x 40 -y 10
has 'small' '^- top1 rx +0 ' '^ +- weir_coun… '
has 'where a name is cut it stands whole at the foot' '^weir_count percpu_array$'
is "$(screen | wc -l)" 10 'on all of its lines'
keys End
has 'to the end' 'egress count_egress'
"${TERMINAL[@]}" resize-window -x 20 -y 5
has 'tiny' '^weir top' '^    egress count_eg…$' '^egress count_egress…$'
keys Home
has 'with the keys, where a name is whole' '^q quit.*…$'
"${TERMINAL[@]}" resize-window -x 3 -y 1
wait_for 10 shows '^..…$'
"${TERMINAL[@]}" resize-window -x 80 -y 24
has 'and large again' 'every 0.1 s  2 interfaces' '\+- interval$'
keys Home
has 'to the beginning' '^  lo rx'

# ---- the end ---------------------------------------------------------------------

keys q
is_clean 'q leaves a clean terminal'
start
kill -TERM "$(children)"
is_clean 'so does SIGTERM'
start
kill -INT "$(children)"
is_clean 'and SIGINT'
start
kill -HUP "$(children)"
is_clean 'and SIGHUP'
start
keys C-c
is_clean 'and Ctrl-C'
for signal in TERM HUP INT; do
	start
	keys C-s
	sleep 0.3 # that it may try to draw
	kill -$signal "$(children)"
	is_clean "SIG$signal while the output is stopped"
done
start
keys C-s
sleep 0.3
keys q
is_clean 'q, too'
start
last=$(children)
server=$("${TERMINAL[@]}" display-message -p '#{pid}')
gone() {
	! grep -q '^State:[[:space:]]*[^Z]' "/proc/$last/status"
}
kill -STOP "$server"
for ((i = 0; i < 100; i++)); do
	kill -CONT "$last" # it draws all, until nothing more fits
	sleep 0.005
done
kill -TERM "$last"
ok 'a signal while nobody takes its output' wait_for 5 gone
kill -CONT "$server"
is_clean 'which is taken again'
start
keys C-z
wait_for 10 shows Stopped
has 'Ctrl-Z stops it' Stopped '^ready\$'
keys 'clear; stty -a | cmp - '"$TMP/before"' && fg' Enter
has 'with a clean terminal, and it goes on' '^weir top '
keys q
is_clean 'and ends'
start
kill -STOP "$(children)"
wait_for 10 shows Stopped
keys 'clear; fg' Enter
wait_for 10 hides Stopped # it is the same screen
has 'after SIGSTOP, too' '^weir top ' '^q quit'
keys C-z
wait_for 10 shows Stopped
keys 'clear; bg' Enter
# without the terminal it stops by itself, which the shell tells at its next prompt
stopped_again() {
	keys Enter
	shows Stopped
}
wait_for 10 stopped_again
keys 'clear; kill %1; wait' Enter
is_clean 'in the background a signal ends it'

# ---- colours, other terminals --------------------------------------------------------

colours() {
	"${TERMINAL[@]}" capture-pane -pe | grep -cE $'\e\\[([0-9]+;)*3[0-7]'
}
coloured() {
	[ "$(colours)" != 0 ]
}
start
ok 'colours' wait_for 10 coloured
keys q
is_clean 'which end with it'
start NO_COLOR=1
has 'NO_COLOR' 'xdp_ipv4_udp'
is "$(colours)" 0 'has none'
keys q
wait_for 10 at_prompt
start TERM=vt100 LC_ALL=C
has 'a VT100, in ASCII' '^ +xdp_ipv4_udp .* [_.@]{5}' '^q quit'
lacks 'without a block' '▁|…'
keys q
is_clean 'as clean'
# what terminals call themselves, here or at the other end of ssh
for term in xterm-256color xterm linux screen tmux-256color vt220 rxvt; do
	start TERM=$term
	has "$term" '^- top1 rx' '^ +xdp_ipv4_udp ' '^q quit'
	keys q
	is_clean "$term, clean behind it"
done

# ---- keys that curses does not know --------------------------------------------------------

start TERM=screen
has 'a list' '^- top1 rx' '^ +xdp_ipv4_udp '
# application keypad, Alt-q, a function key with modifiers, a report of focus
keys -l $'\eOq'
keys -l $'\eq'
keys -l $'\e[99;5q'
keys -l $'\eOQ\eOp'
keys -l $'\e[Iz'
has 'their tails are no commands, what follows is' '^by name, zeros'
keys z Home Down Down # the first one is lo, without programs
keys -l $'\eOM'
has 'the keypad has Enter' '^\+ top1 rx'
keys q
is_clean 'and q alone ends'

# ---- over ssh --------------------------------------------------------------------------

mkdir -p "$TMP/home/.ssh"
dropbearkey -t ed25519 -f "$TMP/home/key" >/dev/null 2>&1
dropbearkey -y -f "$TMP/home/key" | grep '^ssh-' >"$TMP/home/.ssh/authorized_keys"
dropbearkey -t ed25519 -f "$TMP/home/host" >/dev/null 2>&1
# root's home is ours, in this mount namespace
sed "s,^root:.*,root:x:0:0:root:$TMP/home:/bin/bash," /etc/passwd >"$TMP/passwd"
mount --bind "$TMP/passwd" /etc/passwd
background ns "$left" dropbear -F -r "$TMP/home/host" -P "$TMP/dropbear.pid" -p 127.0.0.1:2222 2>"$TMP/dropbear"
ssh_listens() {
	ns "$left" bash -c 'exec 3<>/dev/tcp/127.0.0.1/2222'
}
ok 'a server of ssh' wait_for 5 ssh_listens
ssh="nsenter --net=/run/netns/$left dbclient -t -y -y -i $TMP/home/key -p 2222 root@127.0.0.1"
start "$ssh LC_ALL=C.UTF-8"
has 'over ssh' '^- top1 rx' '^ +xdp_ipv4_udp ' '^q quit'
"${TERMINAL[@]}" resize-window -x 120 -y 30
wide() {
	[ "$(screen | grep '^q quit' | wc -m)" -gt 80 ] || [ "$(screen | wc -l)" = 30 ]
}
ok 'resized there, too' wait_for 10 wide
"${TERMINAL[@]}" resize-window -x 80 -y 24
narrow() {
	[ "$(stty -F "$("${TERMINAL[@]}" display-message -p '#{pane_tty}')" size)" = '24 80' ]
}
ok 'and back' wait_for 10 narrow
keys q
is_clean 'clean behind it'
start "$ssh LC_ALL=C.UTF-8"
remote=$(pgrep -f "^$BUILD/weir-top|weir -n $right top interval" | tail -n 1)
kill -KILL "$(children)"
is_gone() {
	! [ -d "/proc/$remote" ]
}
ok 'and when the connection is gone, so is it' wait_for 10 is_gone
keys Enter
wait_for 10 shows '^ready'
keys 'stty sane; stty echoke; clear' Enter
wait_for 10 at_prompt

# ---- names -------------------------------------------------------------------------

ip -n "$right" link add $'a\e[31mb' type veth peer name $'a\xff'
start
has 'control characters do not reach the terminal' '^  a\\x1b\[31mb \(down\) rx +0 ' '^  a\\xff '
keys q
wait_for 10 at_prompt
ip -n "$right" link del $'a\e[31mb'

# ---- interfaces that come and go -------------------------------------------------------

start
ip -n "$right" link add late0 type veth peer name late1
has 'an interface that comes' '^  late0 \(down\) rx +0 '
ip -n "$right" link set late0 name other0
has 'has another name' '^  other0 \(down\) rx +0 '
lacks 'and no longer the old one' 'late0'
ip -n "$right" link del other0
lacks 'and goes' 'other0'
keys q
wait_for 10 at_prompt

# ---- what fails, while it runs ---------------------------------------------------------

start
timeout 20 strace -f -q -o "$TMP/trace" -e trace=sendto -e inject=sendto:error=ENOBUFS -p "$(children)" &
tracer=$!
has 'a reading that fails is told' '^weir: |No buffer space'
several() {
	[ "$(grep -c INJECTED "$TMP/trace")" -gt 5 ]
}
ok 'more than once' wait_for 10 several
kill "$tracer"
wait "$tracer"
send "$left" top0 ipv6/udp 7 size 100 >/dev/null
has 'and the next ones go on' '^ +xdp_ipv6_udp .* 7 +'
keys q
wait_for 10 at_prompt

keys "clear; $WEIR -n $right top dev top1 interval 0.1; echo status \$?" Enter
has 'one interface' '^- top1 rx' ' 1 interface  '
lacks 'and no other' '^  lo rx'
ip -n "$right" link set top1 down # before Linux 6.2 one that is up keeps its name
ip -n "$right" link set top1 name wan1
ip -n "$right" link set wan1 up
has 'goes on under another name' '^- wan1 rx' '^ +xdp count_xdp'
# a name that was its own is another one's
ip -n "$right" link add top1 type veth peer name spare0
sleep 0.5
has 'is still the same one' '^- wan1 rx'
ip -n "$right" link del wan1
has 'which goes: an error, on the other screen' '^weir: .*top1: the interface is gone' '^status 1'

start
last=$(children)
"${TERMINAL[@]}" kill-server
ok 'and without its terminal it ends' wait_for 10 gone

done_testing
