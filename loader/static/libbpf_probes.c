// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns what libbpf learns of the kernel before it loads, in a static executable.
 *
 * In each process libbpf before 1.4 asks some eleven questions: each a program or a
 * BTF of a few bytes that is loaded and thrown away. For a small object that is more
 * work than the object. All of these features are older than BTF_KIND_ENUM64 (Linux
 * 6.0), and kernels, those of enterprise distributions too, take over BPF in order:
 * one that has ENUM64 has them all. So ENUM64 is asked for, once; when the kernel has
 * it, the questions below are answered here, and else they go to the kernel as ever.
 *
 * Linked with --wrap, which needs libbpf as an archive.
 */
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/btf.h>

int __real_bpf_btf_load(const void *bytes, size_t len, const struct bpf_btf_load_opts *opts);
int __wrap_bpf_btf_load(const void *bytes, size_t len, const struct bpf_btf_load_opts *opts);
int __real_bpf_prog_load(enum bpf_prog_type type, const char *name, const char *license,
			 const struct bpf_insn *insns, size_t n,
			 const struct bpf_prog_load_opts *opts);
int __wrap_bpf_prog_load(enum bpf_prog_type type, const char *name, const char *license,
			 const struct bpf_insn *insns, size_t n,
			 const struct bpf_prog_load_opts *opts);
int __real_sys_bpf_prog_load(union bpf_attr *attr, unsigned int len, int attempts);
int __wrap_sys_bpf_prog_load(union bpf_attr *attr, unsigned int len, int attempts);
int __real_probe_memcg_account(void);
int __wrap_probe_memcg_account(void);

#ifndef BTF_KIND_ENUM64
#define BTF_KIND_ENUM64 19 /* linux/btf.h, Linux 6.0 */
#endif

/* An ENUM64 of eight bytes with one constant. */
static int ask_for_newest(void)
{
	static const struct {
		struct btf_header head;
		struct btf_type type;
		__u32 constant[3]; /* struct btf_enum64 */
		char strings[3];
	} btf = {
		.head = {.magic = BTF_MAGIC,
			 .version = BTF_VERSION,
			 .hdr_len = sizeof(struct btf_header),
			 .type_len = sizeof(struct btf_type) + 3 * sizeof(__u32),
			 .str_off = sizeof(struct btf_type) + 3 * sizeof(__u32),
			 .str_len = 3},
		.type = {.info = BTF_KIND_ENUM64 << 24 | 1, .size = 8},
		.constant = {1, 0, 0},
		.strings = "\0e",
	};

	union bpf_attr attr = {
		.btf = (uintptr_t)&btf,
		.btf_size = sizeof(btf.head) + btf.head.str_off + btf.head.str_len,
	};

	/* bpf_btf_load() would begin with a question of its own. */
	return (int)syscall(SYS_bpf, BPF_BTF_LOAD, &attr, sizeof(attr));
}

/* Held until the process ends; -1: the kernel does not have it. */
static int newest_fd(void)
{
	static int fd = -1;
	static bool asked;

	if (!asked)
		fd = ask_for_newest();
	asked = true;
	return fd;
}

/* What a question gets when the answer is yes: an fd, which libbpf closes. -1: the
 * kernel is to be asked. */
static int yes(void)
{
	return newest_fd() < 0 ? -1 : fcntl(newest_fd(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/* Kinds of BTF, without a log. What libbpf_probe_bpf_map_type() needs to make a map
 * is larger. */
int __wrap_bpf_btf_load(const void *bytes, size_t len, const struct bpf_btf_load_opts *opts)
{
	int fd = opts || len > 96 ? -1 : yes();

	return fd < 0 ? __real_bpf_btf_load(bytes, len, opts) : fd;
}

/* Whether programs may be loaded at all, which the program itself will tell; and
 * expected_attach_type (Linux 4.17). A program that is meant has a name. */
int __wrap_bpf_prog_load(enum bpf_prog_type type, const char *name, const char *license,
			 const struct bpf_insn *insns, size_t n,
			 const struct bpf_prog_load_opts *opts)
{
	bool is_question =
		!name && n == 2 &&
		(type == BPF_PROG_TYPE_SOCKET_FILTER || type == BPF_PROG_TYPE_CGROUP_SOCK);
	int fd = is_question ? yes() : -1;

	return fd < 0 ? __real_bpf_prog_load(type, name, license, insns, n, opts) : fd;
}

/* Names of programs (Linux 4.15); libbpf loads nothing else by this way. */
int __wrap_sys_bpf_prog_load(union bpf_attr *attr, unsigned int len, int attempts)
{
	int fd = attr->insn_cnt == 2 ? yes() : -1;

	return fd < 0 ? __real_sys_bpf_prog_load(attr, len, attempts) : fd;
}

/* Memory that is accounted to the cgroup, not to RLIMIT_MEMLOCK (Linux 5.11). */
int __wrap_probe_memcg_account(void)
{
	return newest_fd() < 0 ? __real_probe_memcg_account() : 1;
}
