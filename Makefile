# SPDX-License-Identifier: LGPL-2.1-or-later
# All the build there is. `make help` lists the targets; V=1 shows commands.

VERSION := 0.1.0
SOVERSION := 0
B       ?= build
PREFIX  ?= /usr/local
CC      ?= cc
CLANG   ?= clang
V       ?= 0
WERROR  ?= 0

bindir     = $(PREFIX)/bin
libdir     = $(PREFIX)/lib
includedir = $(PREFIX)/include
mandir     = $(PREFIX)/share/man
compdir    = $(PREFIX)/share/bash-completion/completions
bpfdir     = $(libdir)/weir
libexecdir = $(PREFIX)/libexec
shimdir    = $(libexecdir)/weir/shims

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-8s%s\n' '$(1)' '$(2)';)

PACKAGES := clang llvm libbpf-dev libelf-dev zlib1g-dev libmnl-dev libmd-dev \
	gcc libc6-dev linux-libc-dev libmicrohttpd-dev libncurses-dev libpcap-dev $(if $(shell command -v npm),,npm)
DEMO_PACKAGES := iproute2 iputils-ping socat bpftool
CHECK_PACKAGES := $(DEMO_PACKAGES) libcmocka-dev libclang-rt-14-dev lld perl \
	clang-format clang-tidy cppcheck shellcheck tcpdump strace jq man-db \
	mandoc bash-completion python3 util-linux procps pkg-config curl tmux prometheus \
	chromium-headless-shell ethtool xdp-tools iperf3 systemd dropbear-bin
VM_PACKAGES := qemu-system-x86 busybox-static cpio kmod xz-utils gcc-12 debian-archive-keyring

WARN := -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
	-Wno-missing-field-initializers $(if $(filter 1,$(WERROR)),-Werror)
OPT  ?= -O2 -g
# "1.1.2", which libbpf itself shortens to "1.1"; empty where its file name does not tell.
LIBBPF_VERSION := $(word 2,$(subst .so., ,$(notdir $(realpath $(shell $(CC) -print-file-name=libbpf.so)))))
override CPPFLAGS += -I. -D_GNU_SOURCE -DWEIR_VERSION='"$(VERSION)"' -DWEIR_LIBBPF='"$(LIBBPF_VERSION)"'
UPLOT := $(B)/page/node_modules/uplot/dist
override CPPFLAGS += -DWEIR_POLICE_OBJECT='"$(B)/bpf/legacy/police.o"'
override CPPFLAGS += -DWEIR_FILTER_OBJECT='"$(B)/bpf/legacy/filter.o"' -DWEIR_GATE_OBJECT='"$(B)/bpf/legacy/gate.o"'
override CPPFLAGS += -DWEIR_FORWARD_OBJECT='"$(B)/bpf/legacy/forward.o"'
override CPPFLAGS += -DWEIR_SAMPLE_OBJECT='"$(B)/bpf/legacy/sample.o"'
override CPPFLAGS += -DWEIR_LIBEXEC='"$(libexecdir)"'
HARNESS := $(B)/cli/packets/harness.bpf.o
SUMS := $(B)/maps/sums.bpf.o
override CPPFLAGS += -DWEIR_HARNESS='"$(HARNESS)"' -DWEIR_SUMS_OBJECT='"$(SUMS)"'
override CPPFLAGS += -DWEIR_PAGE='"cli/serve/page"' -DWEIR_UPLOT='"$(UPLOT)"'
override CFLAGS += -std=gnu11 -fPIC $(WARN) $(OPT)

