#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# kernel.sh SERIES DIR: a Debian kernel for run.sh, in DIR.
#
# SERIES  6.1, 6.12: what the configured apt sources have
# DIR     receives vmlinux, mods/*.ko with their order of loading, netdevsim.ko
#         built from Debian's own kernel source (no Debian kernel has it), and the
#         package version, by which DIR is a cache: nothing is done twice.
#
# Packages are fetched and unpacked below DIR; nothing is installed.
set -euo pipefail
export LC_ALL=C

series=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)

# Loaded in the guest with whatever they depend on; what a kernel lacks is left out.
MODULES="virtio_pci 9p 9pnet_virtio psample cls_bpf sch_ingress act_bpf act_gact act_mirred
	act_police act_skbedit act_vlan cls_matchall cls_flower cls_u32 veth dummy bonding bridge 8021q
	macvlan ipvlan tun vxlan ifb sch_htb sch_tbf sch_fq sch_fq_codel sch_prio sch_netem vrf"

die() {
	printf 'vm/kernel: %s\n' "$*" >&2
	exit 1
}

for program in apt-get apt-cache dpkg dpkg-deb depmod modprobe xz make gcc-12; do
	command -v "$program" >/dev/null || die "$program is missing; run: make deps"
done

depends() {
	apt-cache depends "$1" | sed -n "s/^ *Depends: \($2\)/\1/p" | head -n 1
}
candidate() {
	apt-cache policy "$1" | sed -n 's/^ *Candidate: //p'
}

meta=linux-image-$series-amd64
[ "$series" = 6.1 ] && meta=linux-image-amd64
image=$(depends "$meta" 'linux-image-[0-9].*')
[ -n "$image" ] || die "apt knows no $meta; apt-get update, or add the suite that has Linux $series"
release=${image#linux-image-}
version=$(candidate "$image")
[ "$(cat "$dir/version" 2>/dev/null)" = "$version" ] && exit 0
headers=linux-headers-$release
common=linux-headers-${release%-amd64}-common
kbuild=$(depends "$headers" 'linux-kbuild-.*')
source=linux-source-$series
[ "$(candidate "$source")" = "$version" ] ||
	die "$source is $(candidate "$source"), the image $version: netdevsim would not fit"

work=$(mktemp -d "$dir/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

echo "  VM      Linux $release: download"
apt-get -qq -o APT::Sandbox::User=root download "$image" "$headers" "$common" "$kbuild" "$source" ||
	die "cannot download the kernel packages"
dpkg-deb -x "$image"_*.deb image
for package in linux-headers* linux-kbuild*; do
	dpkg-deb -x "$package" headers
done
dpkg-deb --fsys-tarfile "$source"_*.deb |
	tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
	tar -xJ --strip-components=1 "$source/drivers/net/netdevsim" "$source/scripts/extract-vmlinux"

echo "  VM      Linux $release: netdevsim"
# The packaged Makefile names /usr/src; ours lies elsewhere. netdevsim needs no BTF.
sed -i "s#/usr/src/#$work/headers/usr/src/#" "headers/usr/src/$headers/Makefile"
make -s -j"$(nproc)" -C "headers/usr/src/$headers" M="$work/drivers/net/netdevsim" \
	CONFIG_NETDEVSIM=m CONFIG_DEBUG_INFO_BTF= CONFIG_DEBUG_INFO_BTF_MODULES= CC=gcc-12 \
	modules >build.log 2>&1 || {
	tail -n 20 build.log >&2
	die "netdevsim does not build"
}
strip -g drivers/net/netdevsim/netdevsim.ko

echo "  VM      Linux $release: modules"
depmod -b image "$release"
rm -rf "$dir/mods"
mkdir "$dir/mods"
for module in $MODULES; do
	modprobe -d image -S "$release" --show-depends "$module" 2>/dev/null | sed -n 's/^insmod \([^ ]*\).*/\1/p' || true
done | awk '!seen[$0]++' | while read -r file; do
	name=$(basename "${file%.xz}")
	case $file in
	*.xz) xz -dc "$file" >"$dir/mods/$name" ;;
	*) cp "$file" "$dir/mods/$name" ;;
	esac
	echo "$name"
done >"$dir/order"
cp drivers/net/netdevsim/netdevsim.ko "$dir/mods/"
echo netdevsim.ko >>"$dir/order"
# The uncompressed image boots by PVH, without a BIOS that decompresses it.
bash scripts/extract-vmlinux "image/boot/vmlinuz-$release" >"$dir/vmlinux" 2>/dev/null ||
	cp "image/boot/vmlinuz-$release" "$dir/vmlinux"
echo "$release" >"$dir/release"
echo "$version" >"$dir/version"
