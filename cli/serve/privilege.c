// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What each of the two processes may do. Kernel rules: maps and programs by id need
 * CAP_SYS_ADMIN, bpf(2) CAP_BPF (Linux 5.8), filters and tcx CAP_NET_ADMIN, pins of others
 * CAP_DAC_READ_SEARCH (and CAP_DAC_OVERRIDE: opening a pin for reading and writing). Ending a
 * process that is nobody's takes CAP_KILL, for the signal of prctl(PR_SET_PDEATHSIG), too.
 */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/say.h"
#include "cli/serve/serve.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38 /* Linux 5.8 */
#endif
#ifndef CAP_BPF
#define CAP_BPF 39 /* Linux 5.8 */
#endif

#ifndef SYS_close_range
#define SYS_close_range 436 /* Linux 5.9 */
#endif

#define NOBODY	    65534u
#define FILES_MAX   4096u
#define CAP_OF(cap) (1ull << (cap))

static int keep_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	if (syscall(SYS_capget, &head, data))
		return -errno;
	for (int i = 0; i < 2; i++) {
		uint32_t mask = (uint32_t)(keep >> (32 * i));

		data[i].permitted &= mask;
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	head.version = _LINUX_CAPABILITY_VERSION_3;
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

static int fail(int err)
{
	weir_say_error("serve: privileges cannot be given up: %s", strerror(-err));
	return err;
}

static void close_from_to(unsigned int from, unsigned int to)
{
	if (from > to || !syscall(SYS_close_range, from, to, 0))
		return;
	for (unsigned int fd = from; fd <= to && fd < (unsigned int)sysconf(_SC_OPEN_MAX); fd++)
		(void)close((int)fd);
}

void weir_privilege_keep_only(int a, int b)
{
	unsigned int low = (unsigned int)(a < b ? a : b), high = (unsigned int)(a < b ? b : a);

	close_from_to(STDERR_FILENO + 1, low - 1);
	close_from_to(low + 1, high - 1);
	close_from_to(high + 1, UINT_MAX);
}

/* Without CAP_SETPCAP there is none to drop; then PR_SET_NO_NEW_PRIVS is what counts. */
static void drop_bounding_set(void)
{
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

int weir_privilege_collector(void)
{
	int err = keep_capabilities(CAP_OF(CAP_SYS_ADMIN) | CAP_OF(CAP_BPF) | CAP_OF(CAP_PERFMON) |
				    CAP_OF(CAP_NET_ADMIN) | CAP_OF(CAP_DAC_READ_SEARCH) |
				    CAP_OF(CAP_DAC_OVERRIDE) | CAP_OF(CAP_KILL));

	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	return err ? fail(err) : 0;
}

int weir_privilege_server(void)
{
	const struct rlimit files = {FILES_MAX, FILES_MAX}, none = {0, 0};
	int err = 0;

	drop_bounding_set();
	(void)setrlimit(RLIMIT_NOFILE, &files);
	(void)setrlimit(RLIMIT_CORE, &none);
	if (!geteuid() && (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
			   setresuid(NOBODY, NOBODY, NOBODY)))
		err = -errno;
	err = err ?: keep_capabilities(0);
	if (!err && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)))
		err = -errno;
	return err ? fail(err) : 0;
}
