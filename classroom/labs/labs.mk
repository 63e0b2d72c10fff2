# The labs: see classroom/labs/README.md. A program of a lab differs from the product's in
# one object file, which labs.sh compiles; here is all the rest of it.

WORK ?= work

LABS_DO = MAKE='$(MAKE)' CC='$(CC)' BUILD='$(BUILD)' WORK='$(WORK)' N='$(N)' FILE='$(FILE)' AGAIN='$(AGAIN)' \
    REPEAT='$(REPEAT)' classroom/labs/labs.sh

# (Lab 11 needs epoll(7).)
LABS_DRIVERS := $(filter-out %/start.c $(if $(filter Linux,$(SYSTEM)),,%/11_epoll/edges.c),$(wildcard classroom/labs/[0-9][0-9]_*/*.c))
# (start.c and wrong/ have functions only, which nothing compiles as they are.)
LABS_SOURCES := $(LABS_DRIVERS) $(wildcard classroom/labs/[0-9][0-9]_*/*.h)
LABS_COMMON  := $(patsubst %,$(BUILD)/classroom/labs/%.o,lab witness)
LABS_CORE    := $(LABS_COMMON) $(call objects,base/base base/trace $(filter view/%,$(EVERY)) $(CORE))
LABS_STAGES  := $(filter-out stage1 stage2,$(STAGES))
LABS_STAGE2  := $(BUILD)/stage2_threads/main.o $(call objects,$(EVERY) $(BLOCKING))
LABS_REACTOR  = $(BUILD)/$(patsubst %/,%,$(wildcard $(1)_*/))/$(if $(filter stage5,$(1)),$(STAGE5),reactor).o
# The one that lab 12 adds.
LABS_STAGE6  := $(BUILD)/classroom/reactors/select.o

# A handout (see README.md) has files that are empty until the student's take their place.
LABS_GIVEN   := $(wildcard classroom/labs/given)
LABS_EMPTY   := $(if $(LABS_GIVEN),$(sort $(shell cut -d' ' -f2 $(LABS_GIVEN))))
LABS_EMPTY_O := $(LABS_EMPTY:%.c=$(BUILD)/%.o)

$(LABS_EMPTY_O): $(BUILD)/%.o: %.c $(LABS_GIVEN) $(wildcard common/*/*.h $(WORK)/*/.full.c)
	@mkdir -p $(@D)
	$(call run,cc $<) source=`$(LABS_DO) fill $<` && $(COMPILE) -I$(<D) -c -o $@ $$source

LABS_OBJECTS  = $(FUTURES) $(LABS_CORE) $(LABS_DRIVERS:%.c=$(BUILD)/%.o) \
    $(foreach stage,$(LABS_STAGES),$(call LABS_REACTOR,$(stage))) $(LABS_STAGE6) $(LABS_STAGE2)

labs-objects: $(filter-out $(LABS_EMPTY_O),$(LABS_OBJECTS)) $(BUILD)/labs/peer
	@{ echo "compile='$(COMPILE)'" && echo "link='$(LINK)'" && echo "futures='$(FUTURES)'" && \
	    echo "core='$(LABS_CORE)'" && echo "witness='$(BUILD)/classroom/labs/witness.o'" && \
	    $(foreach stage,$(LABS_STAGES),echo "$(stage)='$(call LABS_REACTOR,$(stage))'" &&) \
	    echo "stage6='$(LABS_STAGE6)'" && echo "stage2='$(LABS_STAGE2)'"; \
	} >$(BUILD)/labs/settings.new && mv $(BUILD)/labs/settings.new $(BUILD)/labs/settings

$(BUILD)/labs/peer: $(BUILD)/classroom/labs/peer.o $(call objects,base/base base/trace)
	@mkdir -p $(@D)
	$(call run,link $@) $(LINK) -o $@ $^

# Of a student's file, for make demo N=12.
SELECT := $(WORK)/12_select/select.c

$(BUILD)/labs/12/stage6: $(SELECT) $(FUTURES)
	@mkdir -p $(@D)
	@rm -f $@
	$(call run,link $@) $(COMPILE) -Iclassroom/reactors -c -o $@.o $< && $(LINK) -o $@ $@.o $(FUTURES)

labs:
	@$(LABS_DO) list

lab bug grade hint solution grade-json labs-check handout:
	@$(LABS_DO) $@

.PHONY: labs labs-objects lab bug grade hint solution grade-json labs-check handout
