// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns requests that another program builds: caught on their way to the kernel.
 *
 * In: a program's path and words. Out: the bytes of the first request by which
 * it would change something. The program runs traced (ptrace(2)); at each entry
 * of a system call that sends, the message is read from its memory, and when it
 * is of a kind that changes, the program is killed there: the call never happens.
 * PTRACE_GET_SYSCALL_INFO (Linux 5.3) tells number and arguments on every
 * architecture alike.
 *
 * The tracer is a process of its own. It may wait for any child, so programs
 * that the traced one starts (it can be a script) are traced as well, and no
 * other child of the caller is touched; when it ends, however it ends, the
 * kernel kills what it traces (PTRACE_O_EXITKILL). What must not happen is that
 * a request with a stand-in in it reaches the kernel, so whatever cannot be
 * looked at ends the run.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loader/borrow.h"
#include "loader/error.h"
#include "loader/log.h"

/* iproute2's own buffers are 16 KiB (tc) and 1 KiB (ip). */
#define REQUEST_BYTES_MAX 65536
#define IOVECS_MAX	  16

/* Not every architecture has send(2) of its own; asm/unistd.h. */
#ifndef SYS_send
#define SYS_send (-1)
#endif
/* x86-64 programs with 32-bit pointers: other numbers under the same AUDIT_ARCH. */
#ifndef __X32_SYSCALL_BIT
#define __X32_SYSCALL_BIT 0
#endif

#define TRACE_OPTIONS                                                                          \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | \
	 PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)
/* A stop for a system call under PTRACE_O_TRACESYSGOOD. */
#define SYSCALL_STOP (SIGTRAP | 0x80)

/* Shared by caller and tracer. */
struct catch
{
	int err;	  /* why there is none; 0 */
	bool has_begun;	  /* the program runs: its exit status is its own */
	int wait_status;  /* how it ended by itself */
	uint32_t arch;	  /* AUDIT_ARCH_* of this process */
	size_t len_bytes; /* of the request; 0: none */
	uint8_t bytes[REQUEST_BYTES_MAX];
};

/* Addresses of the child, and numbers that ptrace(2) takes as pointers. */
static void *pointer(uint64_t value)
{
	return (void *)(uintptr_t)value; /* NOLINT(performance-no-int-to-ptr) */
}

/* ---- the child's memory -------------------------------------------------- */

/* -EFAULT: the address is wrong; then the kernel will not read there either. */
static int peek(pid_t pid, uint64_t from, void *to, size_t len)
{
	struct iovec local = {to, len}, remote = {pointer(from), len};
	ssize_t got = len ? process_vm_readv(pid, &local, 1, &remote, 1, 0) : 0;

	if (got < 0)
		return -errno;
	return (size_t)got == len ? 0 : -EFAULT;
}

/* The start of a message, as much of it as there is room for. *whole: all. */
struct sent {
	size_t len_bytes;
	bool whole;
};

static int peek_bytes(pid_t pid, uint64_t at, uint64_t len, struct catch *catch, struct sent *sent)
{
	size_t room = sizeof(catch->bytes) - sent->len_bytes, n = len < room ? len : room;
	int err = peek(pid, at, catch->bytes + sent->len_bytes, n);

	sent->len_bytes += err ? 0 : n;
	sent->whole = sent->whole && n == len;
	return err;
}

static int peek_iovecs(pid_t pid, uint64_t at, uint64_t n, struct catch *catch, struct sent *sent)
{
	struct iovec iovecs[IOVECS_MAX] = {0};
	size_t n_read = n < IOVECS_MAX ? n : IOVECS_MAX;
	int err = peek(pid, at, iovecs, n_read * sizeof(*iovecs));

	for (size_t i = 0; i < n_read && !err; i++)
		err = peek_bytes(pid, (uintptr_t)iovecs[i].iov_base, iovecs[i].iov_len, catch,
				 sent);
	sent->whole = sent->whole && n_read == n;
	return err;
}

static int peek_message(pid_t pid, uint64_t at, struct catch *catch, struct sent *sent)
{
	struct msghdr head = {0};
	int err = peek(pid, at, &head, sizeof(head));

	return err ?: peek_iovecs(pid, (uintptr_t)head.msg_iov, head.msg_iovlen, catch, sent);
}

/* Several messages by one call are none of iproute2's ways: the first is looked at. */
static int peek_messages(pid_t pid, uint64_t at, uint64_t n, struct catch *catch, struct sent *sent)
{
	sent->whole = n == 1;
	return n ? peek_message(pid, at, catch, sent) : 0;
}

