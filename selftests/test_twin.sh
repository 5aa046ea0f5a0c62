#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Stock tc and ip in one namespace, weir's in its twin: each line of
# selftests/twin/*.txt gives the same exit status, output and kernel state.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

# TWIN_TABLE: another table, for machines with other kinds of actions.
TABLE=${TWIN_TABLE:-$ROOT/selftests/twin/tc.txt}
NEW=$BUILD/bpf/count.o
MAN=$ROOT/cli/weir.8

# A side: a network namespace and a mount namespace with a bpffs of its own, kept by a
# process. enter SIDE COMMAND...
declare -A HOLDER
side_start() {
	ip netns add "$1"
	NETNS+=("$1")
	nsenter --net="/run/netns/$1" unshare -m --propagation private -- \
		bash -c 'mount -t bpf bpf /sys/fs/bpf; exec sleep infinity' &
	HOLDER[$1]=$!
	PIDS+=($!)
	wait_for 5 test "/proc/${HOLDER[$1]}/exe" -ef "$(command -v sleep)"
}
enter() {
	local side=$1
	shift
	nsenter -t "${HOLDER[$side]}" -n -m -- "$@"
}

# Same names, indexes and addresses on both sides.
fresh() {
	enter "$1" ip link del v0 2>/dev/null
	enter "$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
		ip link add v0 index 10 address 02:00:00:00:00:01 type veth \
			peer name v1 index 11 address 02:00:00:00:00:02
		echo 0 >/proc/sys/net/ipv6/conf/v0/disable_ipv6
		ip link set v0 up addrgenmode none; ip link set v1 up addrgenmode none
		rm -rf /sys/fs/bpf/tc /sys/fs/bpf/xdp /sys/fs/bpf/ip'
}

# Numbers of the running kernel, not of the program.
normal() {
	sed -E -e 's/\bid [0-9]+/id N/g' -e 's/"id": ?[0-9]+/"id":N/g' \
		-e 's/(load_time"?:?) ?[0-9]+/\1 N/g' -e 's/(btf_id"?:?) ?[0-9]+/\1 N/g' \
		-e 's/(xdp\/id:)[0-9]+/\1N/g' -e 's/(installed|used|firstused) [0-9]+ sec/\1 N sec/g' \
		-e 's/("(installed|last_used|first_used)":) ?[0-9]+/\1N/g' \
		-e 's/(lifetime|rcv|expires) [0-9]+/\1 N/g'
}

state() {
	# shellcheck disable=SC2016 # the inner shell expands
	enter "$1" bash -c 'for dev in v0 v1; do
		tc qdisc show dev $dev
		for hook in ingress egress root; do tc -d filter show dev $dev $hook; done
		tc chain show dev $dev ingress
		done
		for block in 5 6; do tc -d filter show block $block; done
		ip -d link show; ip route show; ip -6 route show
		# Folders that a failed load leaves behind are no state.
		cd /sys/fs/bpf && find . -type f | sort' 2>&1 | normal
}

# Programs that both sides find pinned, and files.
side_prepare() {
	enter "$1" bash -c "bpftool prog load '$NEW' /sys/fs/bpf/classifier type classifier >/dev/null 2>&1
		bpftool prog loadall '$NEW' /sys/fs/bpf/progs >/dev/null 2>&1"
}

mkdir "$TMP/twin"
cd "$TMP/twin" || exit 1
cp "$NEW" new.o
printf '3\n48 0 0 0\n21 0 1 6\n6 0 0 0\n' >bytecode
cat >lines <<'B'
# comment
qdisc add dev v0 clsact

filter add dev v0 ingress bpf da obj new.o # behind a line
qdisc show dev v0
filter add dev v0 ingress pref 3 \
	bpf bytecode '1,6 0 0 0'
filter add dev v0 egress bpf da obj "new.o" section 'tc'
class show dev v0
B
cat >badlines <<'B'
qdisc add dev v1 clsact
filter add dev v1 ingress bpf da obj new.o
filter add dev nosuch ingress bpf da obj new.o
qdisc add dev nosuch root pfifo
filter add dev v1 egress bpf da obj new.o
class show dev nosuch
filter show dev v1 egress
B
printf 'filter show dev v0 ingress\nqdisc show dev v0\n' >showlines
printf 'link set dev v0 mtu 1400\nlink set dev v0 xdp obj new.o sec xdp\nlink show dev v0\n' >ipbatch

