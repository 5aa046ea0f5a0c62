#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The command as scripts and people meet it: exit status, what stands on which
# stream, JSON that is always JSON, write errors, work without root, completion.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

COUNT=$BUILD/bpf/legacy/count.o

netns_add A B
# shellcheck disable=SC2153 # set by netns_add
veth_pair "$A" c0 "$B" c1

weir() {
	"$WEIR" -n "$A" "$@"
}

# ---- streams and status ------------------------------------------------------------

ok 'help' "$WEIR" help
like "$out" '^usage: weir ' 'is on standard output'
is "$err" '' 'and nothing else'
run "$WEIR"
exits 2 'no command is wrong usage'
is "$out" '' 'with nothing on standard output'
like "$err" '^usage: weir ' 'and the overview on standard error'
run "$WEIR" attach dev
exits 2 'a cut command line is wrong usage'
is "$err" "weir: attach: 'dev': DEV must follow" 'in one line'
run "$WEIR" help nonsense
exits 2 'help of no command is wrong usage'
ok 'version' "$WEIR" -j version
ok 'is JSON' jq -e '.version and .libbpf' <<<"$out"

run weir show dev nowhere
exits 1 'no such device fails'
like "$err" '^weir: nowhere: .*; ' 'with object, cause, remedy'
is "$(wc -l <<<"$err")" 1 'in one line'
run weir -j show dev nowhere
exits 1 'with -j it fails'
is "$out" '[]' 'and is JSON all the same'
ok 'nothing attached' weir -j show
is "$out" '[]' 'is an empty list'
ok 'nothing attached, quiet' weir -q show
is "$out$err" '' 'is silent'
ok 'nothing to detach' weir detach dev c0
is "$err" "weir: note: c0: nothing of weir's is attached" 'is a note'

# ---- attach: who says what -----------------------------------------------------------

ok 'attach with the mode left open' weir attach dev c0 xdp obj "$COUNT"
like "$out" '^c0: xdp native count_xdp id [0-9]+$' 'says which it was'
ok 'attach with a mode' weir attach dev c0 xdp native obj "$COUNT"
is "$out$err" '' 'is silent'
ok 'attach, quiet' weir -q attach dev c0 xdp obj "$COUNT"
is "$out$err" '' 'is silent'
ok 'attach with -v' weir -v attach dev c0 xdp native obj "$COUNT"
like "$out" '^c0: xdp native count_xdp id [0-9]+ \(replaced id [0-9]+\)$' 'says what it replaced'
ok 'attach with -j' weir -j attach dev c0 ingress obj "$COUNT"
ok 'is JSON' jq -e '.dev == "c0" and .hook == "ingress" and .kind == "bpf" and .pref > 0
	and .handle == 1 and .prog.name == "count_ingress" and .unchanged == false' <<<"$out"
ok 'words in another order, shortened' weir a ob "$COUNT" eg d c0 nam one
id=$(weir -j show dev c0 | jq '.[] | select(.filter == "one") | .prog.id')
like "$id" '^[0-9]+$' 'attach to the slot'
ok 'a program by its id' weir -j attach dev c0 egress id "$id" name two
is "$(jq .prog.id <<<"$out")" "$id" 'is that program'
bpftool prog pin id "$id" "$BPFFS/keep"
ok 'a program by its pin' weir attach dev c0 egress pinned "$BPFFS/keep" name three
is "$(weir -j show dev c0 | jq -r "[.[] | select(.prog.id == $id) | .filter] | sort | join(\" \")")" \
	'one three two' 'all three slots hold it'
run weir attach dev c0 egress pinned "$BPFFS/tc/globals/weir_count"
exits 1 'a pinned map is no program'
like "$err" 'tc/globals/weir_count: .*not a program; ' 'and is named'
run weir attach dev c0 egress pinned "$BPFFS/nothing"
exits 1 'no pin fails'
like "$err" "$BPFFS/nothing: " 'and is named'
run weir attach dev c0 egress id 4294967295
exits 1 'no program of that id fails'
like "$err" 'id 4294967295: ' 'and is named'

