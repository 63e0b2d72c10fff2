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
POSIX    := -D_XOPEN_SOURCE=700
ifeq ($(SYSTEM),Darwin)
POSIX    += -D_DARWIN_C_SOURCE
endif
COMPILE   = $(CC) -std=c11 $(POSIX) $(WARNINGS) $(WERROR) -Icommon $(CPPFLAGS) $(CFLAGS) -pthread
LINK      = $(CC) $(CFLAGS) $(LDFLAGS) -pthread

STAGES := stage1 stage2 stage3 stage4
ifeq ($(SYSTEM),Linux)
STAGES += stage5
endif
PROGRAMS := $(STAGES:%=$(BIN)/%)

# What every program has; what is added to wait by blocking, or by futures.
EVERY    := core/doctor core/message core/system core/trace \
            app/answer app/checksum app/copying app/net app/options app/response app/stop app/tally app/thread \
            view/explain view/keys view/lanes view/perfetto view/report view/spans view/step view/svg \
            view/terminal view/timeline view/view view/words
BLOCKING := app/blocking app/blocking_copy app/blocking_io
CORE     := core/task core/timer core/watches core/io core/combine
FUTURES  := $(CORE) app/resolve app/stop_signal app/running app/client app/echo app/server app/async_copy app/async_main

objects = $(1:%=$(BUILD)/common/%.o)

all: $(PROGRAMS)
ifneq ($(SYSTEM),Linux)
	@echo 'There is no epoll on $(SYSTEM): stage5 is left out.'
endif

# The five differ in one object file each.
$(BIN)/stage1: $(BUILD)/stage1_blocking/main.o   $(call objects,$(EVERY) $(BLOCKING))
$(BIN)/stage2: $(BUILD)/stage2_threads/main.o    $(call objects,$(EVERY) $(BLOCKING))
$(BIN)/stage3: $(BUILD)/stage3_busy/reactor.o    $(call objects,$(EVERY) $(FUTURES))
$(BIN)/stage4: $(BUILD)/stage4_poll/reactor.o    $(call objects,$(EVERY) $(FUTURES))
$(BIN)/stage5: $(BUILD)/stage5_epoll/reactor.o   $(call objects,$(EVERY) $(FUTURES))

$(PROGRAMS):
	$(LINK) -o $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# ---- run ----

demo: all
	@common/view/demo.sh $(CLIENTS) $(DELAY) $(PROGRAMS)

# ---- the lesson about futures ----

# Each with the core, and the reactor of stage 4, which every system has.
LESSONS := lazy state_machine timer_thread executor channel wake_from_thread and_then join dance \
           two_downloads socket_read edge_level move pin cancel await
ifneq ($(SYSTEM),Linux)
LESSONS := $(filter-out edge_level,$(LESSONS))
endif
LESSON_OBJECTS := $(BUILD)/classroom/futures/lesson.o $(BUILD)/stage4_poll/reactor.o \
                  $(call objects,app/blocking_io core/doctor core/message core/system core/trace $(CORE))

$(LESSONS:%=$(BUILD)/futures/%): $(BUILD)/futures/%: $(BUILD)/classroom/futures/%.o $(LESSON_OBJECTS)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^

$(BUILD)/futures/channel: $(BUILD)/classroom/futures/bounded_channel.o

futures: $(LESSONS:%=$(BUILD)/futures/%)

futures-demo: futures
	@for name in $(LESSONS); do \
	    echo "---- $$name ----" && $(BUILD)/futures/$$name && echo || exit 1; \
	done

# The pictures of the READMEs.
figures: all
	@for program in $(STAGES); do \
	    echo "$$program" && \
	    $(BIN)/$$program -r none --timeline="$$(echo $${program}_*)/timeline.svg" >/dev/null || exit 1; \
	done

# ---- test ----

# The unit tests, once with each reactor.
UNITS := $(patsubst stage%,$(BUILD)/unit/stage%,$(filter-out stage1 stage2,$(STAGES)))
UNIT_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/unit/*.c)) \
                $(BUILD)/classroom/futures/bounded_channel.o \
                $(call objects,$(EVERY) $(filter-out app/async_main,$(FUTURES)))

$(BUILD)/unit/stage3: $(BUILD)/stage3_busy/reactor.o  $(UNIT_OBJECTS)
$(BUILD)/unit/stage4: $(BUILD)/stage4_poll/reactor.o  $(UNIT_OBJECTS)
$(BUILD)/unit/stage5: $(BUILD)/stage5_epoll/reactor.o $(UNIT_OBJECTS)

$(UNITS):
	@mkdir -p $(@D)
	$(LINK) -o $@ $^

units: $(UNITS)

test check: all futures units
	@BUILD=$(BUILD) BIN=$(BIN) tests/run.sh $(TESTS)

WITHOUT_LOG := $(BUILD)/without_log

bench: all $(BUILD)/raw_epoll
	@$(MAKE) -s BUILD=$(WITHOUT_LOG) BIN=$(WITHOUT_LOG) \
	    CPPFLAGS='$(CPPFLAGS) -DWITHOUT_EVENT_LOG' $(WITHOUT_LOG)/stage5
	@tests/bench/bench.sh
	@tests/bench/copy.sh

$(BUILD)/raw_epoll: $(BUILD)/tests/bench/raw_epoll.o
	$(LINK) -o $@ $^

# The tests that do not measure, under the sanitizers.
sanitize:
	@tests/sanitize.sh

# ---- work on it ----

SOURCES := $(wildcard common/*/*.[ch] stage*/*.c \
                      classroom/*/*.[ch] tests/unit/*.[ch] tests/bench/*.c)
SCRIPTS := common/view/demo.sh tests/run.sh tests/sanitize.sh tests/bench/bench.sh tests/bench/copy.sh .ci/run

lint:
	@mkdir -p $(BUILD)
	clang-format --dry-run -Werror $(SOURCES)
	clang-tidy --quiet --warnings-as-errors='*' $(filter %.c,$(SOURCES)) -- \
	    -std=c11 $(POSIX) $(WARNINGS) -Icommon 2>$(BUILD)/clang-tidy.log
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr --enable=warning,performance,portability \
	    --suppress=missingIncludeSystem -Icommon common stage*/ tests
	shellcheck $(SCRIPTS)
	shellcheck --shell=bats tests/*.bats
	shellcheck --shell=bash tests/*.bash

format:
	clang-format -i $(SOURCES)

install: all
	mkdir -p $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin

uninstall:
	rm -f $(STAGES:%=$(DESTDIR)$(PREFIX)/bin/%)

clean:
	rm -rf build $(PROGRAMS)

help:
	@echo 'make            build ./stage1 ... ./stage5'
	@echo 'make stage4     build one of them'
	@echo 'make demo       run all five and compare; CLIENTS=50 DELAY=0.2 are possible'
	@echo 'make futures    build the programs of the lesson about futures to build/futures/'
	@echo 'make futures-demo   and run them all'
	@echo 'make test       run the tests; TESTS=tests/serve.bats for some of them'
	@echo 'make bench      compare stage 5 with bare epoll, with itself without event log, with threads'
	@echo 'make figures    draw the pictures of the READMEs anew, from real runs'
	@echo 'make lint       clang-format, clang-tidy, cppcheck, shellcheck'
	@echo 'make sanitize   the tests under the address and thread sanitizers'
	@echo 'make format     lay the sources out as .clang-format says'
	@echo 'make install    to PREFIX ($(PREFIX)), below DESTDIR; make uninstall'
	@echo 'make clean      remove what was built'

.PHONY: all futures futures-demo demo units test check bench sanitize figures lint format install uninstall clean help
