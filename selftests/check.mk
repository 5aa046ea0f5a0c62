# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests and measurements; included by the Makefile, whose variables it uses.

ASAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
A := $(B)/asan
A_LIB := $(LIB_SRC:%.c=$(A)/%.o)
A_CLI := $(filter-out $(A)/cli/main.o,$(CLI_SRC:%.c=$(A)/%.o))
A_PACKETS := $(filter-out $(A)/cli/packets/main.o,$(PACKETS_SRC:%.c=$(A)/%.o))
F := $(B)/fuzz
F_LIB := $(LIB_SRC:%.c=$(F)/%.o)
F_CLI := $(filter-out $(F)/cli/main.o,$(CLI_SRC:%.c=$(F)/%.o))
F_PACKETS := $(filter-out $(F)/cli/packets/main.o,$(PACKETS_SRC:%.c=$(F)/%.o))
FUZZERS := $(FUZZ_SRC:tests/%.c=$(F)/%)
FUZZ_SECONDS ?= 40

$(A)/%.o: %.c | $(B)/.deps
	$(call say,CC-ASAN,$<)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) $(ASAN_FLAGS) -O1 -MMD -MP -c $< -o $@

$(TESTS): $(B)/tests/%: $(A)/tests/%.o $(A_LIB) $(A_CLI)
	$(call say,LD,$@)mkdir -p $(@D) && $(CC) $(ASAN_FLAGS) -o $@ $^ -lcmocka $(SHARED_LIBS) -lm $(MORE_LIBS)
$(B)/tests/test_packets: $(A_PACKETS)
$(A)/cli/packets/bench.o $(F)/cli/packets/bench.o: $(HARNESS)
$(B)/tests/test_packets $(F)/fuzz_packets: MORE_LIBS := -lpcap -lm

# What of weir serve knows of no network.
$(B)/tests/test_state: $(addprefix $(A)/cli/serve/,state.o metrics.o json.o)

# Expressions of weir capture, beside libpcap's.
$(B)/tests/test_expr: $(patsubst %,$(A)/cli/capture/%.o,expr expr_load expr_translate)
$(B)/tests/test_expr: MORE_LIBS := -lpcap

# What of weir top knows of no terminal.
$(B)/tests/test_top: $(addprefix $(A)/cli/top/,rows.o runs.o values.o spark.o)

$(B)/weir-asan: $(A_LIB) $(A_CLI) $(A)/cli/main.o
	$(call say,LD,$@)$(CC) $(ASAN_FLAGS) -o $@ $^ $(SHARED_LIBS)

# What a static executable cannot show: allocations that fail, and libweir.so as it is.
$(B)/weir-shared: $(CLI_OBJ) $(B)/libweir.so
	$(call say,LD,$@)ln -sf libweir.so $(B)/libweir.so.$(SOVERSION) && \
		$(CC) $(CFLAGS) $(LDFLAGS) -Wl,-rpath,$(abspath $(B)) -o $@ $(CLI_OBJ) -L$(B) -lweir $(SHARED_LIBS)

$(TOOLS): $(B)/tests/tool_%: tests/tool_%.c $(B)/libweir.a
	$(call say,LD,$@)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -o $@ $(filter %.c %.o,$^) $(B)/libweir.a $(SHARED_LIBS) $(MORE_LIBS)

$(B)/tests/tool_sample: $(patsubst %,$(B)/cli/capture/%.o,expr expr_load expr_translate)
$(B)/tests/tool_sample: MORE_LIBS := -lpcap
$(B)/tests/tool_packets: $(patsubst %,$(B)/cli/packets/%.o,describe describe_frame header layers)

$(B)/tests/fault.so: tests/preload_fault.c
	$(call say,LD,$@)mkdir -p $(@D) && $(CC) -std=gnu11 $(WARN) -O1 -fPIC -shared -o $@ $<

$(F)/%.o: %.c | $(B)/.deps
	$(call say,CC-FUZZ,$<)mkdir -p $(@D) && $(CLANG) $(CPPFLAGS) -std=gnu11 -g -O1 -fsanitize=fuzzer-no-link,address,undefined -MMD -MP -c $< -o $@

# A fuzzer that stands in for functions of ours names them: /* link: -Wl,--wrap=... */
link_flags = $(shell sed -n 's,^/\* link: \(.*\) \*/$$,\1,p' tests/$(1).c)
$(FUZZERS): $(F)/%: $(F)/tests/%.o $(F_LIB) $(F_CLI)
	$(call say,LD,$@)$(CLANG) -fsanitize=fuzzer,address,undefined $(call link_flags,$*) -o $@ $^ $(SHARED_LIBS) $(MORE_LIBS)
