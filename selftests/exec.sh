#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# prove runs every test through this: shell tests by bash, unit binaries as they are.
case $1 in
*.sh) exec bash "$@" ;;
*) exec "$@" ;;
esac