# ---- show ----------------------------------------------------------------------------

ok 'show as text' weir show dev c0
like "$out" '^c0
  xdp native
    prog count_xdp id [0-9]+ xdp tag [0-9a-f]{16} jited
      object count.o section xdp, loaded [0-9ms]+ ago by uid 0
      map weir_count id [0-9]+ percpu_array .* pinned '"$BPFFS/tc/globals/weir_count" 'nests facts'
like "$out" "pinned $BPFFS/keep" 'has pins of programs'
ok 'show as JSON' weir -j -p show
ok 'has the promised fields' jq -e 'length == 5 and all(.[]; .dev == "c0" and .ifindex > 0
	and (.prog | .id and .name and .type and .tag and has("jited") and has("frags")
		and .loaded_at > 1700000000 and .uid == 0 and .btf_id and has("run_count")
		and .ours and .object == "count.o" and .section and has("pins")
		and (.maps[0] | .id and .name == "weir_count" and .key_size == 4
			and .value_size == 16 and .max_entries and .pins[0])))' <<<"$out"
ns "$A" tc filter add dev c0 ingress pref 7 protocol ip u32 match u32 0 0 flowid 1:1
ok 'a filter of another kind' weir show
like "$out" '  ingress u32 protocol ip pref 7 ' 'is listed'
ns "$A" tc filter del dev c0 ingress pref 7
ns "$A" ip link set c0 alias x
evil=$'a\e[31mb'
ok 'a slot with a control character' weir attach dev c0 egress obj "$COUNT" name "$evil"
ok 'show' weir show
unlike "$out" $'\e' 'lets none through'
like "$out" 'a\\x1b\[31mb' 'and shows it'
is "$(weir -j show | jq -r --arg n "$evil" '[.[] | select(.filter == $n)] | length')" 1 'JSON keeps it'

ok 'detach one slot with -v' weir -v detach dev c0 egress name two
is "$out" 'c0: 1 program removed' 'says how many'
ok 'detach all with -j' weir -j detach dev c0
is "$(jq .removed <<<"$out")" 5 'counts them'

# ---- check, inspect, convert ------------------------------------------------------------

if kernel_has frags; then
	ok 'check' "$WEIR" check "$COUNT"
	frags=ok
else
	fails 'check of what this kernel does not take' "$WEIR" check "$COUNT"
	like "$err" 'program count_xdp_frags: xdp.frags needs Linux 5.18; ' 'says what it needs'
	frags=failed
fi
is "$out" "count_xdp: ok
count_xdp_frags: $frags
count_ingress: ok
count_egress: ok" 'says a line per program'
is "$(weir -q -j show)" '[]' 'attaches nothing'
run "$WEIR" -j check "$PROGS/bad_packet.o" prog bad_xdp
exits 1 'a refused program fails'
is "$(jq -c '.[] | [.prog, .type, .ok]' <<<"$out")" '["bad_xdp","xdp",false]' 'in JSON too'
like "$err" 'bad_packet' 'with the reason on standard error'

ok 'a section alone' "$WEIR" check "$COUNT" sec tc
is "$out" 'count_egress: ok' 'checks its program'
run "$WEIR" check "$COUNT" sec nothing
exits 1 'no such section fails'
like "$err" 'nothing.*count_xdp' 'and lists what there is'
run "$WEIR" check "$COUNT" prog count_xdp type tc
exits 1 'a kind that contradicts the section fails'
ok 'tail calls' "$WEIR" -q check "$PROGS/maps_tail.o"
is "$out" 'tail_entry: ok' 'are checked with their entry'
ok 'one of them, with its kind' "$WEIR" check "$PROGS/maps_tail.o" prog tail_zero type tc
is "$out" 'tail_zero: ok' 'alone'
run "$WEIR" check "$PROGS/maps_tail.o" prog tail_zero
exits 1 'without it'
like "$err" 'word type' 'says what is missing'

