#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# prove runs every test through this: shell tests by bash, unit binaries as they are. What
# they say beside TAP, of kills and refusals that are wanted, is shown when they fail.
said=$(mktemp)
trap 'rm -f "$said"' EXIT
case $1 in
*.sh) bash "$@" 2>"$said" ;;
*) "$@" 2>"$said" ;;
esac
code=$?
[ $code = 0 ] || cat "$said" >&2
exit $code
