# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Completion of weir(8). The words come from weir itself, by position; here are
# only the names that the shell knows: devices, files, maps, namespaces.

# Names below a bpffs that may be maps: in tc/* and at the top.
_weir_maps()
{
	local dir=${TC_BPF_MNT:-/sys/fs/bpf} file

	for file in "$dir"/tc/*/* "$dir"/*; do
		[[ -f $file ]] && printf '%s\n' "${file##*/}"
	done
}

_weir_names_in()
{
	local file

	for file in "$1"/*; do
		[[ -e $file ]] && printf '%s\n' "${file##*/}"
	done
}

# What stands for "@dev" and the like.
_weir_expand()
{
	local cur=$2

	case $1 in
	@dev) compgen -W "$(_weir_names_in /sys/class/net)" -- "$cur" ;;
	@netns) compgen -W "$(_weir_names_in /run/netns)" -- "$cur" ;;
	@map)
		compgen -W "$(_weir_maps)" -- "$cur"
		[[ $cur == */* ]] && compgen -f -- "$cur"
		;;
	@file) compgen -f -- "$cur" ;;
	@dir) compgen -d -- "$cur" ;;
	*) compgen -W "$1" -- "$cur" ;;
	esac
}

_weir()
{
	local cur word line

	# "classifier/1:x" is one word to weir, three to readline
	if declare -F _get_comp_words_by_ref >/dev/null; then
		local cword words
		_get_comp_words_by_ref -n := cur words cword
	else
		local words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
		cur=${words[cword]}
	fi
	COMPREPLY=()
	while IFS= read -r word; do
		[[ $word == @file || $word == @dir || $word == @map ]] &&
			compopt -o filenames 2>/dev/null
		while IFS= read -r line; do
			COMPREPLY+=("$line")
		done < <(_weir_expand "$word" "$cur")
	done < <("${words[0]}" complete "${words[@]:1:cword}" 2>/dev/null)
	if declare -F __ltrim_colon_completions >/dev/null; then
		__ltrim_colon_completions "$cur"
	fi
}

complete -F _weir weir
