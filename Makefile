# `make help` says what there is.

CC      ?= cc
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
CLIENTS ?= 10
DELAY   ?= 1

# Objects go to BUILD, programs to BIN.
BUILD := build
BIN   := .

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
SYSTEM   := $(shell uname -s)
# Else those who ask for POSIX would be shown no more, such as kqueue(2), or SIGWINCH.
POSIX_Darwin  := -D_DARWIN_C_SOURCE
POSIX_FreeBSD := -D__BSD_VISIBLE=1
POSIX_NetBSD  := -D_NETBSD_SOURCE=1
POSIX_OpenBSD := -D_BSD_SOURCE=1
POSIX    := -D_XOPEN_SOURCE=700 $(POSIX_$(SYSTEM))
COMPILE   = $(CC) -std=c11 $(POSIX) $(WARNINGS) $(WERROR) -Icommon $(CPPFLAGS) $(CFLAGS) -pthread
LINK      = $(CC) $(CFLAGS) $(LDFLAGS) -pthread

# Stage 5 waits in what the system has: epoll, kqueue, or it is left out.
KQUEUE_SYSTEMS := Darwin FreeBSD NetBSD OpenBSD
STAGE5 := $(if $(filter Linux,$(SYSTEM)),reactor,$(if $(filter $(KQUEUE_SYSTEMS),$(SYSTEM)),kqueue))
STAGES := stage1 stage2 stage3 stage4 $(if $(STAGE5),stage5)
PROGRAMS := $(STAGES:%=$(BIN)/%)

# What every program has; what is added to wait by blocking, or by futures.
EVERY    := base/base base/trace \
            cli/answer cli/net cli/options cli/response cli/run cli/stop cli/tally cli/thread \
            view/doctor view/dump view/explain view/fold view/habits view/keys view/lanes view/page view/picture view/records view/replay view/replay_page view/room view/spans view/step view/svg \
            view/terminal view/text view/timeline view/trace view/turn view/view view/words
BLOCKING := cli/blocking cli/blocking_io
CORE     := core/task core/io core/timer core/combine

objects  = $(1:%=$(BUILD)/common/%.o)
FUTURES := $(call objects,$(EVERY) $(CORE)) $(patsubst %,$(BUILD)/stage3_busy/%.o,main server client)

# V=1 shows the commands; else one short line for each, or with -s none.
SILENT := $(findstring s,$(filter-out --%,$(firstword $(MAKEFLAGS))))
run     = $(if $(V),,@$(if $(SILENT),,echo '  $(1)' &&))

all: $(PROGRAMS)
ifeq ($(STAGE5),)
	@echo 'There is no epoll and no kqueue on $(SYSTEM): stage5 is left out.'
endif

$(BIN)/stage1: $(BUILD)/stage1_blocking/main.o $(call objects,$(EVERY) $(BLOCKING))
$(BIN)/stage2: $(BUILD)/stage2_threads/main.o  $(call objects,$(EVERY) $(BLOCKING))

# These three differ in one object file.
$(BIN)/stage3: $(BUILD)/stage3_busy/reactor.o  $(FUTURES)
$(BIN)/stage4: $(BUILD)/stage4_poll/reactor.o  $(FUTURES)
$(BIN)/stage5: $(BUILD)/stage5_epoll/$(STAGE5).o $(FUTURES)

$(PROGRAMS):
	$(call run,link $@) $(LINK) -o $@ $^

# The page of --replay, in one piece, as a C array.
PAGE := $(BUILD)/common/view/replay_page

$(PAGE).html: common/view/replay.html common/view/replay.css common/view/replay.js
	@mkdir -p $(@D)
	$(call run,page $@) sed -e '/@STYLE@/{' -e 'r common/view/replay.css' -e 'd' -e '}' \
	    -e '/@SCRIPT@/{' -e 'r common/view/replay.js' -e 'd' -e '}' common/view/replay.html >$@

$(PAGE).c: $(PAGE).html
	$(call run,page $@) { echo '#include <stddef.h>' && \
	    echo 'extern const unsigned char replay_page[]; extern const size_t replay_page_length;' && \
	    echo 'const unsigned char replay_page[] = {' && \
	    od -An -v -tu1 $< | sed 's/  */,/g; s/^,//; s/$$/,/' && \
	    echo '}; const size_t replay_page_length = sizeof replay_page;'; } >$@

$(PAGE).o: $(PAGE).c
	$(call run,cc $<) $(COMPILE) -c -o $@ $<

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call run,cc $<) $(COMPILE) -MMD -MP -c -o $@ $<

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# ---- labs ----

