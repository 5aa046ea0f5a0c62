#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What make builds and installs: a command, a library that others link, both
# forms of the BPF objects, a manual page; and what it says when something is missing.
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/lib.sh"

mk() {
	make --no-print-directory -C "$ROOT" B="$BUILD" "$@"
}

run mk B="$TMP/b" CLANG=nosuch-clang "$TMP/b/.deps"
is "$status" 2 'a missing program ends the build'
like "$err" 'program nosuch-clang: package clang' 'it is named with its package'
like "$err" 'make deps' 'and with what installs it'

ok 'make install' mk install DESTDIR="$TMP/root" PREFIX=/usr
for file in bin/weir lib/libweir.a lib/libweir.so lib/libweir.so.0 lib/pkgconfig/weir.pc include/weir/weir.h \
	include/weir/weir_tc.h include/weir/weir_map.h share/man/man8/weir.8 share/bash-completion/completions/weir \
	lib/weir/count.o lib/weir/legacy/count.o; do
	ok "installs $file" test -s "$TMP/root/usr/$file"
done
ok 'the installed command runs' "$TMP/root/usr/bin/weir" version
for name in tc ip; do
	shim=$TMP/root/usr/libexec/weir/shims/$name
	ok "installs the shim $name" test "$shim" -ef "$TMP/root/usr/bin/weir"
	unlike "$(readlink "$shim")" '^/' 'as a relative link, wherever the tree is moved'
	is "$("$shim" -V)" "$("$name" -V)" 'which answers as the real one'
	ok "the build tree has $name, too" test "$BUILD/shims/$name" -ef "$BUILD/weir"
done
run "$TMP/root/usr/bin/weir" serve listen nowhere:1
exits 2 'the installed command becomes weir-serve'
like "$err" 'not ADDR:PORT' 'which reads the words'
run "$TMP/root/usr/bin/weir" top
like "$err" 'standard output is not a terminal' 'and weir-top'
mv "$TMP/root/usr/libexec/weir/weir-serve" "$TMP/elsewhere"
run "$TMP/root/usr/bin/weir" serve
exits 1 'without it'
like "$err" 'weir-serve is not beside weir, nor in ../libexec/weir' 'says what is missing'
mkdir -p /usr/local/libexec
mount -t tmpfs tmpfs /usr/local/libexec
mkdir /usr/local/libexec/weir
cp "$TMP/elsewhere" /usr/local/libexec/weir/weir-serve
run "$TMP/root/usr/bin/weir" serve listen nowhere:1
like "$err" 'not ADDR:PORT' 'one in the configured place is found, too'
umount /usr/local/libexec
ok 'install again, elsewhere' mk install DESTDIR="$TMP/root2" PREFIX=/opt/w libexecdir=/usr/lib/x
ok 'places shims where they were asked for' test "$TMP/root2/usr/lib/x/weir/shims/ip" -ef "$TMP/root2/opt/w/bin/weir"
is "$(nm -D --defined-only "$TMP/root/usr/lib/libweir.so" | awk '{ print $3 }' |
	grep -v -e '^weir_' -e '^LIBWEIR')" '' 'the library exports weir_ names only'
like "$(readelf -d "$TMP/root/usr/lib/libweir.so")" 'SONAME.*libweir.so.0' 'under its soname'

cat >"$TMP/use.c" <<'C'
#include <stdio.h>
#include <weir.h>
#include <weir_map.h>
int main(int argc, char **argv)
{
	struct weir_object *obj;
	const struct weir_prog_decl *progs;
	size_t n;

	if (argc < 2 || weir_object_open(argv[1], NULL, &obj))
		return 1;
	n = weir_object_progs(obj, &progs);
	printf("%zu %s\n", n, progs[0].name);
	weir_object_close(obj);
	return 0;
}
C
export PKG_CONFIG_PATH=$TMP/root/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$TMP/root
# shellcheck disable=SC2046 # words
ok 'a program builds with pkg-config' cc -o "$TMP/use" "$TMP/use.c" $(pkg-config --cflags --libs weir)
ok 'and runs with the shared library' env LD_LIBRARY_PATH="$TMP/root/usr/lib" "$TMP/use" "$BUILD/bpf/count.o"
like "$out" '^4 count_xdp' 'and sees the programs'
# shellcheck disable=SC2046
ok 'another with the archive' cc -o "$TMP/use" "$TMP/use.c" -I"$TMP/root/usr/include/weir" \
	"$TMP/root/usr/lib/libweir.a" -lbpf -lelf -lz -lmnl -lmd
ok 'runs without the library' "$TMP/use" "$BUILD/bpf/count.o"
# shellcheck disable=SC2046
ok 'the example of the map library builds' cc -Wall -Wextra -Werror -o "$TMP/block" "$ROOT/examples/03-map-library/block.c" $(pkg-config --cflags --libs weir)
"$WEIR" map create blk4 type lpm_trie key 'prefix ipv4' value u32 max 10
ok 'and runs' env LD_LIBRARY_PATH="$TMP/root/usr/lib" "$TMP/block" blk4 192.168.1.7/24 10.0.0.0/8
is "$out" '10.0.0.0/8 1
192.168.1.0/24 1' 'with its output'
run env LD_LIBRARY_PATH="$TMP/root/usr/lib" "$TMP/block" blk4 nonsense
exits 1 'a wrong word'
is "$err" 'block: blk4: nonsense: not an IPv4 address' 'is said in one line'
ok 'man shows the page' man -l "$TMP/root/usr/share/man/man8/weir.8"
like "$out" 'weir' 'with text'

form() {
	readelf -SW "$BUILD/bpf/$1" | grep -o ' \.\?maps '
}
is "$(form legacy/count.o | tr -d ' ')" maps 'the legacy form has iproute2-style records'
is "$(form count.o | tr -d ' ')" .maps 'the modern form has BTF definitions'

done_testing
