// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Batches. In: a file of lines, or standard input. Out: each line run in order
 * until one fails: ours by us, neighbouring others by one real `-batch -`, which
 * is fed as long as none of ours comes between.
 *
 * A file in which no line is ours is the real program's from the start. Where it
 * is fed, it counts lines, too: for lines that it does not get there are empty
 * ones, so that the number in its `Command failed -:N` needs only an addition;
 * a process beside it puts number and name right.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/compat.h"

struct batch {
	struct weir_compat *c;
	struct weir_batch_text text;
	bool is_stream; /* lines come one by one: each is passed on at once */
	/* the real program at work on foreign lines */
	pid_t child;	    /* 0: none */
	pid_t relay;	    /* of its standard error; 0: none */
	FILE *feed;	    /* its standard input */
	unsigned long base; /* lines before its first */
	unsigned long fed;  /* lines it got */
};

/* ---- the messages of the real program ------------------------------------ */

/* Copies @from to standard error, line by line, naming our file and its lines. */
static void relay(int from, const char *name, unsigned long base)
{
	static const char mark[] = "Command failed -:";
	FILE *in = fdopen(from, "r");
	char *line = NULL, *end;
	unsigned long line_no;
	size_t room = 0;

	while (in && getline(&line, &room, in) > 0) {
		line_no = strncmp(line, mark, strlen(mark))
				  ? 0
				  : strtoul(line + strlen(mark), &end, 10);
		if (line_no)
			fprintf(stderr, "Command failed %s:%lu%s", name, base + line_no, end);
		else
			fputs(line, stderr);
		(void)fflush(stderr);
	}
	_exit(0);
}

/* Before the pipe to the real program is made: the relay must not hold its end.
 * *err_fd = -1: none is needed. -errno. */
static int start_relay(struct batch *b, int *err_fd)
{
	int fds[2], err;

	*err_fd = -1;
	if (!strcmp(b->c->batch, "-") && !b->base)
		return 0;
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	(void)fflush(NULL);
	b->relay = fork();
	err = errno;
	if (b->relay == 0) {
		close(fds[1]);
		relay(fds[0], b->c->batch, b->base);
	}
	close(fds[0]);
	if (b->relay < 0) {
		b->relay = 0;
		close(fds[1]);
		return -err;
	}
	*err_fd = fds[1];
	return 0;
}

/* ---- the real program ---------------------------------------------------- */

/* -errno: an error line is due. */
static int start_child(struct batch *b)
{
	char *words[] = {(char *)"-batch", (char *)"-", NULL};
	int fds[2] = {-1, -1}, err_fd, err;

	b->base = b->text.line_no - 1;
	b->fed = 0;
	err = start_relay(b, &err_fd);
	if (!err && pipe2(fds, O_CLOEXEC))
		err = -errno;
	if (!err)
		b->feed = fdopen(fds[1], "w");
	if (!err && !b->feed)
		err = -ENOMEM;
	if (!err)
		err = weir_real_start(b->c, words, fds[0], err_fd, &b->child);
	if (err_fd >= 0)
		close(err_fd);
	if (fds[0] >= 0)
		close(fds[0]);
	if (!b->feed && fds[1] >= 0)
		close(fds[1]);
	return err;
}

/* Ends it and tells how it went. */
static int finish_child(struct batch *b)
{
	int status = 0;

	if (b->feed)
		(void)fclose(b->feed);
	b->feed = NULL;
	if (b->child)
		status = weir_real_wait(b->child);
	b->child = 0;
	if (b->relay)
		(void)waitpid(b->relay, NULL, 0);
	b->relay = 0;
	return status;
}

static bool feed_line(struct batch *b, char **words)
{
	for (; b->base + b->fed + 1 < b->text.line_no; b->fed++)
		fputc('\n', b->feed);
	weir_batch_write(b->feed, words);
	b->fed++;
	if (b->is_stream)
		(void)fflush(b->feed);
	return !ferror(b->feed);
}

/* ---- the batch ----------------------------------------------------------- */

/* How a line ends for the batch. */
struct outcome {
	int status; /* 0, or the batch's own exit status */
	bool ends;  /* the batch, -force or not */
};

