# The labs: see classroom/labs/README.md. A program of a lab differs from the product's in
# one object file, which labs.sh compiles; here is all the rest of it.

WORK ?= work

LABS_DRIVERS := $(filter-out %/start.c,$(wildcard classroom/labs/[0-9][0-9]_*/*.c))
# (start.c and wrong/ have functions only, which nothing compiles as they are.)
LABS_SOURCES := $(LABS_DRIVERS) $(wildcard classroom/labs/[0-9][0-9]_*/*.h)
LABS_COMMON  := $(patsubst %,$(BUILD)/classroom/labs/%.o,lab witness)
LABS_CORE    := $(LABS_COMMON) $(call objects,base/base base/trace $(filter view/%,$(EVERY)) $(CORE))
LABS_STAGES  := $(filter-out stage1 stage2,$(STAGES))
LABS_REACTOR  = $(BUILD)/$(patsubst %/,%,$(wildcard $(1)_*/))/$(if $(filter stage5,$(1)),$(STAGE5),reactor).o
# The one that lab 12 adds.
LABS_STAGE6  := $(BUILD)/classroom/reactors/select.o

labs-objects: $(FUTURES) $(LABS_CORE) $(LABS_DRIVERS:%.c=$(BUILD)/%.o) \
              $(foreach stage,$(LABS_STAGES),$(call LABS_REACTOR,$(stage))) $(LABS_STAGE6) $(BUILD)/labs/peer
	@{ echo "compile='$(COMPILE)'" && echo "link='$(LINK)'" && echo "futures='$(FUTURES)'" && \
	    echo "core='$(LABS_CORE)'" && echo "witness='$(BUILD)/classroom/labs/witness.o'" && \
	    $(foreach stage,$(LABS_STAGES),echo "$(stage)='$(call LABS_REACTOR,$(stage))'" &&) \
	    echo "stage6='$(LABS_STAGE6)'"; \
	} >$(BUILD)/labs/settings.new && mv $(BUILD)/labs/settings.new $(BUILD)/labs/settings

$(BUILD)/labs/peer: $(BUILD)/classroom/labs/peer.o $(call objects,base/base base/trace)
	@mkdir -p $(@D)
	$(call run,link $@) $(LINK) -o $@ $^

LABS_DO = @MAKE='$(MAKE)' CC='$(CC)' BUILD='$(BUILD)' WORK='$(WORK)' N='$(N)' FILE='$(FILE)' AGAIN='$(AGAIN)' \
    REPEAT='$(REPEAT)' classroom/labs/labs.sh

labs:
	$(LABS_DO) list

lab bug grade hint solution grade-json labs-check:
	$(LABS_DO) $@

.PHONY: labs labs-objects lab bug grade hint solution grade-json labs-check