# Whoever has no privilege at all, and cannot see into this bpffs.
as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"
}
cp "$WEIR" "$TMP/weir"
cp "$COUNT" "$TMP/count.o"
chmod 755 "$TMP" && mkdir -m 777 "$TMP/out.d"
ok 'inspect without root' as_nobody "$TMP/weir" inspect "$TMP/count.o"
like "$out" 'count_xdp section xdp xdp [0-9]+ instructions' 'lists programs'
like "$out" 'key enum weir_count_key, value struct weir_counter' 'and types of maps'
ok 'inspect as JSON' as_nobody "$TMP/weir" -j inspect "$TMP/count.o"
ok 'has the promised fields' jq -e '.file == "count.o" and .license and (.sha1 | length == 40)
	and (.programs | length == 4) and (.maps[0] | .name == "weir_count" and .style == "elf"
	and .type == "percpu_array" and .scope == "global" and .pin) and .tail_calls == []' <<<"$out"
ok 'convert without root' as_nobody "$TMP/weir" convert "$TMP/count.o" -o "$TMP/out.d/new.o"
is "$out" '' 'is silent'
is "$("$WEIR" -j inspect "$TMP/out.d/new.o" | jq -r '.maps[0].style')" btf 'and modern'
run as_nobody "$TMP/weir" check "$TMP/count.o"
exits 1 'check without root fails'
like "$err" '^weir: .*(root|CAP_)' 'with the remedy'

# ---- streams that cannot be written ---------------------------------------------------------

# to FILE COMMAND...: with standard output there.
to() {
	local file=$1
	shift
	"$@" 2>"$TMP/err" >"$file"
	status=$?
	err=$(<"$TMP/err")
}
to /dev/full "$WEIR" help
exits 1 'a full disk fails'
like "$err" 'standard output: No space left' 'and is said'
to /dev/full "$WEIR" -j inspect "$COUNT"
exits 1 'also for JSON'
"$WEIR" help >&- 2>"$TMP/err"
is $? 1 'a closed standard output fails'
like "$(<"$TMP/err")" 'standard output: ' 'and is said'
# one reader that does not read
exec 9> >(:)
wait $!
"$WEIR" inspect "$COUNT" >&9 2>"$TMP/err"
is $? 1 'a closed pipe fails'
is "$(<"$TMP/err")" '' 'without a word: its reader has seen enough'
exec 9>&-

# ---- completion -----------------------------------------------------------------------------

# complete WORD...: what <TAP> offers for the last word, sorted, on one line.
# shellcheck disable=SC2016 # the inner shell expands
offers() {
	ns "$A" bash --norc -c '
		. /usr/share/bash-completion/bash_completion
		. "$0"
		PATH=$1:$PATH
		shift
		COMP_WORDS=(weir "$@")
		COMP_CWORD=$#
		COMP_LINE="weir $*"
		COMP_POINT=${#COMP_LINE}
		_weir
		printf "%s\n" "${COMPREPLY[@]}" | sort | paste -sd " "
	' "$ROOT/cli/weir.bash" "$(dirname "$WEIR")" "$@" 2>&1
}
is "$(offers at)" attach 'a command'
is "$(offers attach dev eth0 x)" xdp 'a word'
is "$(offers attach dev eth0 xdp n)" native 'only words that are possible'
is "$(offers attach dev eth0 xdp obj "$COUNT" prog count_x)" 'count_xdp count_xdp_frags' \
	'programs of the object'
is "$(offers attach dev eth0 xdp obj "$COUNT" sec xdp)" 'xdp xdp.frags' 'its sections'
is "$(offers attach dev eth0 xdp obj "$ROOT/cli/weir.b")" "$ROOT/cli/weir.bash" 'files'
is "$(offers stat weir_c)" weir_count 'pinned maps'
is "$(offers -n "${A%?}")" "$A $B" 'namespaces'
is "$(offers -j sho)" show 'a command after an option'
like "$(offers show dev '')" '(^| )lo( |$)' 'devices'

done_testing