include classroom/labs/labs.mk

# ---- run ----

# N=12: beside the five the one that a student has made in that lab.
STAGE6 := $(if $(filter 12,$(N)),$(BUILD)/labs/12/stage6)

demo:
	@$(if $(filter-out 12,$(N)),echo 'demo: of all labs only N=12 makes a stage' >&2; exit 2)
	@$(if $(STAGE6),test -f $(SELECT) || { echo 'demo: there is no $(SELECT); make lab N=12 starts it' >&2; exit 1; })
	@$(MAKE) -sq all 2>/dev/null || { echo 'building ...'; $(MAKE) -s all; }
	@$(if $(STAGE6),$(MAKE) -s $(STAGE6) || true)
	@STAGE6='$(STAGE6)' common/view/demo.sh $(CLIENTS) $(DELAY) $(PROGRAMS) $(STAGE6)

# ---- the lesson about futures ----

# Each with the core, and the reactor of stage 4, which every system has.
LESSONS := lazy state_machine timer_thread timers executor channel wake_from_thread spawn_blocking \
           and_then join select dance two_downloads \
           socket_read edge_level spurious_wake herd partial_write copy eintr sigpipe emfile \
           move pin cancel await
ifneq ($(SYSTEM),Linux)
LESSONS := $(filter-out edge_level,$(LESSONS))
endif
LESSON_OBJECTS := $(BUILD)/classroom/futures/lesson.o $(BUILD)/classroom/futures/arguments.o \
                  $(BUILD)/stage4_poll/reactor.o \
                  $(call objects,$(filter base/% view/%,$(EVERY)) $(CORE))

$(LESSONS:%=$(BUILD)/futures/%): $(BUILD)/futures/%: $(BUILD)/classroom/futures/%.o $(LESSON_OBJECTS)
	@mkdir -p $(@D)
	$(call run,link $@) $(LINK) -o $@ $^

$(BUILD)/futures/channel: $(BUILD)/classroom/futures/bounded_channel.o
$(BUILD)/futures/copy:    $(BUILD)/tests/bench/checksum.o

futures: $(LESSONS:%=$(BUILD)/futures/%)

futures-demo: futures
	@for name in $(LESSONS); do \
	    echo "---- $$name ----" && "$(BUILD)/futures/$$name" && echo || exit 1; \
	done

# Each stage as a page, and one that says what to look for.
REPLAYS := $(BUILD)/replays

replays: all
	@mkdir -p $(REPLAYS)
	@cp common/view/replays.html $(REPLAYS)/index.html
	@for program in $(STAGES); do \
	    $(BIN)/$$program -n 3 -d 0.2 -r none --replay=$(REPLAYS)/$$program.html >/dev/null || exit 1; \
	done
	@echo 'open $(REPLAYS)/index.html'

# The pictures of the READMEs.
# (117: the reactor wakes client 1)
FOR_PICTURES := --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
                --disable-component-update --disable-sync --hide-scrollbars --window-size=1280,720

figures: replays
	"$$(command -v chromium chromium-browser google-chrome | head -n 1)" $(FOR_PICTURES) \
	    --user-data-dir=$(BUILD)/chromium --screenshot=common/view/replay.png \
	    "file://$$(cd $(REPLAYS) && pwd)/stage4.html#step=117" 2>/dev/null
	@for program in $(STAGES); do \
	    echo "$$program" && \
	    $(BIN)/$$program -r none --timeline="$$(echo $${program}_*)/timeline.svg" >/dev/null || exit 1; \
	done

# ---- test ----

