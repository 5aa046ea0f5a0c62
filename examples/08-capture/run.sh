#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What is dropped at DEV during SECONDS, by whatever program is there, into FILE.
#	run.sh DEV SECONDS FILE
set -eu

dev=${1:?usage: run.sh DEV SECONDS FILE}
seconds=${2:?usage: run.sh DEV SECONDS FILE}
file=${3:?usage: run.sh DEV SECONDS FILE}
here=$(cd "$(dirname "$0")/../.." && pwd)
weir=${WEIR:-${BUILD:-$here/build}/weir}

"$weir" capture dev "$dev" verdict drop seconds "$seconds" write "$file"
tcpdump -nr "$file" 2>/dev/null