static int peek_sent(pid_t pid, const struct __ptrace_syscall_info *call, struct catch *catch,
		     struct sent *sent)
{
	uint64_t args[3];

	memcpy(args, call->entry.args, sizeof(args));
	switch ((int64_t)call->entry.nr) {
	case SYS_sendmsg:
		return peek_message(pid, args[1], catch, sent);
	case SYS_sendmmsg:
		return peek_messages(pid, args[1], args[2], catch, sent);
	case SYS_send:
	case SYS_sendto:
	case SYS_write:
		return peek_bytes(pid, args[1], args[2], catch, sent);
	case SYS_writev:
		return peek_iovecs(pid, args[1], args[2], catch, sent);
	default:
		return 0;
	}
}

/* ---- is it a change? ----------------------------------------------------- */

/* Before all else ip asks, by a link request that names no link, whether the
 * kernel knows how to change one. */
static bool is_probe(const struct nlmsghdr *head, const uint8_t *bytes)
{
	struct ifinfomsg link;

	if (head->nlmsg_type != RTM_NEWLINK || head->nlmsg_len != NLMSG_LENGTH(sizeof(link)))
		return false;
	memcpy(&link, bytes + NLMSG_HDRLEN, sizeof(link));
	return !link.ifi_index;
}

/* rtnetlink's types come in fours: NEW, DEL, GET, SET (linux/rtnetlink.h). */
static bool is_change(const struct nlmsghdr *head)
{
	return (head->nlmsg_flags & NLM_F_REQUEST) && head->nlmsg_type >= RTM_BASE &&
	       head->nlmsg_type <= RTM_MAX && (head->nlmsg_type - RTM_BASE) % 4 != 2;
}

/* 1: the bytes are one request that changes something. -EMSGSIZE: more than one. */
static int judge(const uint8_t *bytes, const struct sent *sent)
{
	struct nlmsghdr head;

	for (size_t at = 0; sent->len_bytes - at >= sizeof(head);) {
		size_t left = sent->len_bytes - at;

		memcpy(&head, bytes + at, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || (sent->whole && head.nlmsg_len > left))
			return 0; /* text, or another protocol */
		if (is_change(&head) && (!sent->whole || !is_probe(&head, bytes + at)))
			return !at && sent->whole && NLMSG_ALIGN(head.nlmsg_len) >= left
				       ? 1
				       : -EMSGSIZE;
		if (NLMSG_ALIGN(head.nlmsg_len) >= left)
			return 0;
		at += NLMSG_ALIGN(head.nlmsg_len);
	}
	return 0;
}

/* ---- the program --------------------------------------------------------- */

/* Until the program runs, an exit status is an errno. */
static void become(const char *path, char *const argv[], pid_t tracer)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != tracer ||
	    ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(errno ? errno : ECHILD);
	(void)signal(SIGPIPE, SIG_DFL);
	/* The tracer sets its options before the first system call. */
	(void)raise(SIGSTOP);
	execv(path, argv);
	_exit(errno);
}

static pid_t wait_for(pid_t pid, int *status)
{
	pid_t got;

	do
		got = waitpid(pid, status, __WALL);
	while (got < 0 && errno == EINTR);
	return got;
}

/* At a stop for a system call. 1: its request was caught. */
static int look(pid_t pid, struct catch *catch)
{
	struct __ptrace_syscall_info call = {0};
	struct sent sent = {.whole = true};
	int err;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, pointer(sizeof(call)), &call) < 0)
		return errno == ESRCH ? 0 : -errno; /* killed meanwhile */
	if (call.op != PTRACE_SYSCALL_INFO_ENTRY)
		return 0;
	if (call.arch != catch->arch || (call.entry.nr & __X32_SYSCALL_BIT))
		return -ENOEXEC;
	err = peek_sent(pid, &call, catch, &sent);
	if (err == -ESRCH || err == -EFAULT)
		return 0;
	err = err ?: judge(catch->bytes, &sent);
	if (err == 1)
		catch->len_bytes = sent.len_bytes;
	return err;
}

/* At any stop. What the program is to be sent; -errno or 1 as look(). */
static int at_stop(pid_t pid, int wait_status, struct catch *catch, int *deliver)
{
	int event = wait_status >> 16;

	*deliver = 0;
	if (WSTOPSIG(wait_status) == SYSCALL_STOP)
		return look(pid, catch);
	if (event == PTRACE_EVENT_EXEC)
		catch->has_begun = true;
	/* What is started comes with a SIGSTOP, which is not for it. */
	if (!event && WSTOPSIG(wait_status) != SIGSTOP)
		*deliver = WSTOPSIG(wait_status);
	return 0;
}