# words LINE: the line with the names of this machine, split as a shell does.
words() {
	local line=$1
	line=${line//NEW/new.o}
	line=${line//XPIN//sys/fs/bpf/progs/count_xdp}
	line=${line//PIN//sys/fs/bpf/progs/count_ingress}
	line=${line//IPBATCH/ipbatch}
	line=${line//BATCHSHOW/showlines}
	line=${line//BATCHBAD/badlines}
	line=${line//BATCH/lines}
	line=${line//BC/bytecode}
	eval "WORDS=($line)"
}

# one SIDE HOW: runs WORDS; leaves SIDE.out, SIDE.err, SIDE.code.
one() {
	local side=$1 how=$2 run=()
	case $how in
	stock) run=("${WORDS[@]}") ;;
	weir) run=("$WEIR" "${WORDS[@]}") ;;
	shim) run=(env "PATH=$BUILD/shims:$PATH" "${WORDS[@]}") ;;
	esac
	# shellcheck disable=SC2016 # the inner shell expands
	enter "$side" timeout 20 bash -c 'cd "$1"; shift; exec "$@"' - "$TMP/twin" "${run[@]}" \
		>"$TMP/$side.out" 2>"$TMP/$side.err" </dev/null
	echo $? >"$TMP/$side.code"
	for f in out err; do
		normal <"$TMP/$side.$f" >"$TMP/$side.$f.n"
	done
}

# differences HOW KIND: what is not equal of the last pair; nothing when all is.
differences() {
	cmp -s "$TMP/$A.code" "$TMP/$B.code" ||
		echo "exit status: stock $(cat "$TMP/$A.code"), weir $(cat "$TMP/$B.code")"
	diff "$TMP/$A.out.n" "$TMP/$B.out.n" | sed 's/^/stdout: /'
	if [ "$1" = '+' ]; then
		diff "$TMP/$A.err.n" <(head -n "$(wc -l <"$TMP/$A.err.n")" "$TMP/$B.err.n") |
			sed 's/^/stderr: /'
	elif [ "$1" != '~' ]; then
		diff "$TMP/$A.err.n" "$TMP/$B.err.n" | sed 's/^/stderr: /'
	elif [ -s "$TMP/$A.err" ] && [ ! -s "$TMP/$B.err" ]; then
		echo 'stderr: weir says nothing'
	fi
	# What a refused load of stock's leaves pinned is no state to follow.
	[ "$(cat "$TMP/$A.code")" = 0 ] || enter "$A" rm -rf /sys/fs/bpf/tc /sys/fs/bpf/ip
	[ "$(cat "$TMP/$A.code")" = 0 ] || enter "$B" rm -rf /sys/fs/bpf/tc /sys/fs/bpf/ip
	if [ "$2" = changes ]; then
		diff <(state "$A") <(state "$B") | sed 's/^/state: /'
	fi
}

# Lines that only look leave no state to compare.
kind_of() {
	case $1 in
	*' show'* | *' list'* | *' ls'* | *' help'* | *' get'* | *' -V'*) echo looks ;;
	*) echo changes ;;
	esac
}

play() {
	local how=$1 line mark name got
	fresh "$A"
	fresh "$B"
	while IFS= read -r line; do
		case $line in
		'#'*) continue ;;
		'')
			fresh "$A"
			fresh "$B"
			continue
			;;
		esac
		mark=
		name=
		case $line in
		'~ '* | '+ '*)
			mark=${line%% *}
			line=${line#* }
			;;
		=*)
			name=${line%% *}
			name=${name#=}
			line=${line#* }
			;;
		esac
		words "$line"
		one "$A" stock
		one "$B" "$how"
		got=$(differences "$mark" "$(kind_of "$line")")
		if [ -n "$name" ]; then
			grep -q "^\\.It Sy $name\$" "$MAN"
			verdict $? "$how: $line: $name is in the manual"
			[ -n "$got" ]
			verdict $? "$how: $line: differs as said: $name"
		else
			[ -z "$got" ]
			verdict $? "$how: $line" "$got
weir: $(cat "$TMP/$B.err")"
		fi
	done <"$TABLE"
}

A=wx-$$-stock
B=wx-$$-weir
side_start "$A"
side_start "$B"
fresh "$A"
fresh "$B"
side_prepare "$A"
side_prepare "$B"
play weir
play shim
done_testing
