// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The real tc and ip: become, run, or listened to. They have the grammar and the
 * output of everything that is not BPF; argv, environment and standard streams
 * reach them untouched.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/compat.h"

extern char **environ;

/* A shell's status for a command that is not there. */
#define STATUS_NOT_FOUND 127

static size_t count(char **words)
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

/* Our own -batch is not handed on: its lines are. */
static bool is_batch(const struct weir_compat *c, size_t nth)
{
	return c->in_batch && nth + 1 < c->n_options && c->options[nth + 1] == c->batch;
}

char **weir_real_argv(const struct weir_compat *c, char *path, char **words)
{
	size_t n_words = count(words), n = 0;
	char **argv = calloc(c->n_options + n_words + 2, sizeof(*argv));

	if (!argv)
		return NULL;
	argv[n++] = path;
	for (size_t i = 0; i < c->n_options; i++) {
		if (is_batch(c, i))
			i++;
		else
			argv[n++] = c->options[i];
	}
	memcpy(argv + n, words, n_words * sizeof(*words));
	return argv;
}

static bool is_echo(const char *option)
{
	return !strcmp(option + strspn(option, "-"), "echo");
}

/* Without -echo, which is ours to ask for: not every release of tc knows it. */
static char **borrow_argv(const struct weir_compat *c, char *path, char **words)
{
	char **argv = weir_real_argv(c, path, words), **to = argv;

	for (char **at = argv; argv && *at; at++)
		if (at == argv || at > argv + c->n_options || !is_echo(*at))
			*to++ = *at;
	if (to)
		*to = NULL;
	return argv;
}

int weir_real_borrow(const struct weir_compat *c, char **words, const char *what,
		     struct weir_borrowed **out)
{
	char path[PATH_MAX], **argv;
	int ret = weir_real_path(c->program, path, sizeof(path));

	if (ret) {
		weir_compat_say("%s: %s are read by the real %s, which is not in PATH; install "
				"iproute2",
				c->program, what, c->program);
		return WEIR_COMPAT_FAILED;
	}
	argv = borrow_argv(c, path, words);
	ret = argv ? weir_borrow(path, argv, out) : -ENOMEM;
	free(argv);
	return ret < 0 ? WEIR_COMPAT_FAILED : ret;
}

static int not_found(const struct weir_compat *c)
{
	weir_compat_say("%s: this needs the real %s, and none is in PATH; install iproute2",
			c->program, c->program);
	return STATUS_NOT_FOUND;
}

/* ---- run ----------------------------------------------------------------- */

/* As a shell tells it. */
static int status_of(int wait_status)
{
	if (WIFEXITED(wait_status))
		return WEXITSTATUS(wait_status);
	return 128 + WTERMSIG(wait_status);
}

int weir_real_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return WEIR_COMPAT_FAILED;
	return status_of(status);
}

/* The child gets signals as we were given them: for our own lines SIGPIPE is
 * ignored. */
static void default_signals(posix_spawnattr_t *attr)
{
	sigset_t set;

	sigemptyset(&set);
	if (weir_process_pipe_kills())
		sigaddset(&set, SIGPIPE);
	posix_spawnattr_setsigdefault(attr, &set);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF);
}

/* @in, @out, @err: what becomes fd 0, 1, 2; -1: as it is. -errno. */
static int spawn(char *path, char **argv, int in, int out, int err, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int failed;

	(void)fflush(NULL);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	default_signals(&attr);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (err >= 0)
		posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	failed = posix_spawn(pid, path, &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -failed;
}

/* Finds it and starts it with our options and @words. -errno. */
static int start(struct weir_compat *c, char **words, const int fds[3], pid_t *pid)
{
	char path[PATH_MAX], **argv;
	int err = weir_real_path(c->program, path, sizeof(path));

	if (err)
		return err;
	argv = weir_real_argv(c, path, words);
	err = argv ? spawn(path, argv, fds[0], fds[1], fds[2], pid) : -ENOMEM;
	free(argv);
	return err;
}

int weir_real_start(struct weir_compat *c, char **words, int in, int err, pid_t *pid)
{
	const int fds[] = {in, -1, err};

	return start(c, words, fds, pid);
}

static int run(struct weir_compat *c, char **words)
{
	const int fds[] = {-1, -1, -1};
	pid_t pid;
	int err = start(c, words, fds, &pid);

	if (!err)
		return weir_real_wait(pid);
	if (err == -ENOENT)
		return not_found(c);
	weir_compat_say("%s: %s", c->program, strerror(-err));
	return WEIR_COMPAT_FAILED;
}

static int become(struct weir_compat *c, char **words)
{
	char path[PATH_MAX], **argv;

	if (weir_real_path(c->program, path, sizeof(path)))
		return not_found(c);
	argv = weir_real_argv(c, (char *)c->name, words);
	if (!argv) {
		weir_compat_say("%s: out of memory", c->program);
		return WEIR_COMPAT_FAILED;
	}
	(void)fflush(NULL);
	weir_process_restore();
	/* a script without its first line runs, too, as from a shell */
	execvp(path, argv);
	weir_compat_say("%s: %s", path, strerror(errno));
	free(argv);
	return WEIR_COMPAT_FAILED;
}

int weir_real_line(struct weir_compat *c, char **words)
{
	return c->in_batch ? run(c, words) : become(c, words);
}

/* ---- listen -------------------------------------------------------------- */

/* Closes @fd. -errno. */
static int read_all(int fd, char **out, size_t *out_len)
{
	FILE *in = fdopen(fd, "r");
	char *text = NULL;
	size_t room = 0;
	ssize_t len;

	if (!in) {
		close(fd);
		return -ENOMEM;
	}
	/* all of it: no text of tc or ip has a NUL */
	len = getdelim(&text, &room, '\0', in);
	(void)fclose(in);
	if (len < 0 && !text)
		text = strdup("");
	else if (len < 0)
		*text = '\0';
	if (!text)
		return -ENOMEM;
	*out = text;
	*out_len = len < 0 ? 0 : (size_t)len;
	return 0;
}

int weir_real_output(struct weir_compat *c, char **words, char **out, size_t *out_len)
{
	int pipe_fds[2], fds[] = {-1, -1, -1};
	int err, status;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return -errno;
	fds[1] = pipe_fds[1];
	err = start(c, words, fds, &pid);
	close(pipe_fds[1]);
	if (err) {
		close(pipe_fds[0]);
		return err;
	}
	err = read_all(pipe_fds[0], out, out_len);
	status = weir_real_wait(pid);
	return err ?: status;
}

/* Messages in a file are printed by `monitor file`. */
void weir_real_print(struct weir_compat *c, const struct weir_borrowed *req)
{
	char path[32], *words[] = {(char *)"monitor", (char *)"file", path, NULL}, *out = NULL;
	size_t len, out_len = 0;
	const void *bytes = weir_borrowed_answer(req, &len);
	/* inherited by the real program */
	int fd = len ? memfd_create("answer", 0) : -1;

	if (fd < 0)
		return;
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	if (write(fd, bytes, len) == (ssize_t)len && !lseek(fd, 0, SEEK_SET) &&
	    weir_real_output(c, words, &out, &out_len) >= 0)
		fwrite(out, 1, out_len, stdout);
	free(out);
	close(fd);
}