static int follow(pid_t program, struct catch *catch)
{
	pid_t pid = program;
	int deliver = 0, ret;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, pointer((uint64_t)deliver)) && errno != ESRCH)
			return -errno;
		while ((pid = wait_for(-1, &catch->wait_status)) > 0 &&
		       !WIFSTOPPED(catch->wait_status))
			if (pid == program)
				return 0;
		if (pid < 0)
			return -errno;
		ret = at_stop(pid, catch->wait_status, catch, &deliver);
		if (ret) {
			kill(pid, SIGKILL);
			return ret < 0 ? ret : 0;
		}
	}
}

/* At the first stop, before the program is in place of us. */
static int prepare(pid_t program, struct catch *catch)
{
	struct __ptrace_syscall_info info = {0};

	if (wait_for(program, &catch->wait_status) < 0)
		return -errno;
	if (WIFEXITED(catch->wait_status))
		return -WEXITSTATUS(catch->wait_status);
	if (!WIFSTOPPED(catch->wait_status))
		return -ECHILD;
	if (ptrace(PTRACE_SETOPTIONS, program, NULL, pointer(TRACE_OPTIONS)) ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, program, pointer(sizeof(info)), &info) <= 0)
		return -errno;
	catch->arch = info.arch;
	return 0;
}

static void trace(const char *path, char *const argv[], struct catch *catch)
{
	pid_t tracer = getpid(), program = fork();
	int ignored;

	if (program == 0)
		become(path, argv, tracer);
	catch->err = program < 0 ? -errno : prepare(program, catch);
	if (program > 0 && !catch->err)
		catch->err = follow(program, catch);
	if (program > 0 && (catch->err || catch->len_bytes)) {
		kill(program, SIGKILL);
		(void)wait_for(program, &ignored);
	}
}

/* ---- the caller ---------------------------------------------------------- */

static int run_tracer(const char *path, char *const argv[], struct catch *catch)
{
	pid_t caller = getpid(), tracer = fork();
	int status;

	if (tracer < 0)
		return -errno;
	if (tracer == 0) {
		catch->err = -EINTR; /* should it be killed */
		if (!prctl(PR_SET_PDEATHSIG, SIGKILL) && getppid() == caller)
			trace(path, argv, catch);
		_exit(0);
	}
	/* A caller that ignores SIGCHLD has nothing to wait for, but waits. */
	if (wait_for(tracer, &status) < 0 && errno != ECHILD)
		return -errno;
	return catch->err;
}

static int explain(int err, const char *path)
{
	switch (err) {
	case -EPERM:
	case -ENOSYS:
	case -EIO:
		return weir_fail(
			-EPERM,
			"%s: it must be traced to read its request, which is not permitted "
			"here (ptrace); use one of weir's own forms",
			path);
	case -EMSGSIZE:
		return weir_fail(err, "%s: its request is not one that can be taken over", path);
	default:
		return weir_fail(err, "%s: cannot be run and traced: %s", path, weir_errstr(err));
	}
}

/* The program ended by itself; until it began that means it could not be run. */
static int ended(const struct catch *catch, const char *path)
{
	int status = catch->wait_status;

	if (WIFEXITED(status) && WEXITSTATUS(status))
		return catch->has_begun ? WEXITSTATUS(status) : explain(-WEXITSTATUS(status), path);
	if (WIFSIGNALED(status))
		return weir_fail(-ECANCELED, "%s: ended by signal %d", path, WTERMSIG(status));
	return weir_fail(-ENOMSG, "%s: it asked nothing of the kernel that could be taken over",
			 path);
}

int weir_borrow(const char *path, char *const argv[], struct weir_borrowed **out)
{
	struct catch *catch = mmap(NULL, sizeof(*catch), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ret;

	if (catch == MAP_FAILED)
		return weir_fail(-errno, "%s: %s", path, weir_errstr(errno));
	ret = run_tracer(path, argv, catch);
	if (ret)
		ret = explain(ret, path);
	else if (!catch->len_bytes)
		ret = ended(catch, path);
	else
		ret = weir_borrowed_new(catch->bytes, catch->len_bytes, out);
	munmap(catch, sizeof(*catch));
	return ret;
}