LIB_SRC  := $(sort $(filter-out %.bpf.c,$(wildcard loader/*.c maps/*.c)))
CLI_SRC  := $(sort $(wildcard cli/*.c $(patsubst %,cli/%/*.c,board filter forward police rules step)))
TOP_SRC  := $(sort $(wildcard cli/top/*.c))
SERVE_SRC := $(sort $(wildcard cli/serve/*.c))
PACKETS_SRC := $(sort $(filter-out %.bpf.c,$(wildcard cli/packets/*.c cli/capture/*.c)))
STATIC_SRC := $(sort $(wildcard loader/static/*.c))
BPF_SRC  := $(sort $(wildcard bpf/*.bpf.c))
TEST_SRC := $(sort $(wildcard tests/test_*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz_*.c))
TOOL_SRC := $(sort $(wildcard tests/tool_*.c))
BENCH_SRC := $(sort $(wildcard selftests/bench/*.c))
HEADERS  := $(sort $(wildcard loader/*.h maps/*.h cli/*.h cli/*/*.h tests/*.h))
SCRIPTS  := $(sort $(wildcard selftests/*.sh selftests/*/*.sh examples/*/*.sh .ci/run cli/weir.bash))

LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
CLI_OBJ := $(CLI_SRC:%.c=$(B)/%.o)
TOP_OBJ := $(TOP_SRC:%.c=$(B)/%.o)
SERVE_OBJ := $(SERVE_SRC:%.c=$(B)/%.o)
PACKETS_OBJ := $(PACKETS_SRC:%.c=$(B)/%.o)
# weir top, serve, test, bench, capture; empty: without them, and without ncurses, libmicrohttpd, libpcap and npm.
APART ?= $(B)/weir-top $(B)/weir-serve $(B)/weir-packets
SHIMS   := $(B)/shims/tc $(B)/shims/ip
# Those that have a form for network cards: the same source with WEIR_OFFLOAD.
BPF_CARD := count
BPF_OLD := $(BPF_SRC:bpf/%.bpf.c=$(B)/bpf/legacy/%.o) $(BPF_CARD:%=$(B)/bpf/legacy/%_offload.o)
BPF_NEW := $(BPF_OLD:$(B)/bpf/legacy/%=$(B)/bpf/%)
TESTS   := $(TEST_SRC:tests/%.c=$(B)/tests/%)
TOOLS   := $(TOOL_SRC:tests/tool_%.c=$(B)/tests/tool_%)
BENCHES := $(BENCH_SRC:selftests/bench/%.c=$(B)/bench/%)

comma := ,
# Static where the system has the archive: dynamic linking is half of tc's time.
archive = $(if $(filter /%,$(shell $(CC) -print-file-name=lib$(1).a)),-l:lib$(1).a,-l$(1))
DEP_LIBS := bpf elf z mnl md
STATIC_LIBS = $(foreach l,$(DEP_LIBS),$(call archive,$(l)))
SHARED_LIBS := $(DEP_LIBS:%=-l%)
# The whole of weir, when libc and all but libmnl have one; 0: never, for distributions.
STATIC ?= $(if $(filter-out -l:%,$(foreach l,c bpf elf z md,$(call archive,$(l)))),0,1)
ifeq ($(STATIC),1)
STATIC_OBJ := $(B)/loader/static/libbpf_probes.o $(if $(filter -l:%,$(call archive,mnl)),,$(B)/loader/static/mnl.o)
STATIC_FLAGS := -static-pie $(addprefix -Wl$(comma)--wrap=,bpf_btf_load bpf_prog_load sys_bpf_prog_load probe_memcg_account)
STATIC_LIBS := $(foreach l,bpf elf z md,-l:lib$(l).a) $(filter -l:%,$(call archive,mnl))
endif

.PHONY: all help deps deps-check deps-auto demo check check-format check-headers check-lint \
	check-unit check-fuzz check-self check-ci fuzz fuzz-filter fuzz-sample bench install clean asan tests \
	vmcheck vmcheck-all support
.DELETE_ON_ERROR:
.SECONDARY:

all: $(B)/weir $(APART) $(SHIMS) $(B)/libweir.a $(B)/libweir.so $(B)/weir.pc $(BPF_OLD) $(BPF_NEW)
	@:

help:
	@echo 'all      weir, libweir.a, libweir.so, weir.pc and the BPF objects, below $(B)/'
	@echo 'deps     install what building and testing needs (Debian, root)'
	@echo 'demo     packets counted four ways, each verified (root; below a minute)'
	@echo 'check    every test (root)      fuzz     all fuzzers, until stopped (root)'
	@echo "fuzz-filter, -police, -forward, -sample  a program against its model, until they differ (root)"
	@echo 'vmcheck  selftests in virtual machines: Linux $(VM_KERNELS); KERNELS="6.1 newest" SUITES="test_attach"'
	@echo 'vmcheck-all  all of them, also on 5.10 and the newest kernel of Debian (a night)'
	@echo 'bench    measurements           install  DESTDIR= PREFIX=$(PREFIX)'
	@echo 'STATIC=0 links weir to the shared libraries, for distributions'
	@echo 'clean    remove $(B)/'

# ---- what the build needs, named with the package that has it ---------------

need-prog = command -v $(1) >/dev/null 2>&1 || miss="$$miss  program $(1): package $(2)\n"
need-head = printf '\#include <$(1)>\n' | $(CC) -E -x c - >/dev/null 2>&1 || miss="$$miss  header $(1): package $(2)\n"
define DEPS_CHECK
miss=; $(call need-prog,$(firstword $(CC)),gcc); $(call need-prog,$(CLANG),clang); \
$(call need-head,bpf/libbpf.h,libbpf-dev); $(call need-head,gelf.h,libelf-dev); \
$(call need-head,zlib.h,zlib1g-dev); $(call need-head,libmnl/libmnl.h,libmnl-dev); \
$(call need-head,sha1.h,libmd-dev); $(call need-head,linux/bpf.h,linux-libc-dev); \
$(if $(APART),$(call need-head,microhttpd.h,libmicrohttpd-dev); $(call need-head,ncurses.h,libncurses-dev); $(call need-head,pcap/pcap.h,libpcap-dev); \
$(call need-prog,npm,npm);) \
$(1) \
if [ -n "$$miss" ]; then printf "weir: missing:\n$$miss"'weir: install them with: make deps\n' >&2; exit 1; fi
endef
define DEPS_CHECK_ALL
$(call need-prog,ip,iproute2); $(call need-prog,ping,iputils-ping); $(call need-prog,socat,socat); \
$(call need-prog,bpftool,bpftool);
endef
define DEPS_CHECK_VM
$(call need-prog,qemu-system-x86_64,qemu-system-x86); $(call need-prog,busybox,busybox-static); $(call need-prog,cpio,cpio); \
$(call need-prog,modprobe,kmod); $(call need-prog,xz,xz-utils); $(call need-prog,gcc-12,gcc-12); \
$(call need-prog,xdp-loader,xdp-tools);
endef
define DEPS_CHECK_TEST
$(call need-head,stdarg.h>\n\#include <stddef.h>\n\#include <setjmp.h>\n\#include <stdint.h>\n\#include <cmocka.h,libcmocka-dev); \
$(call need-prog,prove,perl); $(call need-prog,clang-format,clang-format); \
$(call need-prog,clang-tidy,clang-tidy); $(call need-prog,cppcheck,cppcheck); \
$(call need-prog,shellcheck,shellcheck); $(call need-prog,tcpdump,tcpdump); \
$(call need-prog,strace,strace); $(call need-prog,jq,jq); $(call need-prog,mandoc,mandoc); \
$(call need-prog,man,man-db); $(call need-prog,python3,python3); $(call need-prog,pkg-config,pkg-config); \
$(call need-prog,curl,curl); $(call need-prog,tmux,tmux); $(call need-prog,prometheus,prometheus); \
$(call need-prog,chromium-headless-shell,chromium-headless-shell); \
$(call need-prog,ethtool,ethtool); $(call need-prog,iperf3,iperf3); $(call need-prog,dropbear,dropbear-bin); \
printf 'int LLVMFuzzerTestOneInput(void){return 0;}' | $(CLANG) -fsanitize=fuzzer -x c - -o /dev/null 2>/dev/null || \
miss="$$miss  libFuzzer of clang: package libclang-rt-14-dev\n"; [ -r /usr/share/bash-completion/bash_completion ] || \
miss="$$miss  bash-completion: package bash-completion\n";
endef

$(B)/.deps:
	@$(call DEPS_CHECK,)
	@mkdir -p $(@D) && touch $@

deps-check:
	@$(call DEPS_CHECK,$(DEPS_CHECK_ALL))

deps:
	@[ "$$(id -u)" = 0 ] || { echo 'weir: make deps installs packages: run it as root' >&2; exit 1; }
	@command -v apt-get >/dev/null || { printf 'weir: no apt-get here; install what these Debian packages hold: %s\n' '$(PACKAGES) $(CHECK_PACKAGES) $(VM_PACKAGES)' >&2; exit 1; }
	$(Q)apt-get -qq -o DPkg::Lock::Timeout=300 update
	$(Q)DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install \
		--no-install-recommends -y $(or $(WHAT),$(PACKAGES) $(CHECK_PACKAGES) $(VM_PACKAGES)) >/dev/null

# ---- programs and libraries --------------------------------------------------

$(LIB_OBJ) $(CLI_OBJ) $(TOP_OBJ) $(SERVE_OBJ) $(PACKETS_OBJ) $(STATIC_OBJ): $(B)/%.o: %.c | $(B)/.deps
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(B)/libweir.a: $(LIB_OBJ)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(B)/libweir.so: $(LIB_OBJ) loader/libweir.map
	$(call say,LD,$@)$(CC) -shared $(CFLAGS) $(LDFLAGS) -Wl,-soname,libweir.so.$(SOVERSION) \
		-Wl,--version-script=loader/libweir.map -Wl,--no-undefined -o $@ $(LIB_OBJ) $(SHARED_LIBS)

$(B)/weir: $(CLI_OBJ) $(STATIC_OBJ) $(B)/libweir.a
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) $(STATIC_FLAGS) -o $@ $(CLI_OBJ) $(STATIC_OBJ) $(B)/libweir.a $(STATIC_LIBS)

# What needs large libraries: executables that weir becomes.
APART_OBJ = $(filter-out $(B)/cli/main.o,$(CLI_OBJ))
$(B)/weir-top: $(TOP_OBJ) $(APART_OBJ) $(B)/libweir.a
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SHARED_LIBS) -lncursesw -ltinfo -lm

$(B)/weir-serve: $(SERVE_OBJ) $(APART_OBJ) $(B)/libweir.a
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SHARED_LIBS) -lmicrohttpd

$(B)/weir-packets: $(PACKETS_OBJ) $(APART_OBJ) $(B)/libweir.a
	$(call say,LD,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SHARED_LIBS) -lpcap -lm

# The page, with the plotting library as npm has it by the lock file's sum.
PAGE_SRC := $(wildcard cli/serve/page/*)
$(UPLOT)/uPlot.iife.min.js: cli/serve/page/package.json cli/serve/page/package-lock.json
	$(call say,NPM,uplot)mkdir -p $(B)/page && cp $^ $(B)/page/ && cd $(B)/page && \
		npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1 || { cat npm.log; exit 1; }

$(B)/cli/serve/assets.o: $(PAGE_SRC) $(UPLOT)/uPlot.iife.min.js

# Programs of steps are part of the command.
$(addsuffix /cli/filter/write.o,$(B) $(B)/asan $(B)/fuzz): $(B)/bpf/legacy/filter.o
$(addsuffix /cli/police/write.o,$(B) $(B)/asan $(B)/fuzz): $(B)/bpf/legacy/police.o
$(addsuffix /cli/forward/set.o,$(B) $(B)/asan $(B)/fuzz): $(B)/bpf/legacy/forward.o
$(addsuffix /cli/step/gate.o,$(B) $(B)/asan $(B)/fuzz): $(B)/bpf/legacy/gate.o
$(addsuffix /cli/capture/sampler.o,$(B) $(B)/asan $(B)/fuzz): $(B)/bpf/legacy/sample.o

# tc and ip by name: what is about BPF goes to weir, the rest to the real ones.
$(SHIMS): | $(B)/weir
	$(Q)mkdir -p $(@D) && ln -sf ../weir $@

$(B)/weir.pc: Makefile
	$(Q)mkdir -p $(@D) && printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' \
		'includedir=$${prefix}/include' '' 'Name: weir' \
		'Description: load, attach, edit and watch XDP and tc BPF programs' \
		'Version: $(VERSION)' 'Requires.private: libbpf libelf zlib libmnl' \
		'Libs: -L$${libdir} -lweir' 'Libs.private: -lmd' 'Cflags: -I$${includedir}/weir' > $@

# ---- BPF: one source, two forms (DESIGN D9) -----------------------------------

BPF_CFLAGS := -target bpf -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter -I. -Ibpf \
	-I/usr/include/$(shell $(CC) -print-multiarch 2>/dev/null)
# 32-bit instructions, Linux 5.1: a tenth of a program's time. Cards may have none.
BPF_HOST := -mcpu=v3

$(B)/bpf/legacy/%.o: bpf/%.bpf.c | $(B)/.deps
	$(call say,CLANG,$<)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) $(BPF_HOST) -MMD -MP -c $< -o $@

$(B)/bpf/legacy/%_offload.o: bpf/%.bpf.c | $(B)/.deps
	$(call say,CLANG,$@)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -mcpu=v2 -DWEIR_OFFLOAD -MMD -MP -c $< -o $@

# Parts of executables: what weir bench puts before a program, what adds up counters.
$(HARNESS) $(SUMS): $(B)/%.bpf.o: %.bpf.c | $(B)/.deps
	$(call say,CLANG,$<)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) $(BPF_HOST) -MMD -MP -c $< -o $@

$(B)/cli/packets/bench.o: $(HARNESS)
$(addsuffix /maps/sums.o,$(B) $(B)/asan $(B)/fuzz): $(SUMS)

$(BPF_NEW): $(B)/bpf/%.o: $(B)/bpf/legacy/%.o $(B)/weir
	$(call say,CONVERT,$@)$(B)/weir -q convert $< -o $@

# ---- demo, install -------------------------------------------------------------

deps-auto:
	@$(MAKE) --no-print-directory -s deps-check 2>/dev/null || $(MAKE) --no-print-directory deps WHAT='$(PACKAGES) $(DEMO_PACKAGES)'

demo: deps-auto
	$(Q)$(MAKE) --no-print-directory all
	$(Q)BUILD=$(abspath $(B)) bash examples/demo/demo.sh

install: all
	install -d $(addprefix $(DESTDIR),$(bindir) $(libdir)/pkgconfig $(includedir)/weir \
		$(mandir)/man8 $(compdir) $(bpfdir)/legacy $(shimdir))
	install -m 755 $(B)/weir $(DESTDIR)$(bindir)/weir
	$(if $(APART),install -d $(DESTDIR)$(libexecdir)/weir && install -m 755 $(APART) $(DESTDIR)$(libexecdir)/weir/)
	for name in tc ip; do ln -sf $$(realpath -m --relative-to=$(shimdir) $(bindir)/weir) $(DESTDIR)$(shimdir)/$$name; done
	install -m 644 $(B)/libweir.a $(DESTDIR)$(libdir)/
	install -m 755 $(B)/libweir.so $(DESTDIR)$(libdir)/libweir.so.$(VERSION)
	ln -sf libweir.so.$(VERSION) $(DESTDIR)$(libdir)/libweir.so.$(SOVERSION)
	ln -sf libweir.so.$(SOVERSION) $(DESTDIR)$(libdir)/libweir.so
	install -m 644 loader/weir.h loader/weir_tc.h maps/weir_map.h $(DESTDIR)$(includedir)/weir/
	sed 's,^prefix=.*,prefix=$(PREFIX),' $(B)/weir.pc > $(DESTDIR)$(libdir)/pkgconfig/weir.pc
	install -m 644 cli/weir.8 $(DESTDIR)$(mandir)/man8/
	install -m 644 cli/weir.bash $(DESTDIR)$(compdir)/weir
	install -m 644 $(BPF_NEW) $(DESTDIR)$(bpfdir)/
	install -m 644 $(BPF_OLD) $(DESTDIR)$(bpfdir)/legacy/

clean:
	rm -rf $(B)

include selftests/check.mk
-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(TOP_OBJ:.o=.d) $(SERVE_OBJ:.o=.d) $(PACKETS_OBJ:.o=.d) $(STATIC_OBJ:.o=.d) $(BPF_OLD:.o=.d) $(HARNESS:.o=.d) $(SUMS:.o=.d)
