#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# kernel.sh SERIES DIR: a Debian kernel for run.sh, in DIR/SERIES.
#
# SERIES  5.10 6.1 6.12, or newest: the newest one that Debian has backported
# DIR     the cache of all kernels. DIR/SERIES receives vmlinux, mods/*.ko with their
#         order of loading, among them netdevsim.ko, built from Debian's own kernel source
#         (no Debian kernel has it, and those of newest are made by tools that want a
#         newer libc), and the package version, by which nothing is done twice.
#
# Packages are fetched and unpacked below DIR, with an apt configuration of its own;
# nothing is installed, and root is not needed. VM_MIRROR: other than deb.debian.org.
set -euo pipefail
export LC_ALL=C

series=$1
mkdir -p "$2/$1" && cache=$(cd "$2" && pwd)
dir=$cache/$series
MIRROR=${VM_MIRROR:-http://deb.debian.org}

# Loaded in the guest with whatever they depend on; what a kernel lacks is left out.
MODULES="virtio_pci 9p 9pnet_virtio psample cls_bpf sch_ingress act_bpf act_gact act_mirred
	act_police act_skbedit act_vlan cls_matchall cls_flower cls_u32 cls_basic cls_fw veth dummy bonding
	bridge 8021q macvlan ipvlan tun vxlan ifb sch_htb sch_tbf sch_fq sch_fq_codel sch_prio sch_netem vrf"

die() {
	printf 'vm/kernel: %s\n' "$*" >&2
	exit 1
}
say() {
	echo "  VM      Linux $1"
}

for program in apt-get apt-cache dpkg-deb depmod modprobe flock xz make gcc-12; do
	command -v "$program" >/dev/null || die "$program is missing; run: make deps"
done

meta=linux-image-amd64
case $series in
5.10) suites=('debian-security bullseye-security') ;;
6.1) suites=('debian bookworm' 'debian-security bookworm-security') ;;
6.12)
	suites=('debian-security bookworm-security')
	meta=linux-image-6.12-amd64
	;;
newest) suites=('debian trixie-backports') ;;
*) die "$series: not 5.10, 6.1, 6.12 or newest" ;;
esac

# An apt that knows these suites and no other, and nothing of what is installed.
apt_here() {
	local apt=$dir/apt suite
	mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/none"
	: >"$apt/status"
	for suite in "${suites[@]}"; do
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $MIRROR/$suite main"
	done >"$apt/sources"
	cat >"$apt/conf" <<-C
		Dir::Etc::SourceList "$apt/sources";
		Dir::Etc::SourceParts "$apt/none";
		Dir::Etc::Preferences "$apt/none/none";
		Dir::Etc::PreferencesParts "$apt/none";
		Dir::State "$apt";
		Dir::State::Status "$apt/status";
		Dir::Cache "$apt";
		APT::Sandbox::User "";
		APT::Architecture "amd64";
		Acquire::Languages "none";
		Acquire::Retries "3";
	C
	export APT_CONFIG=$apt/conf
}
depends() {
	apt-cache depends "$1" | sed -n "s/^ *Depends: \($2\)/\1/p" | head -n 1
}
candidate() {
	apt-cache policy "$1" | sed -n 's/^ *Candidate: //p'
}
download() {
	apt-get -qq download "$@" ||
		die "cannot download ($*) from $MIRROR for the cache $cache; connect, or copy the cache of another machine"
}

# kernel_packages: what holds the kernel and its modules; since 7.0 not the image itself.
kernel_packages() {
	local binary
	binary=$(depends "$image" 'linux-binary-.*')
	if [ -n "$binary" ]; then
		echo "$binary" "$(depends "$image" 'linux-modules-.*')"
	else
		echo "$image"
	fi
}

# source_version PACKAGE: that of the image, else another revision of the same Linux. The
# newest may be ahead of the image: Debian signs images after it has built them.
source_version() {
	local all
	all=$(apt-cache madison "$1" | awk '{ print $3 }')
	grep -Fx "$version" <<<"$all" || awk -v linux="${version%-*}-" 'index($0, linux) == 1' <<<"$all"
}

