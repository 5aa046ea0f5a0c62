#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh KERNEL SHARE: SHARE/guest.sh is run as root in a virtual machine.
#
# KERNEL  a directory made by kernel.sh
# SHARE   a directory that the guest sees as /tmp/share and may write into; the
#         rest of the guest is this machine's own file system, read-only.
#
# Folders of this machine's /tmp and /run are not in the guest, but for those that
# VM_TREES names (words): read-only, at the same place.
#
# Exit status: that of SHARE/guest.sh; 124 when time was up, 125 when the guest
# died without a word (SHARE/console has its last ones).
#
# The processor is emulated: KVM that opens does not mean KVM that boots.
set -uo pipefail
export LC_ALL=C

kernel=$(cd "$1" && pwd)
share=$(cd "$2" && pwd)
TIMEOUT=${VM_TIMEOUT:-600}

die() {
	printf 'vm/run: %s\n' "$*" >&2
	exit 1
}
for program in qemu-system-x86_64 cpio busybox gzip; do
	command -v "$program" >/dev/null || die "$program is missing; run: make deps"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root/bin"
cp "$(command -v busybox)" "$work/root/bin/busybox"
cp -r "$kernel/mods" "$kernel/order" "$work/root/"
trees=()
: >"$work/root/trees"
for tree in ${VM_TREES:-}; do
	trees+=(-virtfs "local,path=$tree,mount_tag=tree${#trees[@]},security_model=none,readonly=on,multidevs=remap")
	echo "tree$((${#trees[@]} - 2)) $tree" >>"$work/root/trees"
done

# The first process: modules, then this machine's root by 9p. Drivers that make
# interfaces of their own are told not to: a test sees only what it made.
cat >"$work/root/init" <<'I'
#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev /new
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs dev /dev
echo 2 >/proc/sys/net/core/fb_tunnels_only_for_init_net
for module in $($b cat /order); do
	case $module in
	bonding.ko) option=max_bonds=0 ;;
	dummy.ko) option=numdummies=0 ;;
	ifb.ko) option=numifbs=0 ;;
	*) option= ;;
	esac
	$b insmod /mods/$module $option || echo "vm: cannot load $module"
done
share="trans=virtio,version=9p2000.L,msize=512000"
$b mount -t 9p -o $share,ro,cache=loose root /new
$b mount -t tmpfs -o mode=1777 tmp /new/tmp
$b mount -t tmpfs run /new/run
$b mkdir -p /new/tmp/share /new/run/netns
$b mount -t 9p -o $share,cache=none share /new/tmp/share
while read -r tag tree; do
	$b mkdir -p "/new$tree"
	$b mount -t 9p -o $share,ro,cache=loose "$tag" "/new$tree"
done </trees
$b cp /start /new/tmp/start
for dir in proc sys dev; do
	$b mount --move /$dir /new/$dir
done
exec $b switch_root /new /bin/bash /tmp/start
I
cat >"$work/root/start" <<'I'
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C
mkdir -p /dev/shm /dev/pts
mount -t tmpfs shm /dev/shm
mount -t devpts pts /dev/pts
ln -sf /proc/self/fd /dev/fd
mount -t debugfs debug /sys/kernel/debug
mount -t tracefs trace /sys/kernel/tracing 2>/dev/null
mount -t cgroup2 cgroup /sys/fs/cgroup
ip link set lo up
ulimit -l unlimited
cd /tmp/share
timeout -k 5 "$vm_timeout" setsid bash ./guest.sh >out 2>&1 </dev/null
echo $? >status
dmesg >dmesg
sync
echo o >/proc/sysrq-trigger
sleep 60
I
chmod +x "$work/root/init"
(cd "$work/root" && find . | cpio -o -H newc -R 0:0 --quiet | gzip -1) >"$work/initrd"
rm -f "$share/status"

# Wide vectors and 57-bit addresses make emulation a quarter slower.
timeout -k 5 $((TIMEOUT + 60)) qemu-system-x86_64 \
	-accel tcg,thread=multi,tb-size=256 -cpu qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt -smp "${VM_CPUS:-1}" \
	-m "${VM_MEMORY:-1024}" -nodefaults -no-user-config -no-reboot -display none -monitor none \
	-serial "file:$share/console" -device virtio-rng-pci \
	-virtfs local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap \
	-virtfs "local,path=$share,mount_tag=share,security_model=none,multidevs=remap" \
	"${trees[@]}" -kernel "$kernel/vmlinux" -initrd "$work/initrd" \
	-append "console=ttyS0 quiet panic=-1 oops=panic mitigations=off rdinit=/init vm_timeout=$TIMEOUT" \
	</dev/null
code=$?
if [ -s "$share/status" ]; then
	exit "$(cat "$share/status")"
fi
[ $code = 124 ] && exit 124
exit 125
