#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Two sides with the same interfaces, and the lines of selftests/twin/*.txt, read for
# tests that run each line by stock's program on one side and by weir on the other.
# A test sources it behind lib.sh.
#
# Gives: enter SIDE COMMAND...   rows FUNCTION   WORDS   A, B: the sides
# shellcheck disable=SC2034 # A, B and WORDS are the tests' to use

# TWIN_TABLE: another table, for machines with other kinds of actions.
TABLE=${TWIN_TABLE:-$ROOT/selftests/twin/tc.txt}
NEW=$BUILD/bpf/count.o

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

# pin_one SIDE HOOK PROGRAM
pin_one() {
	enter "$1" "$WEIR" -q attach dev v0 "$2" obj "$NEW" prog "$3"
	enter "$1" bpftool prog pin id "$(enter "$1" "$WEIR" -j show dev v0 | jq '.[0].prog.id')" "/sys/fs/bpf/progs/$3"
	enter "$1" "$WEIR" -q detach dev v0 "$2"
}

# Programs that both sides find pinned. bpftool loads all that the object has.
side_prepare() {
	if kernel_has frags; then
		enter "$1" bpftool prog loadall "$NEW" /sys/fs/bpf/progs >/dev/null 2>&1
		return
	fi
	fresh "$1"
	enter "$1" mkdir /sys/fs/bpf/progs
	pin_one "$1" ingress count_ingress
	pin_one "$1" xdp count_xdp
	fresh "$1"
}

# The files that the tables name, in the present folder.
twin_files() {
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
}

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

# rows FUNCTION ARGUMENTS...: FUNCTION ARGUMENTS MARK NAME LINE for each row, with its
# words in WORDS; fresh interfaces where a scenario begins.
rows() {
	local line mark name
	fresh "$A"
	fresh "$B"
	while IFS= read -r line; do
		mark=
		name=
		case $line in
		'#'*) continue ;;
		'')
			fresh "$A"
			fresh "$B"
			continue
			;;
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
		if [[ $line == *xdp.frags* ]] && ! skip_unless 'kernel_has frags' 'xdp.frags needs Linux 5.18'; then
			continue
		fi
		words "$line"
		"$@" "$mark" "$name" "$line"
	done <"$TABLE"
}

A=wx-$$-stock
B=wx-$$-weir
mkdir "$TMP/twin"
cd "$TMP/twin" || exit 1
twin_files
for side in "$A" "$B"; do
	side_start "$side"
	side_prepare "$side"
done
