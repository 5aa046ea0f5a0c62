// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A command line of tc or ip from end to end: whose it is, and the run. In: the
 * words as they were given. Out: iproute2's output and exit status.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/compat.h"
#include "cli/out.h"

static const char *base_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

bool weir_compat_is_name(const char *name)
{
	const char *base = base_of(name);

	return !strcmp(base, "tc") || !strcmp(base, "ip");
}

/* weir's own options stand before the word tc or ip; here they become the first
 * of the line's, so that the real program hears them as well. */
static char **join_words(const struct weir_globals *globals, char **argv)
{
	char **words, **at;
	size_t n = 0;

	while (argv[n])
		n++;
	at = words = calloc(n + 5, sizeof(*words));
	if (!words)
		return NULL;
	if (globals && globals->json)
		*at++ = (char *)"-json";
	if (globals && globals->pretty)
		*at++ = (char *)"-pretty";
	if (globals && globals->netns) {
		*at++ = (char *)"-netns";
		*at++ = (char *)globals->netns;
	}
	memcpy(at, argv, n * sizeof(*argv));
	return words;
}

/* As iproute2 prints it, with the last number that libbpf_version_string() lacks. */
static const char *libbpf_version(void)
{
#ifdef WEIR_LIBBPF /* given by the Makefile */
	if (*WEIR_LIBBPF)
		return WEIR_LIBBPF;
#endif
	return libbpf_version_string() + 1;
}

/* "tc utility, iproute2-6.1.0, libbpf 1.1.2": scripts look for the last part,
 * and it is our libbpf that loads, whatever the real program was built with. */
static int print_version(struct weir_compat *c)
{
	char *no_words[] = {NULL}, *out = NULL;
	size_t len;
	int status = weir_real_output(c, no_words, &out, &len);
	char *end;

	if (status > 0) { /* an option before: it has said which */
		fputs(out, stdout);
		free(out);
		return status;
	}
	if (status < 0 || !*out) {
		printf("%s utility, weir-%s", c->program, WEIR_VERSION);
	} else {
		end = strstr(out, ", libbpf ");
		printf("%.*s", end ? (int)(end - out) : (int)strcspn(out, "\n"), out);
	}
	printf(", libbpf %s\n", libbpf_version());
	free(out);
	return 0;
}

void weir_compat_leave(const struct weir_compat *c)
{
	if (c->in_batch)
		return;
	weir_compat_say_end(false);
	_exit(fflush(stdout) ? WEIR_COMPAT_FAILED : 0);
}

struct weir_net *weir_compat_net(struct weir_compat *c)
{
	if (!c->net && weir_net_open(c->netns, &c->net))
		return NULL;
	return c->net;
}

bool weir_compat_enter(struct weir_compat *c)
{
	int err;

	if (!c->netns || c->net)
		return true;
	err = weir_net_open(c->netns, &c->net);
	if (err)
		weir_compat_say("Cannot open network namespace \"%s\": %s", c->netns,
				strerror(-err));
	return !err;
}

bool weir_compat_is_ours(const struct weir_compat *c, char **words)
{
	return c->is_ip ? weir_ip_is_ours(c, words) : weir_tc_is_ours(c, words);
}

int weir_compat_line(struct weir_compat *c, char **words)
{
	int status;

	if (!weir_compat_is_ours(c, words))
		return weir_real_line(c, words);
	weir_process_open_streams();
	if (!weir_compat_enter(c))
		return WEIR_COMPAT_USAGE;
	weir_compat_say_begin(c->verbose);
	status = c->is_ip ? weir_ip_line(c, words) : weir_tc_line(c, words);
	if (fflush(stdout)) {
		weir_compat_say("standard output: %s", strerror(errno));
		status = status ?: WEIR_COMPAT_FAILED;
	}
	weir_compat_say_end(c->quiet || status == WEIR_COMPAT_REFUSED);
	return status;
}

static int run(struct weir_compat *c, char **words, bool is_shim)
{
	if (c->version) {
		weir_process_prepare();
		return print_version(c);
	}
	if (!is_shim && !c->unknown && (c->help || (*words && !strcmp(*words, "help")))) {
		weir_help_print(stdout, NULL, weir_command_find(c->program));
		return 0;
	}
	if (c->help || c->unknown)
		return weir_real_line(c, words);
	if (c->batch)
		return weir_compat_batch(c, words);
	if (!*words)
		return weir_real_line(c, words);
	return weir_compat_line(c, words);
}

int weir_compat_main(const char *name, char **argv, const struct weir_globals *globals)
{
	struct weir_compat c = {.program = !strcmp(base_of(name), "ip") ? "ip" : "tc",
				.name = name};
	char **all, **words;
	int status;

	words = all = join_words(globals, argv);
	if (!all) {
		weir_compat_say("%s: out of memory", c.program);
		return WEIR_COMPAT_FAILED;
	}
	c.is_ip = !strcmp(c.program, "ip");
	if (globals) {
		c.bpffs = globals->bpffs;
		c.quiet = globals->quiet;
		c.verbose = globals->verbose > 0;
	}
	weir_compat_options(&c, &words);
	status = run(&c, words, !globals);
	weir_net_close(c.net);
	free(all);
	return fflush(stdout) && !status ? WEIR_COMPAT_FAILED : status;
}
