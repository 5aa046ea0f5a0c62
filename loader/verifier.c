// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Cuts the verifier's log down: its last message, the instruction and the C
 * line that it is about. The log's form is kernel/bpf/verifier.c's: "; C text"
 * before the instructions of a line, "N: (op) text" an instruction, then the
 * reason, then statistics.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "loader/log.h"
#include "loader/error.h"
#include "loader/verifier.h"

char *weir_verifier_log_new(void)
{
	void *mem = mmap(NULL, WEIR_VERIFIER_LOG_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

void weir_verifier_log_free(char *log)
{
	if (log)
		munmap(log, WEIR_VERIFIER_LOG_BYTES);
}

/* ---- lines --------------------------------------------------------------- */

struct line {
	const char *at;
	size_t len;
};

/* The line that ends before @end; false at the beginning. */
static bool line_before(const char *start, const char *end, struct line *out)
{
	const char *at;

	while (end > start && end[-1] == '\n')
		end--;
	if (end == start)
		return false;
	at = end;
	while (at > start && at[-1] != '\n')
		at--;
	out->at = at;
	out->len = (size_t)(end - at);
	return true;
}

static bool begins(const struct line *line, const char *with)
{
	size_t len = strlen(with);

	return line->len >= len && !memcmp(line->at, with, len);
}

static bool is_statistics(const struct line *line)
{
	static const char *const words[] = {
		"processed ",  "verification time ", "stack depth ", "max_states", "mark_precise",
		"peak_states", "insns processed",    "last_idx ",    "first_idx ", "regs=",
		"parent ",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (begins(line, words[i]))
			return true;
	return false;
}

/* "12: (71) r1 = ..."; states such as "12: R0=..." and "from 3 to 5: " are not. */
static bool is_insn(const struct line *line)
{
	size_t i = 0;

	while (i < line->len && line->at[i] >= '0' && line->at[i] <= '9')
		i++;
	return i > 0 && i + 3 < line->len && !memcmp(line->at + i, ": (", 3);
}

static bool is_state(const struct line *line)
{
	size_t i = 0;

	if (begins(line, "from ") || begins(line, "R0") || begins(line, "R1=") ||
	    begins(line, " R"))
		return memchr(line->at, '=', line->len) || begins(line, "from ");
	while (i < line->len && line->at[i] >= '0' && line->at[i] <= '9')
		i++;
	return i > 0 && i + 3 < line->len && !memcmp(line->at + i, ": R", 3);
}

static bool is_message(const struct line *line)
{
	if (is_statistics(line) || is_insn(line) || begins(line, ";"))
		return false;
	/* "R0 invalid mem access" is a message, "R0=scalar() R1=ctx()" a state. */
	return !is_state(line) || memmem(line->at, line->len, "invalid", 7) ||
	       memmem(line->at, line->len, "!read_ok", 8);
}

/* The message may be several lines; the first after the instruction says most. */
static void extend_up(struct weir_verifier_verdict *found, const struct line *line)
{
	if (!found->more) {
		found->more = found->message;
		found->more_len = found->message_len;
	}
	found->message = line->at;
	found->message_len = line->len;
}

/* Without an instruction there is no telling where the message began. */
static void only_last(struct weir_verifier_verdict *found)
{
	if (found->insn || !found->more)
		return;
	found->message = found->more;
	found->message_len = found->more_len;
	found->more = NULL;
}

int weir_verifier_read(const char *log, struct weir_verifier_verdict *out)
{
	struct weir_verifier_verdict found = {0};
	const char *end = log + strlen(log);
	bool in_message = false;
	struct line line;

	while (line_before(log, end, &line)) {
		end = line.at;
		if (is_message(&line) && (in_message || !found.message)) {
			if (found.message) {
				extend_up(&found, &line);
			} else {
				found.message = line.at;
				found.message_len = line.len;
			}
			in_message = true;
			continue;
		}
		in_message = false;
		if (found.message && !found.insn && is_insn(&line)) {
			found.insn = line.at;
			found.insn_len = line.len;
		} else if (found.message && begins(&line, "; ")) {
			found.source = line.at + 2;
			found.source_len = line.len - 2;
			break;
		}
	}
	only_last(&found);
	if (!found.message)
		return -ENODATA;
	*out = found;
	return 0;
}

/* ---- hints --------------------------------------------------------------- */

static const struct {
	const char *text;
	const char *hint;
} hints[] = {
	{"invalid access to packet", "compare the pointer plus size with data_end first"},
	{"map_value_or_null", "compare the looked-up pointer with NULL first"},
	{"mem_or_null", "compare the pointer with NULL first"},
	{"invalid access to map value", "keep the offset below the map's value size"},
	{"back-edge", "unroll the loop, or bound it where the kernel is 5.3 or later"},
	{"infinite loop", "give the loop a bound that the verifier can see"},
	{"too many instructions", "split the program with tail calls, or bound its loops tighter"},
	{"BPF program is too large",
	 "split the program with tail calls, or bound its loops tighter"},
	{"GPL-restricted", "this helper needs a GPL-compatible licence in section \"license\""},
	{"from non-GPL", "this helper needs a GPL-compatible licence in section \"license\""},
	{"unknown func", "this kernel or program type has no such helper"},
	{"program of this type cannot use helper", "this program type has no such helper"},
	{"invalid indirect read from stack", "initialise the whole variable, padding included"},
	{"invalid read from stack", "initialise the variable first"},
	{"unreachable insn", "remove code that nothing reaches"},
	{"stack limit", "move large variables to a per-CPU array"},
	{"combined stack size", "move large variables to a per-CPU array"},
	{"!read_ok", "a register is used before it is set; initialise the variable"},
	{"number of funcs in func_info", "functions given to helpers need Linux 5.13"},
	{"expected=", "a pointer of another kind was passed to the helper"},
};

const char *weir_verifier_hint(const char *message, size_t len)
{
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (memmem(message, len, hints[i].text, strlen(hints[i].text)))
			return hints[i].hint;
	return NULL;
}

/* ---- report -------------------------------------------------------------- */

void weir_verifier_log_all(const char *log)
{
	while (*log) {
		size_t len = strcspn(log, "\n");

		weir_log(WEIR_LOG_INFO, "%.*s", (int)len, log);
		log += len + (log[len] == '\n');
	}
}

void weir_verifier_log_place(const struct weir_verifier_verdict *verdict, const char *prog)
{
	if (verdict->source)
		weir_log(WEIR_LOG_DETAIL, "%s: in C: %.*s", prog, (int)verdict->source_len,
			 verdict->source);
	if (verdict->insn)
		weir_log(WEIR_LOG_DETAIL, "%s: instruction %.*s", prog, (int)verdict->insn_len,
			 verdict->insn);
	if (verdict->more)
		weir_log(WEIR_LOG_DETAIL, "%s: %.*s", prog, (int)verdict->more_len, verdict->more);
}

int weir_verifier_report(int err, const char *object, const char *prog, const char *log)
{
	struct weir_verifier_verdict verdict;
	const char *hint;

	if (weir_log_wants(WEIR_LOG_INFO))
		weir_verifier_log_all(log);
	if (weir_verifier_read(log, &verdict))
		return weir_fail(err, "%s: program %s: the kernel refuses it: %s%s%s", object, prog,
				 weir_errstr(err), weir_errhint(err) ? "; " : "",
				 weir_errhint(err) ?: "");
	weir_verifier_log_place(&verdict, prog);
	hint = weir_verifier_hint(verdict.message, verdict.message_len);
	return weir_fail(err, "%s: program %s: the verifier refuses it: %.*s; %s", object, prog,
			 (int)verdict.message_len, verdict.message,
			 hint ?: "weir -v shows its whole log");
}
