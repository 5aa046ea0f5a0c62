#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# XDP on a network card beside native and generic programs, and instead of them.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/vm/netdevsim.sh
. "$(dirname "$0")/netdevsim.sh"

# ---- beside other programs -------------------------------------------------------------

ok 'native' xdp native obj "$OBJ" sec xdp/other
ok 'and offloaded' xdp offload obj "$OBJ" sec xdp
is "$(modes)" 'native off_other, offload off_xdp' 'both are there'
is "$(ip -n "$A" -j -d link show dev d0 | jq .[0].xdp.mode)" 4 'which the kernel calls multi'
ok 'replace the native one' xdp native obj "$OBJ" sec xdp
ok 'replace the offloaded one' xdp offload obj "$OBJ" sec xdp/other
is "$(modes)" 'native off_xdp, offload off_other' 'each by itself'
refused 'off_xdp .* is attached in native mode' 'generic beside native' xdp generic obj "$OBJ" sec xdp
ok 'detach native' weir detach dev d0 xdp native
is "$(modes)" 'offload off_other' 'the other stays'
ok 'generic beside offloaded' xdp generic obj "$OBJ" sec xdp
refused 'is attached in generic mode' 'native beside generic' xdp native obj "$OBJ" sec xdp
ok 'detach offload' weir detach dev d0 xdp offload
is "$(modes)" 'generic off_xdp' 'the other stays'
id=$(weir -j show dev d0 | jq -r '.[].prog.id')
refused 'was made for the host; load it for the device' 'a program of the host' xdp offload id "$id"
ok 'both' xdp offload obj "$OBJ" sec xdp
ok 'detach all' weir detach dev d0
is "$(modes)" '' 'all are gone'

# ---- fallback ------------------------------------------------------------------------

ok 'fallback where it is not needed' xdp offload fallback obj "$OBJ" sec xdp
is "$err $(modes)" ' offload off_xdp' 'offloads'
ok 'detach' weir detach dev d0
ok 'fallback where it is' xdp offload fallback obj "$OBJ" sec xdp/percpu
like "$err" '^weir: note: d0: xdp: not on the device, but native: .*map off_percpu is of type percpu_array' 'says so'
is "$(modes)" 'native off_no_percpu' 'attaches natively'
ok 'detach' weir detach dev d0
ok 'fallback after the load' xdp offload fallback obj "$OBJ" sec xdp/large
is "$(modes)" 'native off_no_large' 'attaches natively'
is "$(weir -j show dev d0 | jq -r '.[].prog.maps[0].pins[0]')" "$BPFFS/tc/globals/off_large" 'with maps of the host'
ok 'detach' weir detach dev d0
run weir attach dev d0 xdp native fallback obj "$OBJ"
exits 2 'fallback without offload'

# ---- nothing is left ------------------------------------------------------------------

rm -r "${BPFFS:?}"/tc
is "$("$IDS" ids)" "$EMPTY" 'no program, map or link is left'
done_testing