# netdevsim: built from the kernel source's folder against the packaged headers.
netdevsim() {
	local headers=linux-headers-$release source=linux-source-$series have kbuild package
	have=$(source_version "$source" | head -n 1)
	[ -n "$have" ] ||
		die "$source is $(candidate "$source"), the image $version: netdevsim would not fit"
	kbuild=$(depends "$headers" 'linux-kbuild-.*')
	download "$headers" "linux-headers-${release%-amd64}-common" "$kbuild" "$source=$have"
	for package in linux-headers* linux-kbuild*; do
		dpkg-deb -x "$package" headers
	done
	dpkg-deb --fsys-tarfile "$source"_*.deb |
		tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		tar -xJ --strip-components=1 "$source/drivers/net/netdevsim" "$source/scripts/extract-vmlinux"
	say "$release: netdevsim"
	# The packaged Makefile names /usr/src; ours lies elsewhere. netdevsim needs no BTF.
	sed -i "s#/usr/src/#$work/headers/usr/src/#" "headers/usr/src/$headers/Makefile"
	make -s -j"$(nproc)" -C "headers/usr/src/$headers" M="$work/drivers/net/netdevsim" \
		CONFIG_NETDEVSIM=m CONFIG_DEBUG_INFO_BTF= CONFIG_DEBUG_INFO_BTF_MODULES= CC=gcc-12 \
		modules >build.log 2>&1 || {
		tail -n 20 build.log >&2
		die "netdevsim does not build for Linux $release"
	}
	strip -g drivers/net/netdevsim/netdevsim.ko
}

# modules DIR: copies them, uncompressed, and says their order.
modules() {
	local module file name
	for module in $MODULES; do
		modprobe -d image -S "$release" --show-depends "$module" 2>/dev/null |
			sed -n 's/^insmod \([^ ]*\).*/\1/p' || true
	done | awk '!seen[$0]++' | while read -r file; do
		name=$(basename "${file%.xz}")
		case $file in
		*.xz) xz -dc "$file" >"$1/$name" ;;
		*) cp "$file" "$1/$name" ;;
		esac
		echo "$name"
	done
	if [ -f drivers/net/netdevsim/netdevsim.ko ]; then
		cp drivers/net/netdevsim/netdevsim.ko "$1/"
		echo netdevsim.ko
	fi
}

exec 9>"$dir/lock"
flock 9
apt_here
if ! apt-get -qq update 2>"$dir/apt/errors" || grep -q '^[EW]:.*Failed to fetch' "$dir/apt/errors"; then
	if [ -s "$dir/version" ]; then
		say "$(cat "$dir/release"): $MIRROR does not answer, taken as it is in $dir"
		exit 0
	fi
	cat "$dir/apt/errors" >&2
	die "$MIRROR does not answer, and the cache $dir is empty; connect, name another by VM_MIRROR=, or copy the cache of another machine"
fi
image=$(depends "$meta" 'linux-image-[0-9].*')
[ -n "$image" ] || die "$MIRROR has no $meta in ${suites[*]}"
release=${image#linux-image-}
version=$(candidate "$image")
# What is made depends on this script, too.
version_here="$version $(md5sum <"${BASH_SOURCE[0]}" | cut -c 1-8)"
[ "$(cat "$dir/version" 2>/dev/null)" = "$version_here" ] && exit 0

rm -rf "$dir"/work.*
work=$(mktemp -d "$dir/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
say "$release: download"
# shellcheck disable=SC2046 # words
download $(kernel_packages)
for package in ./*.deb; do
	dpkg-deb -x "$package" image
done
# Where /lib is /usr/lib, packages say so.
[ -d image/lib ] || ln -s usr/lib image/lib
vmlinuz=$(find image -name 'vmlinuz*' -type f | head -n 1)
[ -n "$vmlinuz" ] || die "no kernel in the packages of Linux $release"
[ "$series" = newest ] || netdevsim

depmod -b image "$release" 2>depmod.log
rm -rf "$dir/mods"
mkdir "$dir/mods"
modules "$dir/mods" >"$dir/order"
# The uncompressed image boots by PVH, without a BIOS that decompresses it.
if [ ! -f scripts/extract-vmlinux ] || ! bash scripts/extract-vmlinux "$vmlinuz" >"$dir/vmlinux" 2>/dev/null; then
	cp "$vmlinuz" "$dir/vmlinux"
fi
echo "$release" >"$dir/release"
echo "$version_here" >"$dir/version"