# The unit tests, once with each reactor.
UNITS := $(patsubst stage%,$(BUILD)/unit/stage%,$(filter-out stage1 stage2,$(STAGES)))
UNIT_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/unit/*.c)) \
                $(BUILD)/classroom/futures/bounded_channel.o \
                $(filter-out %/main.o,$(FUTURES))

$(BUILD)/unit/stage3: $(BUILD)/stage3_busy/reactor.o  $(UNIT_OBJECTS)
$(BUILD)/unit/stage4: $(BUILD)/stage4_poll/reactor.o  $(UNIT_OBJECTS)
$(BUILD)/unit/stage5: $(BUILD)/stage5_epoll/$(STAGE5).o $(UNIT_OBJECTS)

$(UNITS):
	@mkdir -p $(@D)
	$(call run,link $@) $(LINK) -o $@ $^

units: $(UNITS)

# For tests of --replay: the stages, and a run of its own, with what they really hold.
REPLAYED := $(patsubst stage%,$(BUILD)/replay/stage%,$(filter-out stage1 stage2,$(STAGES)))
RUNS     := $(REPLAYED:$(BUILD)/replay/stage%=$(BUILD)/replay/runs%)
DUMP     := $(BUILD)/tests/replay/dump.o

$(BUILD)/replay/stage3: $(BUILD)/stage3_busy/reactor.o  $(FUTURES) $(DUMP)
$(BUILD)/replay/stage4: $(BUILD)/stage4_poll/reactor.o  $(FUTURES) $(DUMP)
$(BUILD)/replay/stage5: $(BUILD)/stage5_epoll/$(STAGE5).o $(FUTURES) $(DUMP)
$(BUILD)/replay/runs3:  $(BUILD)/stage3_busy/reactor.o
$(BUILD)/replay/runs4:  $(BUILD)/stage4_poll/reactor.o
$(BUILD)/replay/runs5:  $(BUILD)/stage5_epoll/$(STAGE5).o
$(RUNS): $(BUILD)/tests/replay/runs.o $(DUMP) $(call objects,$(EVERY) $(CORE))

$(REPLAYED) $(RUNS):
	@mkdir -p $(@D)
	$(call run,link $@) $(LINK) -o $@ $^

replay-tests: $(REPLAYED) $(RUNS)

test check: all futures units replay-tests reactors reactor-units
	@BUILD=$(BUILD) BIN=$(BIN) tests/run.sh $(TESTS)

# The tests that do not measure, under the sanitizers.
sanitize:
	@tests/sanitize.sh

# ---- other reactors ----

# The same program, with one more way to wait each: classroom/reactors/README.md.
# (io_uring, if the headers are those of Linux 5.11 or later)
IO_URING := $(if $(shell grep -s -m 1 IORING_ENTER_EXT_ARG /usr/include/linux/io_uring.h),io_uring)
REACTORS := select $(IO_URING) $(if $(filter kqueue,$(STAGE5)),kqueue)
OTHER_STAGES := $(REACTORS:%=$(BUILD)/reactors/stage_%)
OTHER_UNITS  := $(REACTORS:%=$(BUILD)/unit/stage_%)

$(OTHER_STAGES): $(BUILD)/reactors/stage_%: $(BUILD)/classroom/reactors/%.o $(FUTURES)
$(OTHER_UNITS):  $(BUILD)/unit/stage_%:     $(BUILD)/classroom/reactors/%.o $(UNIT_OBJECTS)

RING := $(BUILD)/classroom/reactors/ring.o
$(BUILD)/reactors/stage_io_uring $(BUILD)/unit/stage_io_uring: $(RING)

$(OTHER_STAGES) $(OTHER_UNITS):
	@mkdir -p $(@D)
	$(call run,link $@) $(LINK) -o $@ $^

$(BUILD)/classroom/reactors/kqueue.o: $(BUILD)/stage5_epoll/kqueue.o
	@mkdir -p $(@D)
	@cp $< $@

# The lesson about io_uring: it waits in stage 4's reactor until there are answers.
ifneq ($(IO_URING),)
$(BUILD)/futures/completion: $(RING) $(BUILD)/classroom/futures/completion.o $(LESSON_OBJECTS)
	@mkdir -p $(@D)
	$(call run,link $@) $(LINK) -o $@ $^

futures: $(BUILD)/futures/completion
endif

reactors: $(OTHER_STAGES)
reactor-units: $(OTHER_UNITS)

# ---- bench ----

BENCH  := $(BUILD)/bench
TOOLS  := load idle $(foreach unit,$(notdir $(UNITS)),growth_$(unit) copy_$(unit)) \
          $(foreach reactor,select $(IO_URING),growth_stage_$(reactor))
PEERS  := bare_epoll bare_poll libuv libev libevent go tokio
NATIVE := $(filter-out go tokio,$(PEERS))

ifeq ($(SYSTEM),Linux)
bench-settings:
	@command -v python3 >/dev/null || { echo 'make bench needs python3 (package python3).' >&2; exit 1; }
	@python3 -B tests/bench/bench.py settings

# A peer that cannot be built is left out, and bench.py says so; why is in its .log.
bench: bench-settings all $(TOOLS:%=$(BENCH)/%)
	@for peer in $(PEERS); do \
	    echo "building $$peer" >&2; \
	    $(MAKE) -s "$(BENCH)/$$peer" >"$(BENCH)/$$peer.log" 2>&1 || rm -f "$(BENCH)/$$peer"; \
	done
	@BENCH="$(BENCH)" BIN="$(BIN)" python3 -B tests/bench/bench.py
else
bench:
	@echo 'make bench needs Linux: its load generator waits in epoll, and it reads /proc.' >&2; exit 1
endif

# What the event log costs: stage 5 with one that was built without it.
WITHOUT_LOG := $(BUILD)/without_log

bench-log: all
	@$(MAKE) -s BUILD="$(WITHOUT_LOG)" BIN="$(WITHOUT_LOG)" \
	    CPPFLAGS='$(CPPFLAGS) -include tests/bench/no_event_log.h' $(WITHOUT_LOG)/stage5
	@BUILD="$(BUILD)" BIN="$(BIN)" tests/bench/event_log.sh

TOOL := $(BUILD)/tests/bench/tool.o $(call objects,base/base base/trace)

$(BENCH)/load $(BENCH)/idle: $(BENCH)/%: $(BUILD)/tests/bench/%.o $(TOOL)
	@mkdir -p $(@D)
	$(call run,link $@) $(LINK) -o $@ $^

GROWTH := $(BUILD)/tests/bench/growth.o $(TOOL) $(call objects,$(CORE))

$(BENCH)/growth_stage3: $(BUILD)/stage3_busy/reactor.o  $(GROWTH)
$(BENCH)/growth_stage4: $(BUILD)/stage4_poll/reactor.o  $(GROWTH)
$(BENCH)/growth_stage5: $(BUILD)/stage5_epoll/$(STAGE5).o $(GROWTH)
$(BENCH)/growth_stage_select:   $(BUILD)/classroom/reactors/select.o $(GROWTH)
$(BENCH)/growth_stage_io_uring: $(BUILD)/classroom/reactors/io_uring.o $(RING) $(GROWTH)

# It times each reactor_wait, and counts system calls.
comma   := ,
WRAPPED := $(foreach name,reactor_wait read write poll select epoll_ctl epoll_wait syscall,-Wl$(comma)--wrap=$(name))

$(BENCH)/growth_%:
	@mkdir -p $(@D)
	$(call run,link $@) $(LINK) $(WRAPPED) -o $@ $^

# The lesson, with each reactor.
COPY := $(BUILD)/classroom/futures/copy.o $(BUILD)/tests/bench/checksum.o \
        $(filter-out %/reactor.o,$(LESSON_OBJECTS))

$(BENCH)/copy_stage3: $(BUILD)/stage3_busy/reactor.o  $(COPY)
$(BENCH)/copy_stage4: $(BUILD)/stage4_poll/reactor.o  $(COPY)
$(BENCH)/copy_stage5: $(BUILD)/stage5_epoll/$(STAGE5).o $(COPY)

$(BENCH)/copy_%:
	@mkdir -p $(@D)
	$(call run,link $@) $(LINK) -o $@ $^

LIBS_libuv    := -luv
LIBS_libev    := -lev
LIBS_libevent := -levent

$(NATIVE:%=$(BENCH)/%): $(BENCH)/%: $(BUILD)/tests/bench/peers/%.o \
                        $(BUILD)/tests/bench/peers/peer.o $(BUILD)/tests/bench/checksum.o
	@mkdir -p $(@D)
	$(call run,link $@) $(LINK) -o $@ $^ $(LIBS_$*)

$(BENCH)/bare_epoll $(BENCH)/bare_poll: $(BUILD)/tests/bench/peers/bare.o

$(BENCH)/go: tests/bench/peers/go.go
	go build -o $@ $<

# Of Debian's crates, without a network.
CRATES := /usr/share/cargo/registry
TOKIO   = $(shell ls $(CRATES) 2>/dev/null | sed -n 's/^tokio-\([0-9.]*\)$$/\1/p')

$(BENCH)/tokio: tests/bench/peers/tokio/Cargo.toml tests/bench/peers/tokio/src/main.rs
	@mkdir -p $(BENCH)/cargo
	cp -r tests/bench/peers/tokio/. $(BENCH)/cargo
	TOKIO_VERSION=$(TOKIO) cargo build --quiet --release --offline \
	    --manifest-path $(BENCH)/cargo/Cargo.toml \
	    --config 'source.crates-io.replace-with="debian"' \
	    --config 'source.debian.directory="$(CRATES)"'
	cp $(BENCH)/cargo/target/release/tokio_peer $@

# ---- the plan ----

# The minutes of each plan of the class, and whether one is too long.
schedule:
	@awk -f tests/schedule.awk classroom/GUIDE.md

# ---- the class ----

# What a machine needs for it, a line each. It has to run where nothing can be built.
check-setup:
	@CC="$(CC)" MAKE="$(MAKE)" classroom/check_setup.sh

ifeq ($(SYSTEM),Linux)
why-epoll: $(BIN)/stage2 $(BIN)/stage5 $(BENCH)/growth_stage4 $(BENCH)/growth_stage5 $(BENCH)/idle
	@BENCH="$(BENCH)" BIN="$(BIN)" classroom/why_epoll.sh
else
why-epoll:
	@echo 'make why-epoll needs Linux: it compares poll(2) with epoll(7), and reads /proc; what it prints stands in stage4_poll/README.md.' >&2; exit 1
endif

# ---- work on it ----

SOURCES := $(wildcard common/*/*.[ch] stage*/*.[ch] \
                      classroom/*/*.[ch] tests/unit/*.[ch] tests/bench/*.[ch] tests/bench/peers/*.[ch]) \
           $(LABS_SOURCES)
# These need headers that are not there everywhere.
FOREIGN := $(wildcard tests/bench/peers/lib*.c)
SCRIPTS := common/view/demo.sh common/view/bars.sh classroom/check_setup.sh classroom/why_epoll.sh classroom/labs/labs.sh classroom/labs/handout.sh tests/run.sh tests/lanes.sh tests/sanitize.sh tests/bench/event_log.sh .ci/run

lint:
	@mkdir -p $(BUILD)
	clang-format --dry-run -Werror $(SOURCES)
	clang-tidy --quiet --warnings-as-errors='*' $(filter-out $(FOREIGN),$(filter %.c,$(SOURCES))) -- \
	    -std=c11 $(POSIX) $(WARNINGS) -Icommon -idirafter tests/reactors 2>$(BUILD)/clang-tidy.log
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr --enable=warning,performance,portability \
	    --suppress=missingIncludeSystem -Icommon common stage*/ tests
	shellcheck $(SCRIPTS)
	shellcheck --shell=bats tests/*.bats
	shellcheck --shell=bash tests/*.bash
	shellcheck --shell=bats classroom/labs/*/grade.bats
	shellcheck --shell=bash classroom/labs/*.bash

format:
	clang-format -i $(SOURCES)

install: all
	mkdir -p "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 $(PROGRAMS) "$(DESTDIR)$(PREFIX)/bin"

uninstall:
	for program in $(STAGES); do rm -f "$(DESTDIR)$(PREFIX)/bin/$$program"; done

clean:
	rm -rf build $(PROGRAMS)

help:
	@echo 'make            build ./stage1 ... ./stage5'
	@echo 'make stage4     build one of them; V=1 shows the commands'
	@echo 'make demo       run all five and compare; CLIENTS=50 DELAY=0.2 are possible'
	@echo '                N=12: and the stage that you have made in lab 12'
	@echo 'make futures    build the programs of the lesson about futures to build/futures/'
	@echo 'make futures-demo   and run them'
	@echo 'make reactors   the same program with select(2) and io_uring(7): build/reactors/'
	@echo 'make labs       the list of exercises; make lab N=03 starts one, make grade N=03 judges it,'
	@echo '                make hint N=03, make solution N=03; make bug N=16 shows a bug to be found;'
	@echo '                WORK=folder (work), AGAIN=1 begins anew; make grade-json, make labs-check'
	@echo "make handout N='03 08'   a tar for graded homework, in which those labs are not solved: build/labs/"
	@echo 'make test       run the tests; TESTS=tests/serve.bats for some of them'
	@echo 'make why-epoll  what an event, and what a connection costs: poll(2), epoll(7), threads'
	@echo 'make check-setup   what this machine lacks for the class, and what to do about it'
	@echo 'make bench      compare the stages with bare epoll, libuv, Go, ...; BENCH_ROUNDS=5 BENCH_TIME=480;'
	@echo "                BENCH_WORKLOADS='demo growth' runs some"
	@echo 'make bench-log  compare stage 5 with itself without event log, and with a trace'
	@echo 'make replays    a page for each stage in which one walks through a run: build/replays/'
	@echo 'make schedule   the minutes of the plans in classroom/GUIDE.md; fails if one is too long'
	@echo 'make figures    draw the pictures of the READMEs anew, from real runs'
	@echo 'make lint       clang-format, clang-tidy, cppcheck, shellcheck'
	@echo 'make sanitize   the tests under the address and thread sanitizers'
	@echo 'make format     lay the sources out as .clang-format says'
	@echo 'make install    to PREFIX ($(PREFIX)), below DESTDIR; make uninstall'
	@echo 'make clean      remove what was built'

.PHONY: all reactors reactor-units futures futures-demo demo units replays replay-tests test check bench bench-settings bench-log check-setup why-epoll sanitize figures schedule lint format install uninstall clean help