$(F)/fuzz_packets: $(F_PACKETS)

$(BENCHES): $(B)/bench/%: selftests/bench/%.c $(B)/libweir.a
	$(call say,LD,$@)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -o $@ $< $(B)/libweir.a $(SHARED_LIBS)

# The objects that tests load: our own sources, compiled now.
PROG_SRC := $(sort $(wildcard selftests/progs/*.c))
PROG_OBJ := $(PROG_SRC:selftests/progs/%.c=$(B)/progs/%.o)
PROG_FLAGS = -target bpf -O2 -mcpu=v2 -Wall -Wno-unused-function -I. -Ibpf -Iselftests/progs \
	-I/usr/include/$(shell $(CC) -print-multiarch) $(shell sed -n 's,^/\* flags: \(.*\) \*/$$,\1,p' $<)

$(PROG_OBJ): $(B)/progs/%.o: selftests/progs/%.c $(wildcard selftests/progs/*.h) | $(B)/.deps
	$(call say,CLANG,$<)mkdir -p $(@D) && $(CLANG) $(PROG_FLAGS) -c $< -o $@

progs: $(PROG_OBJ)
tests: $(TESTS) $(TOOLS) $(BENCHES) $(B)/tests/fault.so $(B)/weir-asan $(B)/weir-shared progs
asan: $(TESTS)

LINT_SRC := $(LIB_SRC) $(CLI_SRC) $(TOP_SRC) $(SERVE_SRC) $(PACKETS_SRC) $(STATIC_SRC)

check-format:
	$(call say,FORMAT,)clang-format --dry-run -Werror $(LINT_SRC) $(HEADERS) $(BPF_SRC) \
		$(wildcard cli/packets/*.bpf.c maps/*.bpf.c bpf/lib/*.h tests/*.c selftests/bench/*.c)

check-headers: $(HEADERS:%=$(B)/headers/%.ok)
$(B)/headers/%.ok: % $(HEADERS)
	$(call say,HEADER,$<)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -Werror -fsyntax-only -x c $< && touch $@

check-lint: $(patsubst %,$(B)/tidy/%.ok,$(LINT_SRC)) $(B)/tidy/cppcheck.ok $(B)/tidy/shellcheck.ok
$(B)/tidy/%.ok: % .clang-tidy $(HEADERS)
	$(call say,TIDY,$<)mkdir -p $(@D) && clang-tidy --quiet --warnings-as-errors='*' $< -- $(CPPFLAGS) -std=gnu11 2>$@.err \
		|| { cat $@.err; exit 1; }; touch $@
$(B)/tidy/cppcheck.ok: $(LINT_SRC) $(HEADERS)
	$(call say,CPPCHECK,)mkdir -p $(@D) && cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr -I. \
		--enable=warning,performance,portability --suppress=missingIncludeSystem \
		-D'LIBBPF_OPTS(TYPE,NAME,...)=struct TYPE NAME = {__VA_ARGS__}' $(LINT_SRC) && touch $@
$(B)/tidy/shellcheck.ok: $(SCRIPTS)
	$(call say,SHCHECK,)mkdir -p $(@D) && shellcheck -x $(SCRIPTS) && touch $@

check-fuzz: $(FUZZERS:%=%.run)
%.run: % $(PROG_OBJ) $(BPF_OLD)
	$(call say,FUZZ,$< for $(FUZZ_SECONDS) s)mkdir -p $(F)/corpus-$(<F) && cp -f $(PROG_OBJ) $(BPF_OLD) $(F)/corpus-$(<F)/ && \
		{ $< -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -rss_limit_mb=2048 -timeout=10 -artifact_prefix=$(F)/ \
			$(F)/corpus-$(<F) >$<.log 2>&1 || { tail -40 $<.log; exit 1; }; } && tail -1 $<.log

# All of them at once, and programs against their models, until stopped.
MODELS := $(patsubst selftests/fuzz_%.sh,%,$(wildcard selftests/fuzz_*.sh))
fuzz:
	$(Q)$(MAKE) --no-print-directory -j$(words $(FUZZERS) $(MODELS)) FUZZ_SECONDS=0 check-fuzz $(MODELS:%=fuzz-%)

$(MODELS:%=fuzz-%): fuzz-%: all tests
	$(Q)BUILD=$(abspath $(B)) bash selftests/fuzz_$*.sh

# Tests side by side, what takes minutes first: each has namespaces and a bpffs of its own.
SELF := $(filter selftests/test_%,$(SCRIPTS))
SLOW := $(filter %/test_map_faults.sh %/test_sanitized.sh %/test_map_bulk.sh %/test_faults.sh %/test_page.sh %/test_page_faults.sh,$(SELF))
PROVE = BUILD=$(abspath $(B)) CMOCKA_MESSAGE_OUTPUT=TAP prove -j$$(nproc)

check-unit: $(TESTS) progs $(TOOLS)
	$(Q)$(PROVE) --exec '' $(TESTS)

check-self: all tests
	$(Q)$(PROVE) --exec bash $(SLOW) $(filter-out $(SLOW),$(SELF))

check-deps:
	@( $(call DEPS_CHECK,$(DEPS_CHECK_ALL) $(DEPS_CHECK_TEST)) ) 2>/dev/null || $(MAKE) --no-print-directory deps

# Static checks and units side by side, then the fuzzers, then all TAP in one prove.
check: check-deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) WERROR=1 all tests check-format check-headers check-lint $(FUZZERS)
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) WERROR=1 check-fuzz
	$(Q)$(PROVE) --timer --exec 'bash selftests/exec.sh' $(SLOW) $(TESTS) $(filter-out $(SLOW),$(SELF))

# ---- other kernels (selftests/vm) ---------------------------------------------

VM_CACHE ?= $(or $(XDG_CACHE_HOME),$(or $(HOME),$(abspath $(B)))/.cache)/weir/vm
VM_KERNELS := 6.1 6.12
KERNELS ?= $(VM_KERNELS)
# What the kernel has no part in stays on this machine; and what sanitizers make of memory.
VM_SUITES := $(patsubst selftests/%.sh,%,$(filter-out %/test_build.sh %/test_page.sh %/test_page_faults.sh %/test_sanitized.sh %/test_vm.sh,\
	$(filter selftests/test_% selftests/vm/test_%,$(SCRIPTS))))
# Emulation makes each program thirty times slower: these are what six minutes have room for,
# the longest of them on one kernel each.
VM_ON_ONE := vm/test_offload_faults@6.1 vm/test_pace@6.12 vm/test_libxdp@6.12
VM_QUICK := test_features test_gate test_tcx $(VM_ON_ONE) $(filter-out $(foreach s,$(VM_ON_ONE),$(firstword $(subst @, ,$(s)))) \
	vm/test_actions vm/test_qdiscs vm/test_forward,$(filter vm/%,$(VM_SUITES)))
SUITES ?= $(VM_QUICK)
VM_TIMEOUT ?= 1200

check-deps-vm:
	@( $(call DEPS_CHECK,$(DEPS_CHECK_ALL) $(DEPS_CHECK_TEST) $(DEPS_CHECK_VM)) ) 2>/dev/null || $(MAKE) --no-print-directory deps

vmcheck: check-deps-vm
	$(Q)$(MAKE) --no-print-directory -s -j$$(nproc) all tests
	$(Q)BUILD=$(abspath $(B)) VM_CACHE='$(VM_CACHE)' VM_TIMEOUT=$(VM_TIMEOUT) SUITES='$(SUITES)' bash selftests/vm/check.sh $(KERNELS)

vmcheck-all: KERNELS := 5.10 $(VM_KERNELS) newest
vmcheck-all: SUITES := $(VM_SUITES)
vmcheck-all: VM_TIMEOUT := 28800
vmcheck-all: vmcheck

# README's table: every kernel of vmcheck-all, and this machine's.
support: all tests
	$(Q)mkdir -p $(B)/vm/here && BUILD=$(abspath $(B)) bash selftests/test_features.sh >$(B)/vm/here/test_features.tap 2>/dev/null || true
	$(Q)bash selftests/vm/table.sh README.md $(foreach k,here 5.10 $(VM_KERNELS) newest,$(B)/vm/$(k)/test_features.tap)

bench: all $(BENCHES) progs
	$(Q)BUILD=$(abspath $(B)) bash selftests/bench/run.sh

-include $(wildcard $(A)/cli/*/*.d) $(TOOLS:=.d) $(BENCHES:=.d) $(A_PACKETS:.o=.d) $(F_PACKETS:.o=.d) $(A_LIB:.o=.d) $(A_CLI:.o=.d) $(A)/cli/main.d $(F_LIB:.o=.d) $(F_CLI:.o=.d) $(TEST_SRC:tests/%.c=$(A)/tests/%.d)
