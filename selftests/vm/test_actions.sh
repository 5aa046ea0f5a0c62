#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# test_twin.sh with the lines about actions and policers, which many kernels lack.
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
export TWIN_TABLE=$ROOT/selftests/twin/actions.txt TWIN_HOW=${TWIN_HOW:-weir}
exec bash "$ROOT/selftests/test_twin.sh"
