#!/usr/bin/env bats
# How long the reactor waits, judged by the log of a task that naps.

load ../grade.bash

function=reactor_wait
task=

# nap LOW HIGH: so many naps, each as long, in microseconds. Nearly a millisecond is lost if
# it is rounded down.
nap() {
    naps=$(draw 20 30)
    play run -- naps "$naps" "$(draw "$1" "$2")"
}

# shortest_look: in microseconds, of the waits that only look and find nothing. The least of
# all: so a busy machine does not matter.
shortest_look() {
    lines_of '' | awk '
    { time = $1 * 1000000 + $2 }
    / only looks$/ { began = time; looks = 1; next }
    / comes back: nobody new is woken$/ && looks { if (least == "" || time - began < least) least = time - began }
    { looks = 0 }
    END { printf "%d\n", least == "" ? 999999 : least + 0.5 }'
}

@test "the reactor comes back when there is something to do, and not before (6 points)" {
    nap 1850 1950
    early=$(how_many 'comes back early')
    expect_that "a wait for a deadline lasts until then" "no wait that is too short, in $naps naps" \
        "$early times: $(events 'comes back early' | tail -n 1 | sed 's/.*\(comes\)/\1/')" [ "$early" -le 2 ]
}

@test "it sleeps only if no task can run (4 points)" {
    nap 600 900
    least=$(shortest_look)
    expect_that "when a task can run, the reactor only looks" "looks that take no time" \
        "the shortest of them took $least us" [ "$least" -lt 1000 ]
}
