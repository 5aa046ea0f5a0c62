#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Maps against bpftool: entries out, in, away. Sourced by run.sh.
# shellcheck disable=SC2154 # run.sh's

MAP_ROUNDS=${MAP_ROUNDS:-15}

# against TITLE A A-CLEANUP B B-CLEANUP: as pair, with fewer rounds
against() {
	# shellcheck disable=SC2034 # compare reads it
	local ROUNDS=$MAP_ROUNDS
	compare "$@"
}
many() {
	bpftool map create "$BPFFS/$1" type "$2" key "$3" value "$4" entries "$5" name "$1" "${@:6}"
}
seq 0 999999 | sed 's/$/ 1/' >"$TMP/million"
head -n 100000 "$TMP/million" >"$TMP/hundred"
awk 'BEGIN { for (i = 0; i < 1000000; i++) printf "%d.%d.%d.%d/32 1\n", 10 + i / 16777216, i / 65536 % 256, i / 256 % 256, i % 256 }' >"$TMP/prefixes"
awk '{ printf "map update pinned '"$BPFFS"'/load key %d %d %d 0 value 1 0 0 0 0 0 0 0\n", $1 % 256, int($1 / 256) % 256, int($1 / 65536) }' "$TMP/hundred" >"$TMP/batch"
sed -E 's/update (.*) value .*/delete \1/' "$TMP/batch" >"$TMP/unload"
many hash1m hash 4 8 1000000
many trie1m lpm_trie 8 4 1000000 flags 1
many cpu100k percpu_hash 4 8 100000
many load hash 4 8 100000
many one hash 4 8 10
mkdir "$BPFFS/bench"
bpftool prog load "$PROGS/map_types.o" "$BPFFS/bench/p" pinmaps "$BPFFS/bench"
"$WEIR" map import hash1m "$TMP/million"
"$WEIR" map import trie1m "$TMP/prefixes"
"$WEIR" map import cpu100k "$TMP/hundred"

dump() {
	against "$1" "$WEIR $3 map dump $2" true "bpftool $3 map dump pinned $BPFFS/$2" true
}
dump 'map dump, hash of 1,000,000, text (goal: 0.11x); peer: bpftool' hash1m ''
dump 'map dump, hash of 1,000,000, JSON (goal: 0.16x); peer: bpftool' hash1m -j
dump 'map dump, LPM trie of 1,000,000, text (goal: 0.27x); peer: bpftool' trie1m ''
dump 'map dump, LPM trie of 1,000,000, JSON (goal: 0.27x); peer: bpftool' trie1m -j
dump 'map dump, per-CPU hash of 100,000, text (goal: 0.09x); peer: bpftool' cpu100k ''
against 'map import, 100,000 entries (goal: 0.07x); peer: bpftool batch' \
	"$WEIR map import load $TMP/hundred" "$WEIR map clear load" \
	"bpftool batch file $TMP/batch" "$WEIR map clear load"
against 'map clear, 100,000 entries (goal: 0.05x); peer: bpftool batch of deletes' \
	"$WEIR map clear load" "$WEIR map import load $TMP/hundred" \
	"bpftool batch file $TMP/unload" "$WEIR map import load $TMP/hundred"
pair 'map set, one entry (goal: 0.9x); peer: bpftool map update' "$WEIR map set one 1 5" true \
	"bpftool map update pinned $BPFFS/one key 1 0 0 0 value 5 0 0 0 0 0 0 0" true
echo
echo "map apply, 1,000,000 prefixes (seconds of wall; no peer)"
for what in 'the same file' 'a tenth removed'; do
	[ "$what" = 'the same file' ] || awk 'NR % 10' "$TMP/prefixes" >"$TMP/fewer"
	file=$TMP/prefixes
	[ "$what" = 'the same file' ] || file=$TMP/fewer
	start=$(date +%s%N)
	"$WEIR" map apply trie1m "$file"
	printf '  %-16s %10.2f\n' "$what" "$(($(date +%s%N) - start))e-9"
done
