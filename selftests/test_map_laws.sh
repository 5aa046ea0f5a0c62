#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Laws of `weir map` over types that are made up: in each kind of map, with BTF of random
# types and random bytes, what is written is read again, in every form, byte for byte.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$TMP/laws"
cd "$TMP/laws" || exit
SEED=${SEED:-$RANDOM}
RANDOM=$SEED
note "SEED=$SEED"

weir() {
	"$WEIR" "$@"
}
pick() {
	local list=("$@")
	picked=${list[RANDOM % ${#list[@]}]}
}

# ---- types ----------------------------------------------------------------------

# Sets type: of up to so many levels.
make_type() {
	local depth=$1 n fields='' packed=''
	case $((RANDOM % (depth ? 10 : 6))) in
	6)
		make_type $((depth - 1))
		case $type in
		*\]) type="{$type a; u8 b[$((RANDOM % 3 + 1))]}" ;;
		*) type+="[$((RANDOM % 4 + 1))]" ;;
		esac
		;;
	[789])
		((RANDOM % 4)) || packed='packed '
		for ((n = RANDOM % 4; n >= 0; n--)); do
			make_type $((depth - 1))
			case $type in
			*\]) fields+="${type%%\[*} f${n}[${type#*\[}; " ;;
			*) fields+="$type f$n; " ;;
			esac
		done
		type="{$packed${fields%; }}"
		;;
	*)
		pick u8 u16 u32 u64 u128 s8 s16 s32 s64 be16 be32 be64 bool float double ipv4 ipv6 \
			mac port proto ethertype ifindex 'char[5]' 'char[16]' 'bytes[3]'
		type=$picked
		;;
	esac
}

# ---- entries ----------------------------------------------------------------------

# entries FILE N KEY-BYTES VALUE-BYTES: mostly zeroes, so that holes in structs are empty at times.
entries() {
	awk -v n="$2" -v key="$3" -v value="$4" -v seed="$RANDOM" '
		function bytes(len, odds,  text, i) {
			text = "0x"
			for (i = 0; i < len; i++)
				text = text sprintf("%02x", rand() < odds ? int(rand() * 256) : 0)
			return text
		}
		BEGIN {
			srand(seed)
			for (; n; n--) {
				k = bytes(key, 0.5)
				if (!(k in seen))
					print k, bytes(value, n % 3 / 2)
				seen[k] = 1
			}
		}' >"$1"
}

# raw MAP: its bytes, as bpftool has them beside what it makes of some types, which is no JSON.
raw() {
	bpftool -j map dump pinned "$BPFFS/tc/globals/$1" | grep -oE '"(key|value)":\["0x[^]]*\]' |
		awk '/^"key"/ { if (NR > 1) print line; line = "" } { line = line $0 } END { print line }' | sort
}

# ---- laws -------------------------------------------------------------------------

# broken: what the map is
broken() {
	verdict 1 "$1: $kind key $key value $value"
}

try() {
	local before form globals
	before=$(raw g)
	case $before in '"key":["0x'*'"value":["0x'*) ;; *) broken "bpftool reads nothing: $before" ;; esac
	for form in lines json csv tsv; do
		globals=()
		[ $form != json ] || globals=(-j)
		words=()
		case $form in csv | tsv) words=("$form") ;; esac
		run weir "${globals[@]}" map export g out "${words[@]}"
		if [ "$status" != 0 ]; then
			# only a table may refuse, and says why
			case $form$err in
			[ct]sv*'a table cannot say it'* | [ct]sv*'more than 64 columns'*) tables=$((tables + 1)) ;;
			*) broken "export as $form: $err" ;;
			esac
			continue
		fi
		run weir map diff g out
		[ "$status$out" = 0 ] || broken "diff of an export as $form: $out$err"
		weir map clear g
		run weir map import g out
		[ "$status" = 0 ] || broken "import of $form: $err"
		[ "$(raw g)" = "$before" ] || broken "$form does not restore it"
		run weir -v map apply g out
		[ "$err" = 'weir: note: 0 entries written' ] || broken "apply of $form changes something: $err"
	done
	# a value as dump prints it is taken by set
	while read -r line; do
		# shellcheck disable=SC2086 # words, as a user copies them
		weir map set g $line || broken "set g $line"
	done < <(weir map dump g percpu limit 3 | grep -v '"')
	[ "$(raw g)" = "$before" ] || broken 'set of what dump prints changes it'
}

tables=0
for ((round = 0; round < ${ROUNDS:-40}; round++)); do
	pick hash percpu_hash lru_hash lru_percpu_hash array percpu_array lpm_trie
	kind=$picked
	failed=$TAP_FAILED
	rm -f "$BPFFS/tc/globals/g"
	case $kind in
	*array) key=u32 ;;
	lpm_trie) pick 'prefix ipv4' 'prefix ipv6' && key=$picked ;;
	*) make_type 2 && key=$type ;;
	esac
	make_type 2
	value=$type
	# an LRU map lets go of entries long before it is full
	max=16
	[[ $kind != lru* ]] || max=10000
	weir map create g type "$kind" key "$key" value "$value" max $max || {
		broken create
		continue
	}
	key_bytes=$(weir -j map show g | jq .key_size)
	value_bytes=$(weir -j map show g | jq .value_size)
	case $kind in
	*array) entries some 16 0 "$value_bytes" && awk '{ $1 = NR - 1 } 1' some >in ;;
	lpm_trie)
		entries some 12 $((key_bytes - 4)) "$value_bytes"
		# a whole address as the prefix
		awk -v len="$(printf '%02x' $(((key_bytes - 4) * 8)))" '{ print "0x" len "000000" substr($1, 3), $2 }' some >in
		;;
	*) entries in 12 "$key_bytes" "$value_bytes" ;;
	esac
	types=(value "bytes[$value_bytes]")
	case $kind in *array) ;; *) types+=(key "bytes[$key_bytes]") ;; esac
	run weir map import g in "${types[@]}"
	[ "$status" = 0 ] || broken "bytes: $err"
	try
	[ "$TAP_FAILED" != "$failed" ] || verdict 0 "$kind key $key value $value"
done
note "$tables tables were refused"
done_testing
