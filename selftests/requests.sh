#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a program asks of rtnetlink, byte for byte, as strace sees it. A test sources
# it behind lib.sh.

# trace_of FILE TYPES: the requests in FILE whose types are TYPES (an extended regular
# expression of two hexadecimal digits), a line of hexadecimal digits each. Without
# what differs from run to run: sequence number and port, fds (of types 1 and 6, small
# numbers), two bytes of padding that ip leaves as they are, and ip's probe of 32 bytes.
trace_of() {
	# shellcheck disable=SC2016 # awk expands
	awk '/^send/ { print "" } /^ \| / { print substr($0, 11, 49) }' "$1" |
		awk 'NF { gsub(/ /, ""); printf "%s", $0; next } { print "" } END { print "" }' |
		grep -E "^.{8}($2)00" | grep -v '^200000001000' |
		sed -E -e 's/^(.{16}).{16}/\1/' -e 's/0800(0[16])00[0-9a-f]{2}000000/0800\100..000000/g' \
			-e 's/(0600(07|15)00....)..../\10000/g' -e 's/(0f000200.{22})../\100/g'
}

# Options of strace that trace_of needs, beside -o FILE.
# shellcheck disable=SC2034,SC2054 # for the tests; commas are strace's
STRACE=(-q -e trace=sendmsg,sendto -e write=all -s 1)
