#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What vmcheck does before and after its guests: words, kernels that cannot be had, what
# is told of suites, README's table.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

VM=$ROOT/selftests/vm
export VM_CACHE=$TMP/cache VM_MIRROR=http://127.0.0.1:9 BUILD=$TMP/build

# ---- words -----------------------------------------------------------------------------

run env SUITES=test_nosuch bash "$VM/check.sh" 6.1
exits 2 'a suite that is not there'
like "$err" 'no selftests/test_nosuch.sh' 'is named'
run env SUITES=test_exec bash "$VM/check.sh"
exits 2 'no kernel'
run env SUITES=test_exec bash "$VM/check.sh" 4.19
exits 1 'a kernel that nobody has'
like "$err" '4.19: not 5.10, 6.1, 6.12 or newest' 'is refused with those that are'
like "$out" 'Linux 4.19: nothing has run' 'and told of'

# ---- no network ------------------------------------------------------------------------

if skip_unless 'have qemu-system-x86_64' 'needs what make vmcheck installs' 5; then
	run bash "$VM/kernel.sh" 6.1 "$VM_CACHE"
	exits 1 'no mirror, and an empty cache'
	like "$err" "$VM_MIRROR does not answer, and the cache $VM_CACHE/6.1 is empty; .*VM_MIRROR=" 'names both'
	echo 6.1.0-1-amd64 >"$VM_CACHE/6.1/release"
	echo '6.1.1-1 0' >"$VM_CACHE/6.1/version"
	ok 'no mirror, and a kernel in the cache' bash "$VM/kernel.sh" 6.1 "$VM_CACHE"
	like "$out" "Linux 6.1.0-1-amd64: .* does not answer, taken as it is in $VM_CACHE/6.1" 'which is taken'
	is "$(find "$VM_CACHE/6.1" -name 'work.*')" '' 'no folder of work stays'
fi

# ---- which packages ----------------------------------------------------------------------

# packages VERSION...: a mirror whose image is 6.1.9-2, and whose sources have these versions.
# It gives the image, and what is asked for next it only names.
packages() {
	mkdir -p "$TMP/bin"
	printf '%s\n' "$@" >"$TMP/versions"
	cat >"$TMP/bin/apt-get" <<-'S'
		#!/bin/bash
		case "$*" in
		*update) ;;
		*'download linux-image-6.1.0-9-amd64') : >linux-image.deb ;;
		*) exit 1 ;;
		esac
	S
	cat >"$TMP/bin/apt-cache" <<-S
		#!/bin/bash
		case "\$*" in
		'depends linux-image-amd64') echo '  Depends: linux-image-6.1.0-9-amd64' ;;
		'depends linux-headers-6.1.0-9-amd64') echo '  Depends: linux-kbuild-6.1' ;;
		'policy linux-source-6.1') echo "  Candidate: \$(head -n 1 $TMP/versions)" ;;
		policy*) echo '  Candidate: 6.1.9-2' ;;
		madison*) sed 's/.*/linux-source-6.1 | & | there/' $TMP/versions ;;
		esac
	S
	cat >"$TMP/bin/dpkg-deb" <<-'S'
		#!/bin/bash
		mkdir -p image/boot && : >image/boot/vmlinuz
	S
	chmod +x "$TMP"/bin/*
	run env "PATH=$TMP/bin:$PATH" bash "$VM/kernel.sh" 6.1 "$TMP/cache.packages"
}
if skip_unless 'have qemu-system-x86_64' 'needs what make vmcheck installs' 4; then
	packages 6.1.9-3 6.1.9-2 6.1.9-1
	like "$err" 'cannot download \(.* linux-source-6.1=6.1.9-2\)' "the image's source, where a newer one is"
	packages 6.1.10-1 6.1.9-3 6.1.9-1
	like "$err" 'cannot download \(.* linux-source-6.1=6.1.9-3\)' 'else the newest of the same Linux'
	packages 6.1.10-1 6.1.8-1
	exits 1 'none of the same Linux'
	like "$err" 'linux-source-6.1 is 6.1.10-1, the image 6.1.9-2: netdevsim would not fit' 'is refused'
fi

# ---- what is told ------------------------------------------------------------------------

cd "$TMP" || exit 1
printf 'ok 1 - one\n1..1\n' >good.tap
echo '0 3' >good.end
: >good.err
ok 'a suite that has passed' prove --exec "bash $VM/replay.sh" good.tap
printf 'ok 1 - one\nnot ok 2 - two\n1..2\n' >bad.tap
echo '1 3' >bad.end
echo '# two was not one' >bad.err
fails 'one that has failed' prove --exec "bash $VM/replay.sh" bad.tap
like "$err$out" 'two was not one.*Failed test: +2' 'with its diagnostics'
cp good.tap late.tap
fails 'one that the guest did not live to see ended' prove --exec "bash $VM/replay.sh" late.tap
like "$err" 'late has not come to its end' 'says so'

mkdir -p old/vm new/vm
printf 'ok 1 # SKIP needs Linux 6.6\nok 2 - two\n1..2\n' >old/one.tap
printf 'ok 1 - one\nok 2 - two\n1..2\n' >new/one.tap
printf 'ok 1 # SKIP no card\n1..1\n' | tee old/vm/two.tap >new/vm/two.tap
: >new/late.tap
fails 'a test that was skipped on all kernels' bash "$VM/skipped.sh" old new
is "$out" 'skipped on every kernel: vm/two: no card' 'is named, and none that one of them has run'
printf 'ok 1 - one\n1..1\n' >new/vm/two.tap
ok 'none is left' bash "$VM/skipped.sh" old new
mkdir -p one/vm other/vm
echo 'ok 1 - x # SKIP no fq' >one/vm/alone.tap
echo 'ok 1 - y' >other/both.tap
fails 'one that the only kernel that runs it skips' bash "$VM/skipped.sh" one other
is "$out" 'skipped on every kernel: vm/alone: no fq' 'is named'
run env SUITES=test_nosuch@6.1 bash "$VM/check.sh" 6.1
like "$err" 'no selftests/test_nosuch.sh' 'a suite of one kernel is looked for without it'

# ---- README's table ------------------------------------------------------------------------

printf 'before\n<!-- support: x -->\nold\n<!-- end of support -->\nafter\n' >readme
printf '# kernel 6.1.0-56-amd64\n# feature a, b: no\n# feature c: yes\n1..2\n' >young.tap
printf '# kernel 5.10.0-46-amd64\n# feature a, b: yes\n# feature c: by hand\n1..2\n' >old.tap
printf '# kernel 6.18.44-own\n# feature a, b: yes\n# feature c: no\n1..2\n' >own.tap
ok 'a table of three kernels' bash "$VM/table.sh" readme young.tap own.tap old.tap
is "$(cat readme)" "before
<!-- support: x -->
| feature of weir, Linux | 5.10 | 6.1 | 6.18, not Debian's |
| --- | --- | --- | --- |
| a, b | yes | no | yes |
| c | by hand | yes | no |
<!-- end of support -->
after" 'the oldest first, in the place of the former'
printf '# kernel 6.1.0-56-amd64\n# feature a, b: no\n' >young.tap
before=$(cat readme)
fails 'a suite that has not come to its end' bash "$VM/table.sh" readme young.tap old.tap
is "$(cat readme)" "$before" 'changes nothing'

done_testing
