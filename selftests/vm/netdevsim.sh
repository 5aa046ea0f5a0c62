#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the suites about NIC offload share; sourced behind lib.sh. netdevsim is a driver
# without a card: it takes programs and maps as a card would, and shows them in debugfs.
# Packets never meet them.
#
# Given:  a guest with netdevsim (selftests/vm/kernel.sh)
#         FORGETFUL  set: also where the kernel keeps no BTF of a card's programs (5.10), so
#                    that weir does not know its own
# Gives:  A    a network namespace, with d0 and d1: the two ports of netdevsim1
#         OBJ  programs for cards, and maps that no card has
#         DIR  pins of d0's maps

# shellcheck disable=SC2034 # used by those who source this
OBJ=$PROGS/offload.o
DIR=$BPFFS/tc/dev/netdevsim1-p1
SIM=/sys/kernel/debug/netdevsim/netdevsim1
IDS=$BUILD/tests/tool_attach

weir() {
	"$WEIR" -n "$A" "$@"
}
# xdp WORDS...: attach to d0
xdp() {
	weir attach dev d0 xdp "$@"
}
# modes: what is at XDP of d0
modes() {
	weir -j show dev d0 | jq -r '[.[] | .mode + " " + .prog.name] | join(", ")'
}

# sim_add NETNS: netdevsim1 with its two ports, called d0 and d1.
sim_add() {
	local dev
	ns "$1" bash -c 'echo "1 2" >/sys/bus/netdevsim/new_device' || return
	for port in 1 2; do
		dev=$(ip -n "$1" -j -d link show |
			jq -r --arg p "p$port" '.[] | select(.phys_port_name == $p) | .ifname')
		ip -n "$1" link set dev "$dev" name "d$((port - 1))" || return
	done
}
sim_del() {
	echo 1 >/sys/bus/netdevsim/del_device
}

# knob PATH VALUE: a switch of the driver; ports/0 is d0.
knob() {
	echo "$2" >"$SIM/$1"
}

# machine: all that a failed command must leave as it was.
machine() {
	"$IDS" ids
	find "$BPFFS"
	ip -n "$A" link show dev d0
	tc -n "$A" filter show dev d0 ingress 2>&1 # without a qdisc an error
}

# refused PATTERN DESCRIPTION COMMAND...: it fails, with one line, and nothing has changed.
refused() {
	local pattern=$1 what=$2 before
	shift 2
	before=$(machine)
	fails "$what" "$@"
	like "$err" "$pattern" 'it says why'
	is "$(grep -c '^weir: ' <<<"$err")" 1 'in one line'
	is "$(machine)" "$before" 'nothing has changed'
}

# skip_suite REASON
skip_suite() {
	skip_unless false "$1"
	done_testing
}

modprobe netdevsim 2>/dev/null
[ -w /sys/bus/netdevsim/new_device ] || skip_suite 'no netdevsim here: make vmcheck has it'
EMPTY=$("$IDS" ids)
netns_add A
on_exit sim_del
sim_add "$A" || verdict 1 'a netdevsim device'

# Linux 5.10 keeps no BTF of a device's program: weir does not know its own, and types of
# maps are not known.
xdp offload obj "$OBJ" sec xdp
btf=$(weir -j show dev d0 | jq '.[].prog.btf_id')
weir detach dev d0 xdp force
rm -r "${BPFFS:?}"/tc
[ "$btf" != 0 ] || [ -n "${FORGETFUL:-}" ] ||
	skip_suite 'this kernel keeps no BTF of programs on a device'
