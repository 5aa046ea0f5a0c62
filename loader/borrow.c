// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Owns requests that another program builds: caught on their way to the kernel.
 *
 * In: a program's path and words. Out: the bytes of the first request by which
 * it would change something. The child runs traced (ptrace(2)); at each entry of
 * a system call that sends, the message is read from its memory, and when it
 * is of a kind that changes, the child is killed there: the call never happens.
 * PTRACE_GET_SYSCALL_INFO (Linux 5.3) tells number and arguments on every
 * architecture alike.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
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
#define IOVECS_MAX	  8

/* Addresses of the child, and numbers that ptrace(2) takes as pointers. */
static void *pointer(uint64_t value)
{
	return (void *)(uintptr_t)value; /* NOLINT(performance-no-int-to-ptr) */
}

/* ---- the child's memory ------------------------------------------------------------- */

static bool peek(pid_t pid, uint64_t from, void *to, size_t len)
{
	struct iovec local = {to, len}, remote = {pointer(from), len};

	return len && process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)len;
}

/* Gathers a message; its length, 0 when it cannot be read. */
static size_t peek_iovecs(pid_t pid, uint64_t iovecs_at, size_t n, uint8_t *to, size_t room)
{
	struct iovec iovecs[IOVECS_MAX];
	size_t len = 0;

	if (!n || n > IOVECS_MAX || !peek(pid, iovecs_at, iovecs, n * sizeof(*iovecs)))
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (iovecs[i].iov_len > room - len)
			return 0;
		if (iovecs[i].iov_len &&
		    !peek(pid, (uintptr_t)iovecs[i].iov_base, to + len, iovecs[i].iov_len))
			return 0;
		len += iovecs[i].iov_len;
	}
	return len;
}

static size_t peek_message(pid_t pid, const struct __ptrace_syscall_info *call, uint8_t *to,
			   size_t room)
{
	const uint64_t *args = (const uint64_t *)call->entry.args;
	struct msghdr head;

	switch (call->entry.nr) {
	case SYS_sendmsg:
		if (!peek(pid, args[1], &head, sizeof(head)))
			return 0;
		return peek_iovecs(pid, (uintptr_t)head.msg_iov, head.msg_iovlen, to, room);
	case SYS_sendto:
	case SYS_write:
		return args[2] <= room && peek(pid, args[1], to, args[2]) ? args[2] : 0;
	case SYS_writev:
		return peek_iovecs(pid, args[1], args[2], to, room);
	default:
		return 0;
	}
}

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
static bool changes_something(const uint8_t *bytes, size_t len)
{
	struct nlmsghdr head;

	if (len < sizeof(head))
		return false;
	memcpy(&head, bytes, sizeof(head));
	return head.nlmsg_len >= sizeof(head) && head.nlmsg_len <= len && !is_probe(&head, bytes) &&
	       head.nlmsg_type >= RTM_BASE && head.nlmsg_type <= RTM_MAX &&
	       (head.nlmsg_flags & NLM_F_REQUEST) && (head.nlmsg_type - RTM_BASE) % 4 != 2;
}

/* ---- the child ------------------------------------------------------------------------ */

static void become(const char *path, char *const argv[])
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(126);
	(void)signal(SIGPIPE, SIG_DFL);
	/* The parent sets its options before the first system call. */
	(void)raise(SIGSTOP);
	execv(path, argv);
	_exit(127);
}

struct trace {
	pid_t pid;
	uint8_t bytes[REQUEST_BYTES_MAX];
	size_t len; /* of the catch; 0: none yet */
	int status; /* how the child ended by itself */
};

static int wait_stop(pid_t pid, int *status)
{
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* At a stop: true when the request is there. */
static bool is_catch(struct trace *trace)
{
	struct __ptrace_syscall_info call = {0};
	size_t len;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, trace->pid, pointer(sizeof(call)), &call) <= 0 ||
	    call.op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	len = peek_message(trace->pid, &call, trace->bytes, sizeof(trace->bytes));
	if (!changes_something(trace->bytes, len))
		return false;
	trace->len = len;
	return true;
}

static int follow(struct trace *trace)
{
	int err, deliver = 0;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, trace->pid, NULL, pointer((uint64_t)deliver)))
			return -errno;
		err = wait_stop(trace->pid, &trace->status);
		if (err)
			return err;
		if (WIFEXITED(trace->status) || WIFSIGNALED(trace->status))
			return 0;
		deliver = 0;
		if (WSTOPSIG(trace->status) == (SIGTRAP | 0x80)) {
			if (is_catch(trace))
				return 0;
		} else if (WSTOPSIG(trace->status) != SIGTRAP) {
			deliver = WSTOPSIG(trace->status);
		}
	}
}

static int run_traced(const char *path, char *const argv[], struct trace *trace)
{
	int err, status;

	trace->pid = fork();
	if (trace->pid < 0)
		return -errno;
	if (trace->pid == 0)
		become(path, argv);
	err = wait_stop(trace->pid, &status);
	if (!err && WIFEXITED(status))
		return WEXITSTATUS(status) == 126 ? -EPERM : -ECHILD;
	if (!err && ptrace(PTRACE_SETOPTIONS, trace->pid, NULL,
			   pointer(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)))
		err = -errno;
	if (!err)
		err = follow(trace);
	if (err || trace->len) {
		kill(trace->pid, SIGKILL);
		(void)wait_stop(trace->pid, &status);
	}
	return err;
}

static int ended(const char *path, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status))
		return WEXITSTATUS(status);
	return weir_fail(-ENOMSG, "%s: it asked nothing of the kernel that could be taken over",
			 path);
}

int weir_borrow(const char *path, char *const argv[], struct weir_borrowed **out)
{
	struct trace *trace = calloc(1, sizeof(*trace));
	int err = trace ? run_traced(path, argv, trace) : -ENOMEM;

	if (err == -EPERM)
		weir_fail(err,
			  "%s: it must be traced to read its request, which is not permitted "
			  "here (ptrace); use one of weir's own forms",
			  path);
	else if (err)
		weir_fail(err, "%s: cannot be traced: %s", path, weir_errstr(err));
	else if (!trace->len)
		err = ended(path, trace->status);
	else
		err = weir_borrowed_new(trace->bytes, trace->len, out);
	free(trace);
	return err;
}