static struct outcome failed_here(const struct batch *b)
{
	weir_compat_say("Command failed %s:%lu", b->c->batch, b->text.line_no);
	return (struct outcome){WEIR_COMPAT_FAILED, !b->c->force};
}

/* With -force the real program ends with 1 when it has met the end of its input
 * and a line had failed; any other status means that it went at a wrong word, as
 * it would have done with the whole batch. */
static struct outcome end_child(struct batch *b)
{
	int status = finish_child(b);

	return (struct outcome){status, status && (status != WEIR_COMPAT_FAILED || !b->c->force)};
}

static struct outcome foreign_line(struct batch *b, char **words)
{
	struct outcome done;
	int err = b->child ? 0 : start_child(b);

	if (err) {
		(void)finish_child(b);
		if (err == -ENOENT)
			(void)weir_real_line(b->c, words); /* says that there is none */
		else
			weir_compat_say("%s: %s", b->c->program, strerror(-err));
		return failed_here(b);
	}
	if (feed_line(b, words))
		return (struct outcome){0, false};
	/* It has ended before it read all: at a line that failed. */
	done = end_child(b);
	done.ends = true;
	return done;
}

static struct outcome our_line(struct batch *b, char **words)
{
	struct outcome done = end_child(b);

	if (done.ends)
		return done;
	return weir_compat_line(b->c, words) ? failed_here(b) : done;
}

static int run_lines(struct batch *b)
{
	char *words[WEIR_BATCH_WORDS_MAX];
	struct outcome line = {0, false};
	const char *why = NULL;
	int status = 0, n = 0;

	while (!line.ends && (n = weir_batch_read(&b->text, words, &why)) > 0) {
		line = weir_compat_is_ours(b->c, words) ? our_line(b, words)
							: foreign_line(b, words);
		if (line.status)
			status = line.status;
	}
	line = end_child(b);
	if (line.status)
		status = line.status;
	if (n >= 0 || line.ends)
		return status;
	weir_compat_say("%s", why);
	/* a text that breaks off is none the worse to iproute2 */
	return n == -ENODATA ? status : WEIR_COMPAT_FAILED;
}

/* True when nothing from here on is ours: then the real program may have it. */
static bool is_foreign(struct batch *b)
{
	char *words[WEIR_BATCH_WORDS_MAX];
	const char *why;

	while (weir_batch_read(&b->text, words, &why) > 0)
		if (weir_compat_is_ours(b->c, words))
			return false;
	return true;
}

/* Reads a regular file ahead. 0: the real program has it; 1: it is ours to run,
 * from the start; -1: an error line was said. */
static int look_ahead(struct batch *b)
{
	FILE *in = b->text.in;
	off_t start = ftello(in);
	struct stat st;

	b->is_stream = start < 0 || fstat(fileno(in), &st) || !S_ISREG(st.st_mode);
	if (b->is_stream)
		return 1;
	if (is_foreign(b)) {
		/* standard input may be shared: the real program starts where we did */
		(void)lseek(fileno(in), start, SEEK_SET);
		return 0;
	}
	b->text.line_no = 0;
	return fseeko(in, start, SEEK_SET) ? -1 : 1;
}

static int run_batch(struct batch *b, char **words)
{
	struct weir_compat *c = b->c;
	int mine = look_ahead(b);

	if (mine < 0) {
		weir_compat_say("%s: %s", c->batch, strerror(errno));
		return WEIR_COMPAT_FAILED;
	}
	if (!mine)
		return weir_real_line(c, words);
	if (!weir_compat_enter(c))
		return WEIR_COMPAT_USAGE;
	c->in_batch = true;
	return run_lines(b);
}

int weir_compat_batch(struct weir_compat *c, char **words)
{
	struct batch b = {.c = c};
	int status;

	weir_process_prepare();
	b.text.in = strcmp(c->batch, "-") != 0 ? fopen(c->batch, "re") : stdin;
	if (!b.text.in) {
		weir_compat_say("Cannot open file \"%s\" for reading: %s", c->batch,
				strerror(errno));
		return WEIR_COMPAT_FAILED;
	}
	status = run_batch(&b, words);
	if (b.text.in != stdin)
		(void)fclose(b.text.in);
	free(b.text.line);
	return status;
}
